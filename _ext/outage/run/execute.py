"""``outage run``, as a function: from a request to a run that is on the journal and on the record.

The kernel's process is started first, so that it boots while everything else is imported and
checked. It runs nothing until all of that is done, and a refusal ends it.
"""

from __future__ import annotations

import os
import platform
import socket
from contextlib import nullcontext, suppress
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from outage.errors import Failed, OutageError
from outage.incident.record import append
from outage.run import lines
from outage.run.interrupts import Interrupts, raise_interrupt
from outage.run.journal import Journal
from outage.run.kernel import start_kernel, sweep_leftovers
from outage.run.notebook import write_injected_source
from outage.run.request import SILENT
from outage.runbook.notebook import find_notebook
from outage.runbook.structure import get_step_tag
from outage.runbook.types import to_data

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from outage.project import Project
    from outage.run.kernel import Kernel
    from outage.run.lines import Data
    from outage.run.model import Run
    from outage.run.request import Prepared, RunHooks, RunRequest


_PATIENCE = 0.3


def execute(project: Project, request: RunRequest, hooks: RunHooks = SILENT) -> Run:
    """Run a runbook.

    Args:
        project: the handbook.
        request: what was asked for.
        hooks: how the run shows itself and asks.

    Raises:
        Refused, Problems: something speaks against it; nothing was started.
        Failed: the journal cannot be written.
    """
    return execute_notebook(project, find_notebook(project.runbooks, request.runbook), request, hooks)


def execute_notebook(project: Project, path: Path, request: RunRequest, hooks: RunHooks = SILENT) -> Run:
    """Run a runbook whose notebook was found already; else as :func:`execute`."""

    def check() -> Prepared:
        from outage.run.prepare import prepare  # not earlier: the kernel boots meanwhile

        return prepare(project, path, request, can_ask=hooks.ask is not None)

    return _run(project, check, hooks)


def resume_run(
    project: Project, folder: Path, request: RunRequest, hooks: RunHooks = SILENT, *, undo: bool = False
) -> Run:
    """Resume a run from where it ended, or undo its changes, in a fresh kernel.

    Args:
        project: the handbook.
        folder: the run's.
        request: who asks; its runbook and parameters are those of the run.
        hooks: as for :func:`execute`.
        undo: whether its changes are undone, newest first.

    Raises:
        Refused, Problems: it cannot go on; nothing was started.
        Failed: the journal cannot be written.
    """

    def check() -> Prepared:
        from outage.run.resume import prepare_resume

        return prepare_resume(project, folder, request, undo=undo, can_ask=hooks.ask is not None)

    return _run(project, check, hooks)


def _run(project: Project, check: Callable[[], Prepared], hooks: RunHooks) -> Run:
    """Start the kernel, check the request while it boots, and run what was asked for."""
    with Interrupts() as interrupts:
        kernel = start_kernel(project.root)
        try:
            sweep_leftovers()  # what a killed runner left may still be at work on this target
            prepared = check()
            with _lock(prepared):
                return _run_prepared(prepared, kernel, interrupts, hooks)
        finally:
            interrupts.ignore()
            kernel.end()


def _run_prepared(prepared: Prepared, kernel: Kernel, interrupts: Interrupts, hooks: RunHooks) -> Run:
    """Run the cells; record how that ended once nothing of it runs any more."""
    from outage.run.runner import Runner

    prepared, journal = _open(prepared, hooks)
    try:
        _record(prepared, "running", hooks)
        run = Runner(prepared, kernel, journal, interrupts, hooks.ask).run()
        kernel.end(_PATIENCE)
        interrupts.respond = raise_interrupt
        try:
            _record(prepared, run.state, hooks, code=run.code, journal=journal.head, **_describe_alone(run))
        except KeyboardInterrupt:  # the run has ended, and nothing changes how
            hooks.warn(f"interrupted: the incident's record may not say that the run is {run.state}")
        return run
    finally:
        interrupts.ignore()
        journal.close()


def _describe_alone(run: Run) -> dict[str, Any]:
    """List the gates that the starter passed for a second person, for the record and its review."""
    return {"alone": [f"{gate.by}: {gate.reason}" for gate in run.alone]} if run.alone else {}


def _lock(prepared: Prepared) -> AbstractContextManager[None]:
    """Hold the lock of runbook and target for an apply; plans exclude no one."""
    from outage.run.exclusion import hold_locks

    if prepared.mode == "plan":
        return nullcontext()
    holder = f"{prepared.folder.name}, started by {prepared.by} in {prepared.project.root}"
    return hold_locks(prepared.contract.name, prepared.target, holder)


def _open(prepared: Prepared, hooks: RunHooks) -> tuple[Prepared, Journal]:
    """Begin the run's folder and journal; take the past of a resumed run as it is now."""
    if prepared.past is not None:
        journal = Journal(prepared.folder, hooks.observe, prepared.scrubber.data)
        try:
            return _resume(prepared, journal, can_ask=hooks.ask is not None), journal
        except BaseException:
            journal.close()
            raise
    try:
        prepared.folder.mkdir(parents=True)
    except OSError as error:
        raise Failed(f"the run's folder cannot be made: {error.strerror}", file=prepared.folder) from None
    journal = Journal(prepared.folder, hooks.observe, prepared.scrubber.data)
    journal.append(make_began_line(prepared, prepared.folder.name), wait=False)
    journal.append(make_notebook_line(prepared))
    return prepared, journal


def _resume(prepared: Prepared, journal: Journal, *, can_ask: bool) -> Prepared:
    """Check a run's past again, now that no other process can resume it, and write that it is resumed."""
    from outage.run.history import SPOOL
    from outage.run.resume import recheck

    found: list[Prepared] = []

    def decide() -> list[Data]:
        found.append(recheck(prepared, can_ask=can_ask))
        return _make_resume_lines(found[0], journal)

    journal.decide(decide)
    (prepared.folder / SPOOL).unlink(missing_ok=True)
    return found[0]


def _make_resume_lines(prepared: Prepared, journal: Journal) -> list[Data]:
    """Return the lines that resume a run or begin its undo; the observer gets its first ones again."""
    from outage.run.history import read_spool
    from outage.run.lines import SavedLine
    from outage.run.resume import is_undo_planned, make_undo_line

    past = prepared.past
    assert past is not None
    journal.tell("run", {**past.began, "mode": prepared.mode})
    journal.tell("notebook", {"cells": [vars(cell) for cell in past.cells]})
    at = next((cell.index for cell in past.changed if cell.unsettled), 0)
    found: list[Data] = [  # the process was killed before it could write these down
        SavedLine(cell=at, name=name, value=value) for name, value in read_spool(prepared.folder).items()
    ]
    if prepared.undo is not None and not is_undo_planned(past):
        found.append(make_undo_line(past, prepared.by))
    return [*found, make_resumed_line(prepared)]


def _record(prepared: Prepared, state: str, hooks: RunHooks, **more: Any) -> None:
    """Write into the incident's record what became of the run; a failure to do so stops no run."""
    if prepared.incident is None:
        return
    from outage.incident import respond

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
        if state == "running":  # a change does not wait for a chat service
            append(prepared.incident, "run", data, by=prepared.by)
            _share(prepared)
        else:
            respond.record_step(prepared.project, prepared.incident, "run", data, by=prepared.by, at=None)
    except OutageError as error:
        hooks.warn(f"the incident's record was not told that the run is {state}: {error}")


def _share(prepared: Prepared) -> None:
    """Ask for the incident's folder to be shared in the background, where policy wants that."""
    from outage.incident.respond import explain_unshared
    from outage.incident.sync import background

    sync, incident = prepared.policy.sync, prepared.incident
    if incident is not None and sync.automatic and not explain_unshared(incident, prepared.policy):
        with suppress(OSError):  # no process can be started now; the end of the run asks again
            background.request(incident, sync.remote, sync.branch)


def make_began_line(prepared: Prepared, run: str) -> lines.Began:
    """Return the journal's first line."""
    contract, limits = prepared.contract, prepared.contract.meta.limits
    assert limits.cell.exact is not None
    assert limits.run.exact is not None
    return lines.Began(
        run=run,
        runbook=contract.name,
        title=contract.notebook.title,
        path=str(contract.notebook.path),
        mode="apply" if prepared.request.apply else "plan",
        by=prepared.by,
        incident=prepared.incident.name if prepared.incident else None,
        target=prepared.target,
        risk=contract.meta.risk,
        parameters={name: to_data(value) for name, value in prepared.values.items()},
        secrets=tuple(parameter.name for parameter in contract.parameters if parameter.secret),
        digest=prepared.digest,
        review=prepared.review,
        plan=prepared.plan.id if prepared.plan else None,
        yes=prepared.request.yes or None,
        limits={"cell": limits.cell.exact.total_seconds(), "run": limits.run.exact.total_seconds()},
        versions=_find_versions(),
        host=socket.gethostname(),
        pid=os.getpid(),
        approvals="second-person" if prepared.second_person else "starter",
    )


def make_notebook_line(prepared: Prepared) -> lines.NotebookLine:
    """Return the journal's second line."""
    contract = prepared.contract
    cells = tuple(
        lines.CellData.model_validate(
            {
                "id": cell.id,
                "cell_type": cell.cell_type,
                "step": get_step_tag(cell),
                "tags": cell.tags,
                "source": cell.source,
            }
        )
        for cell in contract.notebook.cells
    )
    raw = contract.notebook.runbook
    injected = write_injected_source(contract.parameters, prepared.values)
    return lines.NotebookLine(cells=cells, runbook=raw if isinstance(raw, dict) else {}, injected=injected)


def make_resumed_line(prepared: Prepared) -> lines.Resumed:
    """Return the line that resumes a run or begins its undo."""
    assert prepared.past is not None
    undo = prepared.undo or ()
    kept = [cell.index for cell in prepared.past.cells if cell.step == "change" and cell.settled]
    return lines.Resumed(
        mode="apply" if prepared.undo is None else "undo",
        by=prepared.by,
        kept=tuple(kept) if prepared.undo is None else (),
        undo=undo,
        yes=prepared.request.yes or None,
        host=socket.gethostname(),
        pid=os.getpid(),
    )


def _find_versions() -> dict[str, str]:
    """Return versions of what carries a run out."""
    found = {"python": platform.python_version()}
    for package in ("outage-handbook", "ipykernel", "nbclient"):
        with suppress(PackageNotFoundError):
            found[package.removesuffix("-handbook")] = version(package)
    return found
