"""How the last sync of an incident went, kept beside it where git does not look."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from outage import files
from outage.background import private
from outage.errors import OutageError
from outage.incident.record.event import moment, stamp

FOLDER = ".sync"
_TIMES = ("succeeded", "failed")


@dataclass(frozen=True, slots=True)
class State:
    """The last success and the last failure since then.

    Attributes:
        succeeded: when it last went well (aware, UTC), or None.
        failed: when it last failed since, or None.
        why: what went wrong.
        hint: what to do about it.
        notes: what the last success could not do.
    """

    succeeded: datetime | None = None
    failed: datetime | None = None
    why: str = ""
    hint: str = ""
    notes: tuple[str, ...] = ()


def load(folder: Path) -> State:
    """The state of the incident in ``folder``; a new state where none is readable."""
    try:
        values = json.loads((folder / FOLDER / "state.json").read_text(encoding="utf-8"))
        succeeded, failed = (moment(values[key]) if values.get(key) else None for key in _TIMES)
        notes = tuple(str(note) for note in values.get("notes", ()))
        return State(succeeded, failed, str(values.get("why", "")), str(values.get("hint", "")), notes)
    except (OSError, ValueError, TypeError, AttributeError):
        return State()


def save_success(folder: Path, at: datetime, notes: tuple[str, ...]) -> None:
    """Remember that a sync went well."""
    _save(folder, State(succeeded=at, notes=notes))


def save_failure(folder: Path, at: datetime, error: OutageError) -> None:
    """Remember why a sync failed, and when one last went well."""
    _save(folder, State(load(folder).succeeded, at, error.message, error.hint or "run 'outage sync' again"))


def _save(folder: Path, state: State) -> None:
    path = private(folder / FOLDER) / "state.json"
    values = {
        "succeeded": stamp(state.succeeded) if state.succeeded else None,
        "failed": stamp(state.failed) if state.failed else None,
        "why": state.why,
        "hint": state.hint,
        "notes": list(state.notes),
    }
    files.replace(path, json.dumps(values), durable=False)
