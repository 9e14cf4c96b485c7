"""A case study as the rest reads it: checked, its times worked out, its events folded as an incident's are.

All times are aware and in UTC. Texts are plain and as their authors wrote them, and those of a record of
real commands hostile: pass them through ``outage.text`` before they reach a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from outage.cases.models import CitedData, EventData, StudyData
from outage.cases.times import When
from outage.incident.times import Times

if TYPE_CHECKING:
    from outage.cases.bibliography import Work
    from outage.incident.record.event import Event
    from outage.incident.record.model import Incident
    from outage.policy import Policy


@dataclass(frozen=True, slots=True)
class Source:
    """Who says so: the work, the place in it (or nothing), and how we know it, in words."""

    work: Work
    place: str
    how: str


def cite(named: Iterable[CitedData], works: Mapping[str, Work]) -> tuple[Source, ...]:
    """Cite the named sources; where nothing says how we know it, the work's own note does."""
    return tuple(Source(works[one.key], one.place or "", one.how or works[one.key].note) for one in named)


@dataclass(frozen=True, slots=True)
class Account:
    """One of several accounts of an event: its words, its own time if it has one, and its sources."""

    text: str
    when: When | None
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """One event of a case, in its place.

    Attributes:
        id: as record.yml names it, or made from its time and kind.
        when: as well as anyone knows.
        event: as an incident's record would hold it; its ``at`` keeps the order.
        told: what record.yml says beyond that; empty for an event that only ``record.jsonl`` holds.
        sources: who says so.
        accounts: those that do not agree.
    """

    id: str
    when: When
    event: Event
    told: EventData
    sources: tuple[Source, ...] = ()
    accounts: tuple[Account, ...] = ()

    @property
    def decides(self) -> bool:
        """Whether a walkthrough stops here until the group has chosen."""
        return self.event.kind == "decision"


@dataclass(frozen=True)
class Study:
    """One case study.

    Attributes:
        id: name of its folder.
        folder: where it is.
        data: the record as it was written.
        policy: what it is judged by.
        moments: its events, in order.
        events: what the incident is folded from: the moments' events and, where nobody declared it, what
            the policy would have had on the record.
        incident: the events, folded.
        declared: whether someone declared it, or only the policy would have had it declared.
        works: the works of the bibliography by key.
    """

    id: str
    folder: Path
    data: StudyData
    policy: Policy
    moments: tuple[Moment, ...]
    events: tuple[Event, ...]
    incident: Incident
    declared: bool
    works: Mapping[str, Work]

    @property
    def as_told(self) -> tuple[Moment, ...]:
        """Its events as a walkthrough tells them: what was kept back follows the event that it waits for."""
        waiting: dict[str, list[Moment]] = {}
        for moment in self.moments:
            if moment.told.told_after is not None:
                waiting.setdefault(moment.told.told_after, []).append(moment)

        def with_those_that_wait(moment: Moment) -> Iterator[Moment]:
            yield moment
            for one in waiting.get(moment.id, ()):
                yield from with_those_that_wait(one)

        first = (moment for moment in self.moments if moment.told.told_after is None)
        return tuple(one for moment in first for one in with_those_that_wait(moment))

    @property
    def recorded(self) -> bool:
        """Whether its events come from a record of real commands."""
        return self.data.record is not None

    @property
    def times(self) -> Times:
        """How its moments are written."""
        return Times(self.data.zone)
