"""How far a playbook is in an incident: folded from its record, measured against the clock.

Nothing is stored but events of the kind ``playbook``; the latest about a step says what holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from outage.incident.workdays import add_length

if TYPE_CHECKING:
    from outage.incident.record.model import Incident
    from outage.playbook.resolve import Checklist, Section, Task, Term
    from outage.policy import Policy

Needed = Literal["now", "later", "never"]
"""Whether a step is needed: only once the incident has been open for long, or no more."""


@dataclass(frozen=True, slots=True)
class Tick:
    """The last word on a step.

    Attributes:
        state: ``done``, ``skipped``, or ``started`` (begun, or opened again).
        at: when (aware, UTC).
        by: who recorded it, as they said (hostile).
        why: the reason given, or empty (hostile).
        event: id of the event.
    """

    state: str
    at: datetime
    by: str
    why: str
    event: str

    @property
    def settled(self) -> bool:
        """Whether nobody has to do it any more."""
        return self.state in ("done", "skipped")


@dataclass(frozen=True, slots=True)
class Play:
    """A playbook in an incident.

    Attributes:
        playbook: its id, as recorded.
        at: when it was first mentioned, which is when it was started.
        by: who started it, as they said (hostile).
        ticks: id of a step, or of a phase, to the last word on it; ids are as recorded (hostile).
    """

    playbook: str
    at: datetime
    by: str
    ticks: Mapping[str, Tick] = field(default_factory=dict)


def fold_plays(incident: Incident) -> dict[str, Play]:
    """Fold the playbooks of an incident, in the order in which they were started."""
    found: dict[str, Play] = {}
    for entry in sorted(incident.entries, key=lambda entry: entry.turn):
        event, data = entry.event, entry.data
        if event.kind != "playbook" or not entry.known:
            continue
        name = str(data["playbook"])
        play = found.get(name) or Play(name, entry.since, event.by)
        if data.get("step") is not None:
            tick = Tick(
                str(data.get("state", "started")), entry.since, event.by, str(data.get("why") or ""), event.id
            )
            play = Play(name, play.at, play.by, {**play.ticks, str(data["step"]): tick})
        found[name] = play
    return found


@dataclass(frozen=True, slots=True)
class Standing:
    """One step in an incident.

    Attributes:
        task: the step.
        tick: the last word on it, or None.
        needed: whether it is needed now.
        needed_at: from when on it is needed, where that is a matter of time.
        due: when it falls due (aware, UTC); None when it has no due time, or that is not known yet.
        overdue: it is needed, nobody has done or skipped it, and its time has passed.
    """

    task: Task
    tick: Tick | None
    needed: Needed
    needed_at: datetime | None
    due: datetime | None
    overdue: bool

    @property
    def open(self) -> bool:
        """Whether someone still has to do it, now."""
        return self.needed == "now" and not (self.tick and self.tick.settled)

    @property
    def settled(self) -> bool:
        """Whether it was done or skipped."""
        return bool(self.tick and self.tick.settled)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a playbook is.

    Attributes:
        checklist: what is to be done.
        play: what was recorded.
        phases: the steps of each phase, in order.
        strange: steps on the record that the checklist does not have (any more), by id (hostile).
    """

    checklist: Checklist
    play: Play
    phases: tuple[tuple[Section, tuple[Standing, ...]], ...]
    strange: Mapping[str, Tick]

    @property
    def steps(self) -> tuple[Standing, ...]:
        """Every step, in order."""
        return tuple(one for _, steps in self.phases for one in steps)

    @property
    def counted(self) -> int:
        """How many steps there are, without those that are not needed (yet, or any more)."""
        return sum(one.needed == "now" or one.settled for one in self.steps)

    def of(self, state: str) -> int:
        """How many steps were ``done`` or ``skipped``."""
        return sum(one.tick is not None and one.tick.state == state for one in self.steps)

    @property
    def overdue(self) -> tuple[Standing, ...]:
        """Steps whose time has passed, longest first."""
        late = [one for one in self.steps if one.overdue]
        return tuple(sorted(late, key=lambda one: str(one.due)))

    @property
    def open(self) -> tuple[Standing, ...]:
        """Steps that someone still has to do, in order."""
        return tuple(one for one in self.steps if one.open)


def compute_progress(
    checklist: Checklist, play: Play, incident: Incident, policy: Policy, now: datetime
) -> Progress:
    """Measure a playbook against the clock at ``now`` (aware).

    The clock counts from the declaration; without one, from the start of the playbook.
    """
    declared = incident.declared_at or play.at
    resolved = incident.ended_at
    found: list[tuple[Section, tuple[Standing, ...]]] = []
    begun: datetime | None = declared
    for phase in checklist.phases:
        ticks = [_find_tick(play, phase.id, task.id) for task in phase.tasks]
        begun = _earliest(begun, *(tick.at for tick in ticks if tick))
        since = {"declared": declared, "phase": begun, "resolved": resolved}
        steps = tuple(
            _make_standing(task, tick, since, resolved, policy, now)
            for task, tick in zip(phase.tasks, ticks, strict=True)
        )
        found.append((phase, steps))
        begun = _compute_finish(begun, steps)
    known = {*(task.id for task in checklist.tasks), *(phase.id for phase in checklist.phases)}
    strange = {step: tick for step, tick in play.ticks.items() if step not in known}
    return Progress(checklist, play, tuple(found), strange)


def _find_tick(play: Play, phase: str, step: str) -> Tick | None:
    """Find the last entry about a step: its own, or that its phase was skipped while it was open."""
    own, whole = play.ticks.get(step), play.ticks.get(phase)
    if whole is not None and whole.state == "skipped":
        opened_since = own is not None and own.at > whole.at
        if own is None or not (own.settled or opened_since):
            return whole
    return own


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _compute_finish(begun: datetime | None, steps: tuple[Standing, ...]) -> datetime | None:
    """When a phase was finished, which is when the next begins; None while a step of it is open."""
    if any(one.open for one in steps):
        return None
    ends = [one.tick.at for one in steps if one.tick is not None and one.tick.settled]
    return max(ends, default=begun)


def _make_standing(
    task: Task,
    tick: Tick | None,
    since: Mapping[str, datetime | None],
    resolved: datetime | None,
    policy: Policy,
    now: datetime,
) -> Standing:
    needed_at = _compute_due(task.late_only, since, policy)
    needed: Needed = "now"
    if needed_at is not None and resolved is not None and resolved < needed_at:
        needed = "never"
    elif needed_at is not None and now < needed_at:
        needed = "later"
    due = _compute_due(task.due, since, policy)
    settled = tick is not None and tick.settled
    overdue = not settled and needed == "now" and due is not None and due < now
    return Standing(task, tick, needed, needed_at, due, overdue)


def _compute_due(term: Term | None, since: Mapping[str, datetime | None], policy: Policy) -> datetime | None:
    start = since[term.since] if term else None
    return add_length(start, term.length, policy) if term and start else None
