"""Incidents told minute by minute, and a policy whose promises fit into a test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from outage.incident.record import Event, Incident
from outage.incident.record.fold import fold
from outage.policy import Policy, parse_policy

START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)  # a Friday; London is on UTC

POLICY = """
company: {name: Larkfield, timezone: Europe/London}
calendar: {country: GB, region: ENG, holidays: {2026-11-23: Company day}}
severities:
  sev1:
    name: Sev 1
    meaning: Worst
    commander: 10m
    first_message: {responders: 5m, executives: 15m, customers: 15m}
    cadence: {responders: 15m, executives: 30m, customers: 30m}
  sev2:
    name: Sev 2
    meaning: Bad
    commander: 15m
    first_message: {responders: 15m, executives: 30m, customers: 30m}
    cadence: {responders: 30m, executives: 1h, customers: 1h}
  sev3:
    name: Sev 3
    meaning: Small
    commander: 1h
    first_message: {responders: 1 business day, executives: none, customers: 4h}
    cadence: {responders: 2h, executives: none, customers: 4h}
contacts:
  boss: {name: Tom Larkfield}
  second: {name: Second on call}
escalations:
  nobody-answers: {when: unanswered, after: 5m, call: [second], do: Call the next name.}
  boss-joins: {when: open, after: 1h, severities: [sev1], call: [boss], do: Join the replies.}
  next-shift: {when: open, after: 4h, call: [boss], do: Arrange the next shift.}
incident: {reassess: 1h}
state_document: {cadence: 30m, where: A ticket, keeper: scribe}
hand_over: {commander_limit: 8h, shift_limit: 12h, overlap: 15m}
watch_after: 24h
"""


def policy() -> Policy:
    return parse_policy(POLICY)


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def event(minute: float, kind: str, **data: Any) -> Event:
    """An event whose id says what and when: ``note@5``."""
    return Event(1, f"{kind}@{minute:g}", at(minute), at(minute), "Ines", "test", kind, data)


def incident(*events: Event, severity: str | None = "sev1", drill: bool = False) -> Incident:
    """An incident declared at minute 0."""
    graded = {} if severity is None else {"severity": severity}
    declared = event(0, "declared", title="Orders wait", scope="area", drill=drill, **graded)
    return fold([declared, *events], name="2026-11-20-orders")


def update(minute: float, audience: str = "customers") -> Event:
    return event(minute, "update", audience=audience, text="news")


def stage(minute: float, stage: str) -> Event:
    return event(minute, "stage", stage=stage)


def severity(minute: float, severity: str) -> Event:
    return event(minute, "severity", severity=severity)


def commander(minute: float, person: str = "Ines") -> Event:
    return event(minute, "role", role="incident-commander", person=person)
