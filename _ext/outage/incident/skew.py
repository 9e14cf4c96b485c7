"""Clocks that are ahead, as a record shows it: in words, for the terminal and the page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from outage.incident.record.describe import shorten_id
from outage.incident.times import format_full, format_near, format_span
from outage.text import one_line

if TYPE_CHECKING:
    from outage.incident.record.event import Event
    from outage.incident.record.model import Incident

_BELIEVED = timedelta(seconds=1)
"""Clocks of one room differ by as much, and no one has to see to it."""
_NOT_YET = timedelta(minutes=2)


def describe_clocks_ahead(incident: Incident, now: datetime, zone: str) -> list[str]:
    """Say which clocks are ahead, and how that is known: one sentence a person, the worst there is.

    People's names are as they were written, and so hostile.
    """
    worst: dict[str, tuple[timedelta, str]] = {}
    for by, who, words in (*_find_contradictions(incident, zone), *_find_future(incident, now, zone)):
        if who not in worst or by > worst[who][0]:
            worst[who] = (by, words)
    return [words for _, words in worst.values()]


def _find_contradictions(incident: Incident, zone: str) -> Iterator[tuple[timedelta, str, str]]:
    """Yield changes whose order contradicts their times; the one with the higher ``n`` holds.

    Two clones that had not synced may contradict each other with clocks that are right.
    """
    events = {entry.event.id: entry.event for entry in incident.entries}
    for one in incident.clocks:
        if one.by >= _BELIEVED:
            first, after = events[one.event], events[one.after]
            yield (
                one.by,
                first.by,
                (
                    f"a clock is ahead by at least {format_span(one.by)}: {_name_entry(first)} says"
                    f" {format_near(first.at, after.at, zone)}, and {_name_entry(after)}, written after it"
                    f" unless their clones had not synced, says {format_full(after.at, zone)};"
                    " the second holds"
                ),
            )


def _find_future(incident: Incident, now: datetime, zone: str) -> Iterator[tuple[timedelta, str, str]]:
    """Yield entries from the future: their writer's clock is ahead, or the reader's is behind."""
    for event in (entry.event for entry in incident.entries):
        latest = max(event.at, event.recorded)
        if latest - now > _NOT_YET:
            yield (
                latest - now,
                event.by,
                (
                    f"a clock is ahead by at least {format_span(latest - now)}, or this machine's is behind:"
                    f" {_name_entry(event)} says {format_near(latest, now, zone)}"
                ),
            )


def _name_entry(event: Event) -> str:
    return f"entry {shorten_id(event.id)} by {one_line(event.by)}"
