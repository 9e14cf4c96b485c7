"""``outage run``, as a function: from an order to a run that is on the journal and on the record.

The kernel's process is started first, so that it boots while everything else is imported and
checked. It runs nothing until all of that is done, and a refusal ends it.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from outage.run import lines
from outage.run.interrupts import Interrupts, raise_interrupt
from outage.run.kernel import start_kernel, sweep_leftovers
from outage.run.notebook import injected_source
from outage.runbook.notebook import find_notebook
from outage.runbook.structure import step_tag
from outage.runbook.types import to_data

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from outage.project import Project
    from outage.run.gates import Question
    from outage.run.journal import Journal
    from outage.run.kernel import Kernel
    from outage.run.lines import Data
    from outage.run.model import Run
    from outage.run.request import Order, Prepared


_PATIENCE = 0.3


def execute(
    project: Project,
    order: Order,
    *,
    observe: Callable[[str, dict[str, Any]], None] | None = None,
    ask: Callable[[Question], str | None] | None = None,
    warn: Callable[[str], None] = lambda text: None,
) -> Run:
    """Carry out an order.

    Args:
        project: the handbook.
        order: what was asked for.
        observe: hears every line of the journal, as kind and data, when it is written.
        ask: puts a question before a person; None where nobody can be asked.
        warn: hears what went wrong beside the run (the incident's record, the chat).

    Raises:
        Refused, Problems: something speaks against it; nothing was started.
        Failed: the journal cannot be written.
    """
    path = find_notebook(project.runbooks, order.runbook)
    return carry_out(project, path, order, observe=observe, ask=ask, warn=warn)


def carry_out(
    project: Project,
    path: Path,
    order: Order,
    *,
    observe: Callable[[str, dict[str, Any]], None] | None = None,
    ask: Callable[[Question], str | None] | None = None,
    warn: Callable[[str], None] = lambda text: None,
) -> Run:
    """As :func:`execute`, for a notebook that was found already."""

    def prepared() -> Prepared:
        from outage.run.prepare import prepare  # not earlier: the kernel boots meanwhile

        return prepare(project, path, order, can_ask=ask is not None)

    return _carry(project, prepared, observe, ask, warn)


def carry_on(
    project: Project,
    folder: Path,
    order: Order,
    *,
    undo: bool = False,
    observe: Callable[[str, dict[str, Any]], None] | None = None,
    ask: Callable[[Question], str | None] | None = None,
    warn: Callable[[str], None] = lambda text: None,
) -> Run:
    """Let a run go on from where it ended, or undo its changes, in a fresh kernel.

    Args:
        project: the handbook.
        folder: the run's.
        order: who asks; its runbook and parameters are those of the run.
        undo: whether its changes are undone, newest first.
        observe: as for :func:`execute`.
        ask: likewise.
        warn: likewise.

    Raises:
        Refused, Problems: it cannot go on; nothing was started.
        Failed: the journal cannot be written.
    """

    def prepared() -> Prepared:
        from outage.run.resume import prepare_again

        return prepare_again(project, folder, order, undo=undo, can_ask=ask is not None)

    return _carry(project, prepared, observe, ask, warn)


def _carry(
    project: Project,
    prepare: Callable[[], Prepared],
    observe: Callable[[str, dict[str, Any]], None] | None,
    ask: Callable[[Question], str | None] | None,
    warn: Callable[[str], None],
) -> Run:
    """Start the kernel, check the order while it boots, and conduct the run."""
    with Interrupts() as interrupts:
        kernel = start_kernel(project.root)
        try:
            sweep_leftovers()  # what a killed runner left may still be at work on this target
            prepared = prepare()
            with _locked(prepared):
                return _conduct(prepared, kernel, interrupts, observe, ask, warn)
        finally:
            interrupts.ignore()
            kernel.end()


def _conduct(
    prepared: Prepared,
    kernel: Kernel,
    interrupts: Interrupts,
    observe: Callable[[str, dict[str, Any]], None] | None,
    ask: Callable[[Question], str | None] | None,
    warn: Callable[[str], None],
) -> Run:
    """Conduct the run; the record hears of its end when nothing of it runs any more."""
    from outage.run.runner import Conductor

    prepared, journal = _open(prepared, observe, can_ask=ask is not None)
    try:
        _record(prepared, "running", warn)
        run = Conductor(prepared, kernel, journal, ask, interrupts).conduct()
        kernel.end(_PATIENCE)
        interrupts.respond = raise_interrupt
        try:
            _record(prepared, run.state, warn, code=run.code, journal=journal.head, **_alone(run))
        except KeyboardInterrupt:  # the run has ended, and nothing changes how
            warn(f"interrupted: the incident's record may not say that the run is {run.state}")
        return run
    finally:
        interrupts.ignore()
        journal.close()


def _alone(run: Run) -> dict[str, Any]:
    """Gates that the starter passed for a second person, for the record and its review."""
    return {"alone": [f"{gate.by}: {gate.reason}" for gate in run.alone]} if run.alone else {}


def _locked(prepared: Prepared) -> Any:
    """The lock of runbook and target for an apply; plans exclude nobody."""
    from contextlib import nullcontext

    from outage.run.exclusion import exclusive

    if prepared.mode == "plan":
        return nullcontext()
    holder = f"{prepared.folder.name}, started by {prepared.by} in {prepared.project.root}"
    return exclusive(prepared.contract.name, prepared.target, holder)


def _open(
    prepared: Prepared, observe: Callable[[str, dict[str, Any]], None] | None, *, can_ask: bool
) -> tuple[Prepared, Journal]:
    """The run's folder and journal, begun; of a run that goes on, its past as it is now."""
    from outage.errors import Failed
    from outage.run.execute import began_line, notebook_line
    from outage.run.journal import Journal

    if prepared.past is not None:
        journal = Journal(prepared.folder, observe, prepared.scrubber.data)
        try:
            return _go_on(prepared, journal, can_ask=can_ask), journal
        except BaseException:
            journal.close()
            raise
    try:
        prepared.folder.mkdir(parents=True)
    except OSError as error:
        raise Failed(f"the run's folder cannot be made: {error.strerror}", file=prepared.folder) from None
    journal = Journal(prepared.folder, observe, prepared.scrubber.data)
    journal.append(began_line(prepared, prepared.folder.name), wait=False)
    journal.append(notebook_line(prepared))
    return prepared, journal


def _go_on(prepared: Prepared, journal: Journal, *, can_ask: bool) -> Prepared:
    """Check a run's past again, now that no other process can go on with it, and write that it goes on."""
    from outage.run.history import SPOOL
    from outage.run.resume import recheck

    found: list[Prepared] = []

    def decide() -> list[Data]:
        found.append(recheck(prepared, can_ask=can_ask))
        return _going_on(found[0], journal)

    journal.decide(decide)
    (prepared.folder / SPOOL).unlink(missing_ok=True)
    return found[0]


def _going_on(prepared: Prepared, journal: Journal) -> list[Data]:
    """The lines with which a run goes on, or begins to be undone; the observer hears its first ones again."""
    from outage.run.execute import resumed_line
    from outage.run.history import spooled
    from outage.run.lines import SavedLine
    from outage.run.resume import undo_line, undo_was_planned

    past = prepared.past
    assert past is not None
    journal.tell("run", {**past.began, "mode": prepared.mode})
    journal.tell("notebook", {"cells": [vars(cell) for cell in past.cells]})
    at = next((cell.index for cell in past.changed if cell.unsettled), 0)
    found: list[Data] = [  # nobody lived to write it down
        SavedLine(cell=at, name=name, value=value) for name, value in spooled(prepared.folder).items()
    ]
    if prepared.undo is not None and not undo_was_planned(past):
        found.append(undo_line(past, prepared.by))
    return [*found, resumed_line(prepared)]


def _record(prepared: Prepared, state: str, warn: Callable[[str], None], **more: Any) -> None:
    """Tell the incident's record what became of the run; that it cannot be told stops no run."""
    if prepared.incident is None:
        return
    from outage.errors import OutageError
    from outage.incident import respond
    from outage.incident.record import append

    data = {
        "run": prepared.folder.name,
        "runbook": prepared.contract.name,
        "mode": prepared.mode,
        "target": prepared.target.words,
        "state": state,
        "risk": prepared.contract.meta.risk,
        **more,
    }
    try:
        if state == "running":  # nobody waits for a chat service before a change
            append(prepared.incident, "run", data, by=prepared.by)
            _share(prepared)
        else:
            respond.step(prepared.project, prepared.incident, "run", data, by=prepared.by, at=None)
    except OutageError as error:
        warn(f"the incident's record was not told that the run is {state}: {error}")


def _share(prepared: Prepared) -> None:
    """Ask for the incident's folder to be shared in the background, where policy wants that."""
    from contextlib import suppress

    from outage.incident.respond import why_unshared
    from outage.incident.sync import background

    sync, incident = prepared.policy.sync, prepared.incident
    if incident is not None and sync.automatic and not why_unshared(incident, prepared.policy):
        with suppress(OSError):  # no process can be started now; the end of the run asks again
            background.request(incident, sync.remote, sync.branch)


def began_line(prepared: Prepared, run: str) -> lines.Began:
    """The journal's first line."""
    contract, limits = prepared.contract, prepared.contract.meta.limits
    assert limits.cell.exact is not None
    assert limits.run.exact is not None
    return lines.Began(
        run=run,
        runbook=contract.name,
        title=contract.notebook.title,
        path=str(contract.notebook.path),
        mode="apply" if prepared.order.apply else "plan",
        by=prepared.by,
        incident=prepared.incident.name if prepared.incident else None,
        target=prepared.target,
        risk=contract.meta.risk,
        parameters={name: to_data(value) for name, value in prepared.values.items()},
        secrets=tuple(parameter.name for parameter in contract.parameters if parameter.secret),
        digest=prepared.digest,
        review=prepared.review,
        plan=prepared.plan.id if prepared.plan else None,
        yes=prepared.order.yes or None,
        limits={"cell": limits.cell.exact.total_seconds(), "run": limits.run.exact.total_seconds()},
        versions=_versions(),
        host=socket.gethostname(),
        pid=os.getpid(),
        approvals="second-person" if prepared.second_person else "starter",
    )


def notebook_line(prepared: Prepared) -> lines.NotebookLine:
    """The journal's second line."""
    contract = prepared.contract
    cells = tuple(
        lines.CellData.model_validate(
            {
                "id": cell.id,
                "cell_type": cell.cell_type,
                "step": step_tag(cell),
                "tags": cell.tags,
                "source": cell.source,
            }
        )
        for cell in contract.notebook.cells
    )
    raw = contract.notebook.runbook
    injected = injected_source(contract.parameters, prepared.values)
    return lines.NotebookLine(cells=cells, runbook=raw if isinstance(raw, dict) else {}, injected=injected)


def resumed_line(prepared: Prepared) -> lines.Resumed:
    """The line with which a run goes on, or begins to be undone."""
    assert prepared.past is not None
    undo = prepared.undo or ()
    kept = [cell.index for cell in prepared.past.cells if cell.step == "change" and cell.settled]
    return lines.Resumed(
        mode="apply" if prepared.undo is None else "undo",
        by=prepared.by,
        kept=tuple(kept) if prepared.undo is None else (),
        undo=undo,
        yes=prepared.order.yes or None,
        host=socket.gethostname(),
        pid=os.getpid(),
    )


def _versions() -> dict[str, str]:
    """Versions of what carries a run out."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for package in ("outage-handbook", "ipykernel", "nbclient"):
        with suppress(PackageNotFoundError):
            found[package.removesuffix("-handbook")] = version(package)
    return found
