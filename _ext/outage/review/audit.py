"""Which promises of the policy an incident kept: first message, update cadence, commander named.

Each finding cites the clause, what it says, and the events on both sides of the clock.
An audit judges what is on the record: what nobody recorded counts as not done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal

from outage.incident.deadlines import (
    COMMANDER,
    Deadline,
    Promise,
    find_commander_role,
    find_deadline,
    make_promise_reader,
)
from outage.incident.record.describe import name_role

if TYPE_CHECKING:
    from outage.incident.record.model import Incident
    from outage.policy import Policy


Verdict = Literal["met", "late", "missed", "not yet due"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One promise, kept or not.

    Attributes:
        promise: what was promised: a commander, a first message, or an update in time.
        who: the audience's id, or the role's.
        verdict: ``late`` happened after ``due``; ``missed`` did not happen by the end, or by now.
        clause: address of the policy value that sets the time.
        limit: that value in words.
        since: when its clock started.
        since_event: id of the event that started it.
        due: when it fell, or falls, due.
        at: when it happened, or None.
        event: id of the event by which it happened, or the empty string.
    """

    promise: Promise
    who: str
    verdict: Verdict
    clause: str
    limit: str
    since: datetime
    since_event: str
    due: datetime
    at: datetime | None
    event: str

    @property
    def broken(self) -> bool:
        """Whether the promise was not kept."""
        return self.verdict in ("late", "missed")

    @property
    def by(self) -> timedelta | None:
        """How late it was, when it was late."""
        return self.at - self.due if self.verdict == "late" and self.at else None


@dataclass(frozen=True, slots=True)
class Audit:
    """The findings of one incident, in order of when they fell due.

    ``drill`` says that it was practice: its findings teach, and count in no figures.
    """

    incident: str
    drill: bool
    at: datetime
    findings: tuple[Finding, ...]

    @property
    def broken(self) -> tuple[Finding, ...]:
        """The findings that were late or missed."""
        return tuple(finding for finding in self.findings if finding.broken)


@dataclass(frozen=True, slots=True)
class _Mark:
    """A moment at which a clock starts or stops, and the event that says so."""

    at: datetime
    event: str


def audit(incident: Incident, policy: Policy, now: datetime) -> Audit:
    """Judge an incident by the policy in force when it was declared.

    ``now`` (aware) decides what is missed and what is not yet due. An incident that nobody
    declared, or without a severity that the policy knows, has made no promises.
    """
    findings = [
        *_commander(incident, policy, now),
        *(f for audience in policy.audiences for f in _messages(incident, policy, audience, now)),
    ]
    findings.sort(key=lambda finding: (finding.due, finding.promise, finding.who))
    return Audit(incident.id, incident.drill, now, tuple(findings))


def _commander(incident: Incident, policy: Policy, now: datetime) -> Iterator[Finding]:
    if incident.declared_at is None:
        return
    roles = (COMMANDER, find_commander_role(policy))
    named = next((h for h in incident.holdings if h.role in roles), None)
    yield from _judge(
        incident,
        policy,
        now,
        "commander",
        COMMANDER,
        start=_Mark(incident.declared_at, incident.declared_event),
        done=_Mark(named.since, named.event) if named else None,
        end=incident.ended_at,
    )


def _messages(incident: Incident, policy: Policy, audience: str, now: datetime) -> Iterator[Finding]:
    """Return the first message, then each update until it is resolved, and again after it reopens."""
    told = [_Mark(update.at, update.event) for update in incident.told(audience)]
    starts = {change.at: change.event for change in incident.stages}
    for number, (begun, end) in enumerate(incident.running()):
        marks = [_Mark(begun, starts[begun])]
        marks += [mark for mark in told if begun <= mark.at and (end is None or mark.at < end)]
        if number == 0:
            first = _first_message(incident, policy, audience, now, marks[0], end)
            yield from first
            # Until someone was told something, only the promise of a first message counts.
            told_before = any(mark.at < begun for mark in told)
            marks = marks[1:] if first and not told_before else marks
        for start, done in zip_longest(marks, marks[1:]):
            if start is not None:
                yield from _judge(incident, policy, now, "cadence", audience, start=start, done=done, end=end)


def _first_message(
    incident: Incident, policy: Policy, audience: str, now: datetime, start: _Mark, end: datetime | None
) -> list[Finding]:
    """Judge the very first update, wherever it stands: before the declaration is early, not late."""
    first = next((u for u in incident.told(audience) if end is None or u.at < end), None)
    done = _Mark(first.at, first.event) if first else None
    return list(_judge(incident, policy, now, "first-message", audience, start=start, done=done, end=end))


def _judge(
    incident: Incident,
    policy: Policy,
    now: datetime,
    promise: Promise,
    who: str,
    *,
    start: _Mark,
    done: _Mark | None,
    end: datetime | None,
) -> Iterator[Finding]:
    """Judge the finding on one expected event, unless nothing is promised or the incident ended before."""
    pick, clause = make_promise_reader(promise, who)
    stop = done.at if done else end
    due = find_deadline(incident, policy, start.at, pick, stop)
    if due is None or (done is None and end is not None and end <= due.at):
        return
    yield Finding(
        promise,
        who,
        _verdict(due, done, end, now),
        f"severities.{due.severity}.{clause}",
        str(due.length),
        start.at,
        start.event,
        due.at,
        done.at if done else None,
        done.event if done else "",
    )


def _verdict(due: Deadline, done: _Mark | None, end: datetime | None, now: datetime) -> Verdict:
    if done is not None:
        return "met" if done.at <= due.at else "late"
    return "missed" if end is not None or due.at < now else "not yet due"


def describe_promise(finding: Finding, policy: Policy) -> str:
    """Describe what was promised, to whom: ``Update to Customers``, ``Incident commander named``."""
    if finding.promise == "commander":
        return f"{name_role(finding.who, policy)} named"
    who = name_audience(policy, finding.who)
    return f"First message to {who}" if finding.promise == "first-message" else f"Update to {who}"


def name_audience(policy: Policy, audience: str) -> str:
    """Return the company's name for an audience; the id when it has none."""
    entry = policy.audiences.get(audience)  # type: ignore[call-overload]
    return str(entry.name) if entry else audience
