"""A run that goes on, or is undone, later and in another process: what must still be as it was.

The journal is asked, not the world: it says what passed, what was saved and what is in doubt.
Everything that is refused here is refused before anything is started.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
from dataclasses import replace
from difflib import unified_diff
from typing import TYPE_CHECKING, Any

from outage.errors import OutageError, Refused
from outage.redact.scrub import is_scrubbed
from outage.run.history import find_run, load_run
from outage.run.journal import Journal, is_alive
from outage.run.lines import ActionData, ReviewData, UndoneCell, UndoPlanned
from outage.run.model import DOUBTS, Run
from outage.run.prepare import assemble, refuse_unconfirmed
from outage.run.review import compute_working_digest, list_files_at
from outage.run.target import is_same_target
from outage.runbook.command import format_repeat_command
from outage.runbook.contract import Contract, read_contract, read_recorded_values
from outage.runbook.notebook import find_notebook
from outage.text import join_words, one_line

if TYPE_CHECKING:
    from pathlib import Path

    from outage.project import Project
    from outage.run.model import Run
    from outage.run.request import Prepared, RunRequest


_MOST_LINES = 40
_RESUMABLE = ("waiting", "failed", "interrupted", "abandoned")


def prepare_resume(
    project: Project, folder: Path, request: RunRequest, *, undo: bool, can_ask: bool
) -> Prepared:
    """Check whether a run can go on, or be undone.

    Args:
        project: the handbook.
        folder: the run's.
        request: who asks for it, and on what grounds; the rest is the run's own.
        undo: whether its changes are to be undone.
        can_ask: whether there is a terminal to ask on.

    Raises:
        Refused, Problems: something speaks against it; nothing was started.
    """
    if is_alive(folder):
        hint = f"wait for it, or: outage stop {folder.name}"
        raise Refused(f"{folder.name} is being carried out by another process", hint=hint)
    run = load_run(folder)
    _check_state(project, run, undo=undo)
    path = find_notebook(project.runbooks, run.runbook)
    contract = read_contract(path, path.relative_to(project.root))
    if compute_working_digest(project.root, contract.notebook) != run.began.get("digest"):
        raise _refuse_changed(project, run, contract, undo=undo)
    values = read_recorded_values(contract, run.began.get("parameters", {}))
    if set(values) != {parameter.name for parameter in contract.parameters}:
        raise Refused(f"the parameters of {run.id} are no longer valid ones", hint="start a new run")
    found = assemble(project, request, path, contract, values, folder)
    if not is_same_target(run.began.get("target") or {}, found.target):
        hint = "go back to the shell that it was started from, or set again what named its target there"
        raise Refused(f"{run.id} was for {run.target}; this would be {found.target.words}", hint=hint)
    if not can_ask:
        _check_doubts(run, undo=undo)
    confirm = found.target.production and not (request.yes or _is_confirmed(run, undo=undo))
    if confirm and not can_ask:
        look = f"look first: outage undo {run.id}; then type this again; or say --yes"
        raise refuse_unconfirmed(found, look if undo else "say --yes")
    plan = str(run.began.get("plan") or "")
    return replace(
        found,
        review=ReviewData.model_validate(run.began.get("review") or {}),
        incident=folder.parent.parent if run.began.get("incident") else None,
        plan=load_run(find_run(project, plan)) if plan else None,
        past=run,
        undo=_list_undos(run) if undo else None,
        confirm=confirm,
    )


def _is_confirmed(run: Run, *, undo: bool) -> bool:
    """Return whether someone saw what will be done to production, in a plan, or waived that."""
    return is_undo_planned(run) if undo else bool(run.began.get("plan") or run.began.get("yes"))


def recheck(prepared: Prepared, *, can_ask: bool) -> Prepared:
    """Check again what was checked before the run's lock was taken, and take its past as it is now.

    Until then another process may have gone on with the run: repeating what that one did would change
    things twice. Call it while no other process can write the journal.

    Raises:
        Refused: nothing is left to do, or other changes stand than those that were shown.
    """
    before, undo = prepared.past, prepared.undo is not None
    assert before is not None
    run = load_run(prepared.folder, ours=True)
    _check_state(prepared.project, run, undo=undo)
    if undo:
        require_unchanged(before, run)
    if not can_ask:
        _check_doubts(run, undo=undo)
    return replace(prepared, past=run, undo=_list_undos(run) if undo else None)


def _list_undos(run: Run) -> tuple[int, ...]:
    return tuple(cell.index for cell in run.changed)


def _check_state(project: Project, run: Run, *, undo: bool) -> None:
    """Refuse unless the run is over, or waits, and was an apply."""
    anew = format_repeat_command(project.runbooks, run.runbook, run.began.get("parameters", {}))
    if any(trouble.edited for trouble in run.troubles):
        reason = f"the journal of {run.id} was changed by hand; what it says cannot be relied on"
        raise Refused(reason, file=run.folder, hint="look at the target, and start a new run")
    if run.state == "running":
        raise Refused(f"{run.id}: {run.reason}", hint="do it on that machine")
    if run.began.get("mode") != "apply":
        raise Refused(f"{run.id} is a plan: it has changed nothing", hint=anew)
    if undo and not run.changed:
        raise Refused(f"{run.id} has nothing to undo: no change of it stands")
    if undo and not can_be_undone(run):
        reason = f"nothing of {run.id} can be undone by its runbook: no change that stands has an undo"
        raise Refused(reason, hint="look at the target, and take back by hand what must go")
    if undo:
        _check_scrubbed(run)
        return
    if run.state not in _RESUMABLE:
        raise Refused(f"{run.id} is {run.state}: there is nothing left to do", hint=f"start anew: {anew}")
    if run.mode == "undo" or any(cell.state == "undone" for cell in run.cells):
        hint = f"undo the rest: outage undo {run.id}; or start anew: {anew}"
        raise Refused(f"changes of {run.id} were undone, so it cannot go on", hint=hint)


def _check_scrubbed(run: Run) -> None:
    """Refuse an undo that would act on the mark that replaces a secret."""
    for change in list_undos(run):
        source, cell = change["source"] or "", run.cells[change["cell"]]
        used = [
            f"'{name}', which it saved"
            for name in run.saved
            if re.search(rf"""(["']){re.escape(name)}\1""", source) and is_scrubbed(run.saved[name])
        ]
        if "proposed" in source and is_scrubbed(list(cell.actions)):
            used.append("its actions")
        if used:
            reason = (
                f"the change in cell {cell.index + 1} of {run.id} cannot be undone by its runbook: a secret"
            )
            hint = (
                f"take it back by hand; 'outage runs {run.id}' shows what was done. In the runbook, keep the"
                " secret's reference and read it with secret()"
            )
            raise Refused(f"{reason} was left out of {join_words(used)} when it was written down", hint=hint)


def _check_doubts(run: Run, *, undo: bool) -> None:
    """Refuse to go on without a terminal if a person must be asked something."""
    doubtful = [cell for cell in run.cells if cell.unsettled]
    if doubtful:
        cells = join_words([str(cell.index + 1) for cell in doubtful])
        reason = f"the change in cell {cells} was started and did not pass; a person must say what to do"
        hint = f"in a terminal: outage {f'undo {run.id} --apply' if undo else f'run --resume {run.id}'}"
        raise Refused(reason, hint=hint)


def _refuse_changed(project: Project, run: Run, contract: Contract, *, undo: bool) -> OutageError:
    """Return the refusal of a notebook that is not the one that was run, with the difference."""
    then = [line for cell in run.cells for line in _list_lines(cell.step, cell.source)]
    now = [
        line
        for cell in contract.notebook.cells
        for line in _list_lines(_find_step(contract, cell.index), cell.source)
    ]
    found = list(unified_diff(then, now, "as it was run", "as it is now", lineterm="", n=1))
    shown = found[:_MOST_LINES] or ["a module that it imports, or its metadata, is another one"]
    more = [f"... and {len(found) - _MOST_LINES} lines more"] if len(found) > _MOST_LINES else []
    commit = (run.began.get("review") or {}).get("commit")
    files = list_files_at(project.root, commit, str(contract.notebook.path)) if commit else []
    paths = [os.path.relpath(project.root / file) for file in files]
    back = f"bring {contract.notebook.path} back as it was"
    if paths:
        back = f"go back to what was run: {shlex.join(['git', 'checkout', str(commit), '--', *paths])}"
    reason = "\n".join([f"the runbook was changed since {run.id} ran:", *shown, *more])
    new = "" if undo else "start a new run; or "
    return Refused(reason, hint=f"{new}{back}")


def _find_step(contract: Contract, index: int) -> str | None:
    return next((tag for cell, tag in contract.steps if cell.index == index), None)


def _list_lines(step: str | None, source: str) -> list[str]:
    return [f"[{step or 'prose'}]", *source.splitlines()]


def list_undos(run: Run) -> list[dict[str, Any]]:
    """Return what undoing a run would do, newest change first.

    Each is ``{"cell", "state", "actions": [{"target", "command", "undo"}], "source"}``; ``source`` is
    the undo cell's, or None where the change has none.
    """
    found = []
    for cell in run.changed:
        after = next((other for other in run.cells[cell.index + 1 :] if other.step), None)
        undo = after.source if after and after.step == "undo" else None
        actions = [
            {key: action.get(key, "") for key in ("target", "command", "undo")} for action in cell.actions
        ]
        found.append({"cell": cell.index, "state": cell.state, "actions": actions, "source": undo})
    return found


def can_be_undone(run: Run) -> bool:
    """Return whether the runbook has an undo for any of the changes that stand."""
    return any(change["source"] is not None for change in list_undos(run))


def describe_undo(run: Run) -> str:
    """:func:`list_undos` for people."""
    said = []
    for change in list_undos(run):
        doubt = DOUBTS.get(change["state"])
        known = f" {doubt}: some of it may be done" if doubt else ""
        said.append(f"The change in cell {change['cell'] + 1}{known}")
        for action in change["actions"]:
            said.append(f"  {one_line(action['target'])}: {one_line(action['command'])}")
            said.append(f"    undo: {one_line(action['undo']) or 'not possible'}")
        if change["source"] is None:
            said.append("  It has no undo cell: it stays as it is.")
    return "\n".join(said)


def make_undo_line(run: Run, by: str) -> UndoPlanned:
    """:func:`list_undos` as a line of the journal; ``by`` is who was shown it."""
    changes = tuple(
        UndoneCell(
            cell=change["cell"],
            state=change["state"],
            actions=tuple(ActionData(**action) for action in change["actions"]),
            reversible=change["source"] is not None,
        )
        for change in list_undos(run)
    )
    return UndoPlanned(by=by, changes=changes)


def digest_undo(run: Run) -> str:
    """Return the digest of what undoing a run would do now, to recognise the same undo."""
    changes = [change.model_dump(mode="json") for change in make_undo_line(run, "").changes]
    return f"sha256:{hashlib.sha256(json.dumps(changes, sort_keys=True).encode()).hexdigest()}"


def is_undo_planned(run: Run) -> bool:
    """Return whether the journal's last plan of an undo is of the changes as they are now."""
    now = make_undo_line(run, "").model_dump(mode="json", exclude_none=True)["changes"]
    return run.undo_planned is not None and run.undo_planned.get("changes") == now


def plan_undo(run: Run, by: str) -> None:
    """Write into the run's journal that ``by`` was shown what undoing it would do.

    Args:
        run: as it was when it was shown.
        by: who was shown it.

    Raises:
        Refused: another process has gone on with the run since.
        Failed: the journal cannot be written.
    """

    def decide() -> list[UndoPlanned]:
        require_unchanged(run, load_run(run.folder))
        return [make_undo_line(run, by)]

    journal = Journal(run.folder, runner=False)
    try:
        journal.decide(decide)
    finally:
        journal.close()


def require_unchanged(shown: Run, now: Run) -> None:
    """Refuse to undo anything else than what was shown.

    Raises:
        Refused: other changes stand now, or in another state.
    """
    if make_undo_line(shown, "").changes != make_undo_line(now, "").changes:
        reason = f"{now.id} was gone on with while its undo was shown: other changes stand now"
        raise Refused(reason, hint=f"look again: outage undo {now.id}")
