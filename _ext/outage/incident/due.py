"""What is due when, in an open incident: messages, commander, judgements, escalations, hand-overs.

All times are absolute and in UTC; a page counts them down, a terminal shows them beside
local time. Nothing here is measured: it is what policy promises, against the record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from outage.incident.deadlines import (
    COMMANDER,
    Promise,
    find_commander_role,
    find_deadline,
    make_promise_reader,
)
from outage.incident.workdays import add_length
from outage.text import join_words

if TYPE_CHECKING:
    from outage.incident.record.model import Holding, Incident
    from outage.policy import Duration, Policy
    from outage.policy.policy import Clock


What = Literal[
    "commander", "first-message", "update", "reassess", "state-document", "escalation", "hand-over", "close"
]


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that is due.

    Attributes:
        what: which kind of thing.
        who: id of the audience, role or escalation it is about; for a hand-over, the role.
        text: what is to be done, in the company's words (hostile: may hold people's names).
        at: when it falls due (aware, UTC).
        clause: address of the policy value that says so.
        limit: that value in words.
        state: ``late`` when ``at`` has passed.
    """

    what: What
    who: str
    text: str
    at: datetime
    clause: str
    limit: str
    state: Literal["upcoming", "late"]


def list_due(incident: Incident, policy: Policy, now: datetime) -> tuple[Due, ...]:
    """Return everything that is due in an incident, earliest first; nothing if it is closed or undeclared."""
    if incident.declared_at is None or not incident.is_open:
        return ()
    parts = (
        [_list_closing]
        if incident.ended_at
        else [
            _list_commander,
            _list_messages,
            _list_reassessment,
            _list_state_document,
            _list_escalations,
            _list_hand_overs,
        ]
    )
    found = [one for part in parts for one in part(incident, policy, now)]
    return tuple(sorted(found, key=lambda one: (one.at, one.what, one.who)))


def _make_due(
    what: What, who: str, text: str, at: datetime, clause: str, limit: Duration, now: datetime
) -> Due:
    return Due(what, who, text, at, clause, str(limit), "late" if at < now else "upcoming")


def _find_begin(incident: Incident) -> datetime:
    """Return when the present trouble began: the declaration, or the moment it was reopened."""
    return [begun for begun, _ in incident.running()][-1]


def _list_commander(incident: Incident, policy: Policy, now: datetime) -> Iterator[Due]:
    if any(incident.holder(role) for role in (COMMANDER, find_commander_role(policy))):
        return
    name = policy.roles[COMMANDER].name if COMMANDER in policy.roles else COMMANDER
    yield from _list_promised(
        incident, policy, now, "commander", COMMANDER, f"name the {name}", _find_begin(incident)
    )


def _list_messages(incident: Incident, policy: Policy, now: datetime) -> Iterator[Due]:
    began = _find_begin(incident)
    for audience, settings in policy.audiences.items():
        told = incident.told(audience)
        if not told:
            first = list(
                _list_promised(
                    incident,
                    policy,
                    now,
                    "first-message",
                    audience,
                    f"send the first message to {settings.name}",
                    began,
                )
            )
            yield from first
            if first:
                continue
        since = max([began, *(update.at for update in told[-1:])])
        yield from _list_promised(
            incident, policy, now, "cadence", audience, f"send an update to {settings.name}", since
        )


def _list_promised(
    incident: Incident, policy: Policy, now: datetime, promise: Promise, who: str, text: str, since: datetime
) -> Iterator[Due]:
    pick, clause = make_promise_reader(promise, who)
    found = find_deadline(incident, policy, since, pick)
    if found:
        what: What = "update" if promise == "cadence" else promise
        address = f"severities.{found.severity}.{clause}"
        yield _make_due(what, who, text, found.at, address, found.length, now)


def _list_reassessment(incident: Incident, policy: Policy, now: datetime) -> Iterator[Due]:
    judged = [change.at for change in (*incident.severities, *incident.scopes)]
    if clock := _clock(incident, policy, "reassess"):
        at = add_length(max([_find_begin(incident), *judged]), clock.length, policy)
        yield _make_due("reassess", COMMANDER, "reassess severity and scope", at, *clock, now)


def _clock(incident: Incident, policy: Policy, name: str) -> Clock | None:
    """Return a clock as it holds at the incident's severity now."""
    known = incident.severity if incident.severity in policy.severities else policy.severity_id("highest")
    return policy.clock(name, known)


def _list_state_document(incident: Incident, policy: Policy, now: datetime) -> Iterator[Due]:
    """Yield the next round of the state document. The record cannot see it, so it is never called late."""
    document, clock = policy.state_document, _clock(incident, policy, "state_document")
    every = clock.length.exact if clock else None
    if clock is None or every is None:
        return
    began = _find_begin(incident)
    at = began + every * (max(now - began, timedelta(0)) // every + 1)
    text = f"bring the state document up to date: {document.where}"
    yield _make_due("state-document", document.keeper, text, at, *clock, now)


def _list_escalations(incident: Incident, policy: Policy, now: datetime) -> Iterator[Due]:
    """Yield escalations that apply at this severity and that no contact on the record has answered."""
    done = {e.data.get("escalation") for e in incident.entries if e.event.kind == "contact"}
    for name, escalation in policy.escalations.items():
        clock = policy.escalation_clock(name, incident.severity or "")
        answered = escalation.when == "unanswered" and bool(incident.holdings)
        if name in done or answered or clock is None:
            continue
        people = [policy.contacts[id_].name if id_ in policy.contacts else id_ for id_ in escalation.call]
        at = add_length(_find_begin(incident), clock.length, policy)
        text = f"call {join_words(people)}: {escalation.do}"
        yield _make_due("escalation", name, text, at, *clock, now)


def _list_hand_overs(incident: Incident, policy: Policy, now: datetime) -> Iterator[Due]:
    """Yield the moments at which the commander, and everyone with a role, must hand over."""
    held = [holding for holding in incident.holdings if holding.until is None]
    limits, clock = policy.hand_over, _clock(incident, policy, "hand_over")
    if clock is None:
        return
    for holding in held:
        if holding.role in (COMMANDER, find_commander_role(policy)):
            at = add_length(holding.since, clock.length, policy)
            text = f"hand command over from {holding.person}"
            yield _make_due("hand-over", holding.role, text, at, *clock, now)
    for person in dict.fromkeys(holding.person for holding in held):
        since = _find_shift_begin(incident.holdings, person)
        at = add_length(since, limits.shift_limit, policy)
        role = next(holding.role for holding in held if holding.person == person)
        yield _make_due(
            "hand-over", role, f"relieve {person}", at, "hand_over.shift_limit", limits.shift_limit, now
        )


def _find_shift_begin(holdings: tuple[Holding, ...], person: str) -> datetime:
    """Return when a person who holds a role now took up their roles without a break."""
    own = [holding for holding in holdings if holding.person == person]
    since = min(holding.since for holding in own if holding.until is None)
    for holding in sorted(own, key=lambda holding: holding.since, reverse=True):
        if holding.until is None or holding.until >= since:
            since = min(since, holding.since)
    return since


def _list_closing(incident: Incident, policy: Policy, now: datetime) -> Iterator[Due]:
    clock = _clock(incident, policy, "watch_after")
    if incident.ended_at and clock:
        at = add_length(incident.ended_at, clock.length, policy)
        yield _make_due("close", COMMANDER, "close it, if it has held", at, *clock, now)


__all__ = ["Due", "list_due"]
