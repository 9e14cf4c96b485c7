"""What was asked for, the same once it was checked, and how a run shows itself and asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from outage.policy import Policy
    from outage.project import Project
    from outage.redact.scrub import Scrubber
    from outage.run.gates import Question
    from outage.run.lines import ReviewData, TargetData
    from outage.run.model import Run
    from outage.runbook.contract import Contract

PLAN = "OUTAGE_PLAN"
"""The variable that names the plan to apply, where no option can."""


@dataclass(frozen=True)
class RunRequest:
    """What was asked for.

    Attributes:
        assignments: ``name=value`` texts.
        files: YAML files of parameters; a later one wins over an earlier one.
        plan: id of the plan whose notebook, parameters and actions the apply insists on.
        incident: an id; None for the one that is open; ``none`` for none.
        by: who asks; None: as :func:`outage.incident.respond.find_who` finds out.
        unreviewed: why code may be applied that no one reviewed.
        alone: why the starter also answers gates that are for a second person.
        data: parameters from a program, as a file would give them.
        folder: where the run's journal goes; None: among the runs of the incident or the project.
        checks_only: run parameters, setup and checks, and stop there.
        yes: change production without asking first.
    """

    runbook: str
    assignments: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    apply: bool = False
    plan: str | None = None
    incident: str | None = None
    by: str | None = None
    unreviewed: str | None = None
    alone: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    folder: Path | None = None
    checks_only: bool = False
    yes: bool = False


@dataclass(frozen=True)
class RunHooks:
    """How a run shows itself and asks; made once, by the command that starts it.

    Attributes:
        observe: called with kind and data of each line of the journal, once it is written.
        ask: puts a question to the person at the terminal; None where no one can be asked.
        warn: called when recording or notifying fails; the run continues.
    """

    observe: Callable[[str, dict[str, Any]], None] | None = None
    ask: Callable[[Question], str | None] | None = None
    warn: Callable[[str], None] = lambda _: None


SILENT = RunHooks()


@dataclass(frozen=True)
class Prepared:
    """A request that passed every check.

    Attributes:
        path: the notebook's file.
        values: Python values of all parameters; secrets as references.
        folder: where the run's journal will be; it does not exist yet, unless the run goes on.
        review: the commit that holds what is applied, or why it is applied without; None for a plan.
        incident: the incident's folder, or None.
        plan: the plan to be kept, or None.
        by: who asks; recorded, not authenticated.
        scrubber: knows what may not be written or shown.
        second_person: whether only a second person may answer its gates.
        confirm: whether a person must be asked before the first change, or the first undo, of production.
        past: the run that goes on or is undone, as it was read; None for a new one.
        undo: cells of the changes to be undone, newest first; None when nothing is.
    """

    project: Project
    request: RunRequest
    path: Path
    contract: Contract
    values: dict[str, Any]
    policy: Policy
    target: TargetData
    digest: str
    folder: Path
    by: str
    scrubber: Scrubber
    second_person: bool
    confirm: bool = False
    review: ReviewData | None = None
    incident: Path | None = None
    plan: Run | None = None
    past: Run | None = None
    undo: tuple[int, ...] | None = None

    @property
    def mode(self) -> str:
        """Plan, apply or undo."""
        if self.undo is not None:
            return "undo"
        return "apply" if self.request.apply else "plan"
