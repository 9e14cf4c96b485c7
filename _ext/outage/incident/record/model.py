"""An incident as its record tells it: what ``fold`` makes, and everything that shows it reads.

All times are aware and in UTC. All texts are as people wrote them, and so hostile:
pass them through ``outage.text`` before they reach a page, a terminal or a message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from outage.incident.record.event import Event
from outage.incident.record.order import ClockAhead
from outage.incident.record.store import Problem

ENDED = ("resolved", "closed")
LATE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Change:
    """A value from a moment on: a severity, a scope or a stage.

    Attributes:
        value: the new value.
        at: when it began to hold; before its event's own time where a clock was ahead.
        event: id of the event that says so.
        by: who recorded it.
        why: the reason given, or the empty string.
    """

    value: str
    at: datetime
    event: str
    by: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Holding:
    """A person held a role from ``since`` to ``until`` (None: still)."""

    role: str
    person: str
    since: datetime
    until: datetime | None
    event: str


@dataclass(frozen=True, slots=True)
class Update:
    """An audience was told ``text`` at ``at``."""

    audience: str
    text: str
    at: datetime
    by: str
    event: str


@dataclass(frozen=True, slots=True)
class Run:
    """A runbook's run as the record knows it; its journal knows more.

    Attributes:
        id: the run's id, and the name of its folder.
        runbook: id of the runbook.
        mode: plan, apply or undo, the latest.
        target: what it ran against, in words.
        state: the latest state recorded.
        risk: the risk recorded, or None.
        at: when it was first recorded.
        changed_at: when its latest state was recorded.
        by: who started it.
        events: ids of its events, in order.
    """

    id: str
    runbook: str
    mode: str
    target: str
    state: str
    risk: str | None
    at: datetime
    changed_at: datetime
    by: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ActionItem:
    """Something to be done afterwards: what, by whom, by when (as written, or None)."""

    text: str
    owner: str
    due: str | None
    at: datetime
    event: str


@dataclass(frozen=True, slots=True)
class Correction:
    """What an entry said before it was corrected, who corrected it, and when."""

    before: str
    by: str
    at: datetime
    event: str


@dataclass(frozen=True, slots=True)
class Redaction:
    """Who hid an entry's words, when, and why (or the empty string)."""

    by: str
    at: datetime
    event: str
    why: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline.

    Attributes:
        event: the event as recorded, except that a redacted one has lost its data.
        data: the event's data as corrected; empty when redacted.
        text: the words to show, as corrected; empty when there are none or they are redacted.
        known: whether the kind is one we know.
        corrections: oldest first.
        redaction: set when the words are hidden.
        turn: its place in the order in which entries take effect, which is not that of their times
            where a clock was ahead.
        held_from: since when what it says holds, where that is known to be before the event's own time.
    """

    event: Event
    data: Mapping[str, Any]
    text: str
    known: bool = True
    corrections: tuple[Correction, ...] = ()
    redaction: Redaction | None = None
    turn: int = 0
    held_from: datetime | None = None

    @property
    def since(self) -> datetime:
        """Since when what it says holds: when it happened, or less where its writer's clock was ahead."""
        return self.held_from or self.event.at

    @property
    def late(self) -> bool:
        """Whether it was written down more than two minutes after it happened."""
        return self.event.recorded - self.event.at > LATE


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident, folded from its record.

    Attributes:
        id: name of its folder.
        title: as declared or corrected; the id when no one declared it.
        declared_at: None when the record holds no declaration.
        declared_by: as recorded, not authenticated.
        declared_event: id of the declaring event, or the empty string.
        drill: whether this is practice; it then never counts in figures.
        division, area: as declared, or as the latest scope event says.
        answers: the classification's answers, if it was declared with some.
        severities, scopes, stages: every change in order, the first at the declaration.
        holdings: who held which role, and when, in order.
        updates: what was told to whom, in order.
        runs: by first mention.
        actions: in order.
        entries: the whole timeline, in order of (at, recorded, id).
        problems: torn lines and events that do not fit, which the rest does not suffer from.
        clocks: times that contradict the order in which changes were written.
    """

    id: str
    title: str
    declared_at: datetime | None = None
    declared_by: str = ""
    declared_event: str = ""
    drill: bool = False
    division: str | None = None
    area: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    severities: tuple[Change, ...] = ()
    scopes: tuple[Change, ...] = ()
    stages: tuple[Change, ...] = ()
    holdings: tuple[Holding, ...] = ()
    updates: tuple[Update, ...] = ()
    runs: tuple[Run, ...] = ()
    actions: tuple[ActionItem, ...] = ()
    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()
    clocks: tuple[ClockAhead, ...] = ()

    @property
    def severity(self) -> str | None:
        """The severity now, or None if none was ever given."""
        return self.severities[-1].value if self.severities else None

    @property
    def scope(self) -> str | None:
        """The scope now, or None if none was ever given."""
        return self.scopes[-1].value if self.scopes else None

    @property
    def stage(self) -> str:
        """The stage now; an incident begins as ``investigating``."""
        return self.stages[-1].value if self.stages else "investigating"

    @property
    def is_open(self) -> bool:
        """Whether it is not closed. A resolved incident is watched, and so still open."""
        return self.stage != "closed"

    @property
    def ended_at(self) -> datetime | None:
        """When it was last resolved (or closed unresolved); None while promises still run."""
        ended: datetime | None = None
        for change in self.stages:
            ended = (ended or change.at) if change.value in ENDED else None
        return ended

    @property
    def roles(self) -> dict[str, tuple[Holding, ...]]:
        """Each role that was ever held, with its holders in order."""
        names = dict.fromkeys(holding.role for holding in self.holdings)
        return {name: tuple(h for h in self.holdings if h.role == name) for name in names}

    def holder(self, role: str, at: datetime | None = None) -> Holding | None:
        """Return who holds a role now, or held it at a moment."""
        for holding in reversed(self.holdings):
            if holding.role != role:
                continue
            if at is None:
                return holding if holding.until is None else None
            if holding.since <= at and (holding.until is None or at < holding.until):
                return holding
        return None

    def told(self, audience: str) -> tuple[Update, ...]:
        """Return the updates an audience got, in order."""
        return tuple(update for update in self.updates if update.audience == audience)

    def running(self) -> Iterator[tuple[datetime, datetime | None]]:
        """Yield the spans in which the incident was not resolved; the last may still run (None)."""
        if self.declared_at is None:
            return
        begun: datetime | None = None
        for change in self.stages:
            if change.value not in ENDED:
                begun = begun or change.at
            elif begun is not None:
                yield begun, change.at
                begun = None
        if begun is not None:
            yield begun, None
