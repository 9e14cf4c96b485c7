"""A run as its journal tells it: state, cells, actions, saved data. Always folded, never stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from outage.run.journal import Trouble

UNSETTLED = frozenset({"failed", "timed-out", "interrupted", "killed", "started-unknown", "running"})
DOUBTS = {
    "failed": "failed",
    "timed-out": "passed its time limit",
    "interrupted": "was interrupted",
    "killed": "lost its kernel",
    "started-unknown": "was started, and how it ended is not known",
    "running": "is running",
}
"""What is known of a change that was started and did not pass, by its state, for a sentence."""


@dataclass(frozen=True)
class CellRun:
    """What became of one cell.

    Attributes:
        index: position in the notebook, from 0.
        step: the step tag; None for prose, which has no state.
        state: a cell state, see the glossary in ARCHITECTURE.md; ``None`` for prose.
        started: when it was started, if it was.
        seconds: how long it ran, if it is over.
        outputs: in the notebook format's form.
        cut: what of the outputs was not kept, in words.
        actions: what a change was given to do, when it was last started.
        asserted: who said that it was done, where it was started and did not pass.
    """

    index: int
    id: str
    cell_type: str
    step: str | None
    tags: tuple[str, ...]
    source: str
    state: str | None
    started: datetime | None = None
    seconds: float | None = None
    error: dict[str, Any] | None = None
    outputs: tuple[dict[str, Any], ...] = ()
    cut: tuple[str, ...] = ()
    actions: tuple[dict[str, Any], ...] = ()
    asserted: str | None = None

    @property
    def unsettled(self) -> bool:
        """Whether it is a change that was started, did not pass, and of which no one said that it is done."""
        return self.step == "change" and self.state in UNSETTLED and self.asserted is None

    @property
    def settled(self) -> bool:
        """Whether it is a change that is done: it passed, or someone said so."""
        return self.step == "change" and (self.state == "passed" or self.asserted is not None)


@dataclass(frozen=True)
class Proposal:
    """Actions that one read cell proposed; ``at`` tells when they were written down."""

    cell: int
    actions: tuple[dict[str, Any], ...]
    digest: str
    at: datetime


@dataclass(frozen=True)
class Gate:
    """What became of a gate: the last word on it."""

    cell: int
    state: str
    text: str
    by: str | None
    reason: str | None
    at: datetime
    digest: str | None = None
    second_person: bool = False
    alone: bool = False


@dataclass(frozen=True)
class Run:
    """A run of a runbook.

    Attributes:
        folder: where its journal is; the folder's name is the run's id.
        state: a run state, see the glossary in ARCHITECTURE.md; ``running`` while its process lives.
        code: the exit code, once it has ended.
        reason: why it ended, in a sentence.
        began: the first line's data (see ``outage.run.lines.Began``).
        updated: when the last line was written.
        saved: what cells saved, by name.
        gates: the last word on each, in the order in which they were last reached or answered.
        alone: gates that the starter passed for the second person that was asked for.
        resumed: data of the lines that began it again, see ``outage.run.lines.Resumed``.
        undo_planned: data of the last line that says what undoing it would do, if none was tried since.
        troubles: torn lines, broken chain, kinds that this version does not know.
    """

    folder: Path
    state: str
    code: int | None
    reason: str
    began: dict[str, Any]
    started: datetime
    updated: datetime
    cells: tuple[CellRun, ...] = ()
    injected: str = ""
    runbook_meta: dict[str, Any] = field(default_factory=dict)
    proposals: tuple[Proposal, ...] = ()
    saved: dict[str, Any] = field(default_factory=dict)
    gates: tuple[Gate, ...] = ()
    alone: tuple[Gate, ...] = ()
    resumed: tuple[dict[str, Any], ...] = ()
    undo_planned: dict[str, Any] | None = None
    troubles: tuple[Trouble, ...] = ()

    @property
    def id(self) -> str:
        """The run's id."""
        return str(self.began.get("run", self.folder.name))

    @property
    def runbook(self) -> str:
        """Name of the runbook."""
        return str(self.began.get("runbook", ""))

    @property
    def mode(self) -> str:
        """plan, apply or undo: what was last asked for."""
        return str((*self.resumed[-1:], self.began)[0].get("mode", ""))

    @property
    def process(self) -> tuple[str, int]:
        """Host and number of the process that carries it out, or did."""
        last = (*self.resumed[-1:], self.began)[0]
        return str(last.get("host", "")), int(last.get("pid", 0))

    @property
    def pending(self) -> Gate | None:
        """The gate that waits for an answer."""
        last = self.gates[-1] if self.gates and self.state in {"running", "waiting"} else None
        return last if last and last.state == "waiting" else None

    @property
    def changed(self) -> list[CellRun]:
        """Changes that were carried out, or may have been in part, and were not undone; newest first."""
        done = [cell for cell in self.cells if cell.step == "change" and cell.state in {"passed", *UNSETTLED}]
        return done[::-1]

    @property
    def target(self) -> str:
        """What it ran against, in words."""
        target = self.began.get("target")
        return str(target.get("words", "")) if isinstance(target, dict) else ""

    @property
    def seconds(self) -> float:
        """From its first line to its last."""
        return (self.updated - self.started).total_seconds()

    def count(self, *states: str) -> int:
        """Return how many cells are in one of these states."""
        return sum(cell.state in states for cell in self.cells)
