"""How the last sync of an incident went, kept beside it where git does not look."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from outage import files, locks
from outage.background import ensure_private
from outage.errors import OutageError
from outage.incident.record.event import format_moment, parse_moment

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
    """Read the state of the incident in ``folder``; a new state where none is readable."""
    try:
        values = json.loads((folder / FOLDER / "state.json").read_text(encoding="utf-8"))
        succeeded, failed = (parse_moment(values[key]) if values.get(key) else None for key in _TIMES)
        notes = tuple(str(note) for note in values.get("notes", ()))
        return State(succeeded, failed, str(values.get("why", "")), str(values.get("hint", "")), notes)
    except (OSError, ValueError, TypeError, AttributeError):
        return State()


def save_success(folder: Path, at: datetime, notes: tuple[str, ...]) -> None:
    """Remember that a sync went well."""
    with _locked(folder) as path:
        _save(path, State(succeeded=at, notes=notes))


def save_failure(folder: Path, at: datetime, error: OutageError) -> None:
    """Remember why a sync failed, and when one last went well."""
    with _locked(folder) as path:
        succeeded = load(folder).succeeded
        _save(path, State(succeeded, at, error.message, error.hint or "run 'outage sync' again"))


@contextmanager
def _locked(folder: Path) -> Iterator[Path]:
    """Hold the state against another sync, by hand or in the background; yields its file."""
    path = ensure_private(folder / FOLDER) / "state.json"
    with locks.hold(path.with_suffix(".lock")):
        yield path


def _save(path: Path, state: State) -> None:
    values = {
        "succeeded": format_moment(state.succeeded) if state.succeeded else None,
        "failed": format_moment(state.failed) if state.failed else None,
        "why": state.why,
        "hint": state.hint,
        "notes": list(state.notes),
    }
    files.replace(path, json.dumps(values), durable=False)
