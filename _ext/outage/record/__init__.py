"""The record of an incident: append-only events, folded into what is shown.

    event = append(folder, "note", {"text": "restarted the queue"}, by="Ines")
    incident = load(folder)

Names are imported when they are first used: writing a line needs no model of an incident.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outage.record.event import Event
from outage.record.store import FILE, Problem, Reading, append, read

if TYPE_CHECKING:
    from outage.record.folding import fold, load
    from outage.record.incident import Change, Entry, Holding, Incident, Run, Update

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
    "fold",
    "load",
    "read",
]

_LAZY = {
    **dict.fromkeys(("fold", "load"), "outage.record.folding"),
    **dict.fromkeys(("Change", "Entry", "Holding", "Incident", "Run", "Update"), "outage.record.incident"),
}


def __getattr__(name: str) -> Any:
    """Import the part that holds a name of this package."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_LAZY[name]), name)
