"""The record of an incident: append-only events, folded into state. Only ``store`` touches the file.

    event = append(folder, "note", {"text": "restarted the queue"}, by="Ines")
    incident = load(folder)

Names are imported when they are first used: writing a line needs no model of an incident.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outage.incident.record.event import Event
from outage.incident.record.store import FILE, Problem, Reading, append, read

if TYPE_CHECKING:
    from outage.incident.record.fold import load
    from outage.incident.record.model import Change, Entry, Holding, Incident, Run, Update

__all__ = [
    "FILE",
    "Change",
    "Entry",
    "Event",
    "Holding",
    "Incident",
    "Problem",
    "Reading",
    "Run",
    "Update",
    "append",
    "load",
    "read",
]

_LAZY = {
    "load": "outage.incident.record.fold",
    **dict.fromkeys(
        ("Change", "Entry", "Holding", "Incident", "Run", "Update"), "outage.incident.record.model"
    ),
}


def __getattr__(name: str) -> Any:
    """Import the part that holds a name of this package."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_LAZY[name]), name)
