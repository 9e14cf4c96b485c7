"""The list of incidents, as MyST text: those that are open first, and the newest first among each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from outage.errors import OutageError
from outage.incident.folders import list_folders_in, list_left_out
from outage.incident.times import format_day, format_span
from outage.render.incident.page import write_chips
from outage.render.incident.snapshot import Snapshot, load_outline
from outage.render.markup import list_table
from outage.text import plain

PAGE = "index.md"
NONE = "No incident was ever declared here. `outage declare TITLE` opens one."


def write_incident_list(folder: Path) -> str:
    """Return the list for the incidents whose folders are in ``folder``. It depends on no time of day."""
    cases, unreadable = _load_incidents(folder)
    opened = [snapshot for snapshot in cases if snapshot.incident.is_open]
    closed = [snapshot for snapshot in cases if not snapshot.incident.is_open]
    parts = [
        _write_part("Open", folder, opened),
        _write_part("Closed", folder, closed),
        *unreadable,
    ]
    return "\n\n".join(part for part in parts if part) or NONE


def _load_incidents(folder: Path) -> tuple[list[Snapshot], list[str]]:
    """Return the incidents, the newest first, and a sentence about each that is none or cannot be read."""
    cases, unreadable = [], []
    for one in list_folders_in(folder):
        try:
            cases.append(load_outline(one))
        except OutageError as error:
            unreadable.append(f"**{plain(one.name)}** cannot be read: {plain(error.message)}.")
    return cases, [*unreadable, *(f"{plain(str(one))}." for one in list_left_out(folder))]


def _write_part(title: str, folder: Path, cases: Sequence[Snapshot]) -> str:
    if not cases:
        return ""
    rows = [(_write_title(folder, snapshot), _write_when(snapshot)) for snapshot in cases]
    return f"## {title}\n\n" + list_table(
        ("Incident", "Declared"), rows, widths="3 1", css="outage-incidents"
    )


def _write_title(folder: Path, snapshot: Snapshot) -> str:
    incident = snapshot.incident
    title = plain(incident.title)
    if (folder / incident.id / PAGE).is_file():
        title = f"[{title}](<{quote(incident.id)}/{PAGE}>)"
    return f"{title}\\\n{write_chips(snapshot)}"


def _write_when(snapshot: Snapshot) -> str:
    incident = snapshot.incident
    if incident.declared_at is None:
        return "not declared"
    took = (
        f"\\\nresolved after {format_span(incident.ended_at - incident.declared_at)}"
        if incident.ended_at
        else ""
    )
    return f"{format_day(incident.declared_at)}{took}"
