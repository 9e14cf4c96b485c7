"""What undoing a run would do: shown to people, and written into the run's journal before it is done."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from outage.errors import Refused
from outage.run.history import load_run
from outage.run.journal import Journal
from outage.run.lines import ActionData, UndoneCell, UndoPlanned
from outage.run.model import DOUBTS
from outage.text import one_line

if TYPE_CHECKING:
    from outage.run.model import Run


def undo_plan(run: Run) -> list[dict[str, Any]]:
    """What undoing a run would do, newest change first.

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
    """Whether the runbook has an undo for any of the changes that stand."""
    return any(change["source"] is not None for change in undo_plan(run))


def undo_words(run: Run) -> str:
    """:func:`undo_plan` for people."""
    said = []
    for change in undo_plan(run):
        doubt = DOUBTS.get(change["state"])
        known = f" {doubt}: some of it may be done" if doubt else ""
        said.append(f"The change in cell {change['cell'] + 1}{known}")
        for action in change["actions"]:
            said.append(f"  {one_line(action['target'])}: {one_line(action['command'])}")
            said.append(f"    undo: {one_line(action['undo']) or 'not possible'}")
        if change["source"] is None:
            said.append("  It has no undo cell: it stays as it is.")
    return "\n".join(said)


def undo_line(run: Run, by: str) -> UndoPlanned:
    """:func:`undo_plan` as a line of the journal; ``by`` is who was shown it."""
    changes = tuple(
        UndoneCell(
            cell=change["cell"],
            state=change["state"],
            actions=tuple(ActionData(**action) for action in change["actions"]),
            reversible=change["source"] is not None,
        )
        for change in undo_plan(run)
    )
    return UndoPlanned(by=by, changes=changes)


def undo_digest(run: Run) -> str:
    """Return the digest of what undoing a run would do now, to recognise the same undo."""
    changes = [change.model_dump(mode="json") for change in undo_line(run, "").changes]
    return f"sha256:{hashlib.sha256(json.dumps(changes, sort_keys=True).encode()).hexdigest()}"


def undo_was_planned(run: Run) -> bool:
    """Whether the journal's last plan of an undo is of the changes that stand now, in their present state."""
    now = undo_line(run, "").model_dump(mode="json", exclude_none=True)["changes"]
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
        return [undo_line(run, by)]

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
    if undo_line(shown, "").changes != undo_line(now, "").changes:
        reason = f"{now.id} was gone on with while its undo was shown: other changes stand now"
        raise Refused(reason, hint=f"look again: outage undo {now.id}")
