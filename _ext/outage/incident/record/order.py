"""Which of several changes of one value holds, although the clocks of their writers differ.

Each event carries ``n``, one more than the largest that its writer had read. Between two changes of
one value that were written as they happened, the higher ``n`` was written by someone who had seen the
other, or as much: it holds, whatever the clocks said. What was written down later (``recorded`` after
``at``) is taken at its word, by ``at``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from outage.incident.record.event import Event

Values = Callable[[Event], Iterable[Hashable]]
"""Names of the values that an event changes; an event may change several, or none."""


@dataclass(frozen=True, slots=True)
class Turn:
    """An event in its place among all, in the order in which what they say takes effect.

    Attributes:
        event: the event.
        at: since when what it says holds: its own ``at``, or less where its writer's clock was ahead.
    """

    event: Event
    at: datetime


@dataclass(frozen=True, slots=True)
class ClockAhead:
    """Two changes of one value whose times contradict the order in which they were written.

    Attributes:
        by: at least how far the clock of the first writer was ahead of the other's.
        event: id of the change that was written first, and bears the later time.
        after: id of the change that was written after it.
    """

    by: timedelta
    event: str
    after: str


def list_values(event: Event) -> Iterable[Hashable]:
    """Name the values of an incident that an event changes (a correction's depends on other events)."""
    data = event.data
    if event.kind == "declared":
        return ("stage", *(key for key in ("severity", "scope") if key in data))
    if event.kind in ("severity", "scope", "stage"):
        return (event.kind,)
    if event.kind in ("role", "handoff"):
        return (("role", str(data.get("role"))),)
    if event.kind == "run":
        return (("run", str(data.get("run"))),)
    if event.kind == "playbook":
        return (("playbook", str(data.get("playbook")), str(data.get("step"))),)
    return ()


def put_in_turn(events: Iterable[Event], values: Values = list_values) -> tuple[list[Turn], list[ClockAhead]]:
    """Put events into the order in which they take effect, and name the clocks that contradict it.

    The order depends on the events only, not on the order in which they are given.
    """
    all_events = list(events)
    changes: dict[Hashable, list[Event]] = {}
    for event in all_events:
        if event.recorded <= event.at:  # written as it happened
            for value in values(event):
                changes.setdefault(value, []).append(event)
    since = {event.id: event.at for event in all_events}
    ahead: dict[str, ClockAhead] = {}
    for written in changes.values():
        _hold_back(written, since, ahead)
    ordered = sorted(all_events, key=lambda e: (since[e.id], e.recorded > e.at, e.n, e.recorded, e.id))
    return [Turn(event, since[event.id]) for event in ordered], [
        ahead[e.id] for e in ordered if e.id in ahead
    ]


def _hold_back(written: list[Event], since: dict[str, datetime], ahead: dict[str, ClockAhead]) -> None:
    """Let no change of a value take effect later than those that were written after it."""
    bound: Event | None = None
    for event in sorted(written, key=lambda event: (event.n, event.recorded, event.id), reverse=True):
        if bound is None or event.at <= bound.at:
            bound = event
            continue
        since[event.id] = min(since[event.id], bound.at)
        found = ClockAhead(event.at - bound.at, event.id, bound.id)
        ahead[event.id] = max(ahead.get(event.id, found), found, key=lambda one: one.by)
