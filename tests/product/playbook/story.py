"""A small playbook, and incidents in which it is followed: no clock, and always the same ids."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from outage.incident.record import Incident
from outage.incident.record.event import Event
from outage.incident.record.fold import fold
from outage.playbook import Checklist, Progress, compute_progress, fold_plays, resolve
from outage.playbook.load import build_playbook
from outage.policy import Policy
from outage.source import parse_yaml
from tests.product.playbook.company import policy

START = datetime(2026, 6, 19, 9, 40, tzinfo=UTC)  # a Friday in summer: London is an hour ahead of UTC
TEXT = """
name: Small
summary: Three phases.
phases:
  raise:
    name: Raise
    goal: Everybody is there.
    steps:
      declare: {text: Declare it, owner: incident-commander, good: Declared, due: severity.acknowledge}
      name-lead: {text: Name who leads, owner: deputy, good: Named, due: severity.commander}
      call:
        each: escalations
        when: {open_longer_than: escalation.after}
        text: "Call {contact}`escalation.call` after {policy}`escalation.after`"
        owner: incident-commander
        good: They answered
        due: escalation.after
      tell-customers:
        when: audiences.customers
        text: Tell {audience}`customers`
        owner: communications-lead
        good: Told
        due: severity.first_message.customers
  fix:
    name: Fix
    goal:
      - {when: audiences.customers, text: Customers can work.}
      - People can work.
    steps:
      look:
        text: "Look in {told}`responders`"
        owner: expert
        good: "Somebody has **looked**, with `top`"
        due: {after: incident.time_box, from: phase}
        how: [Look twice, {when: audiences.executives, text: "Tell {audience}`executives`"}]
        links:
          - {runbook: reboot, words: Reboot it}
          - {page: "process/now#calls", words: Calls}
          - {page: process/now}
        evidence: [a picture]
        command: [outage note "Looked"]
        say: ["STATE: {role}`expert` looked"]
      over: {text: "It is {stage}`resolved`", owner: incident-commander, good: It holds, resolves: true}
  learn:
    name: Learn
    goal: It was worth it.
    steps:
      meet: {text: Meet, owner: review-team, good: Met, due: {after: severity.review.meeting, from: resolved}}
"""


def checklist(text: str = TEXT, own: Policy | None = None, severity: str | None = None) -> Checklist:
    """The playbook as it holds for a company; its links lead to pages that are there."""
    own = own or policy()
    return resolve(
        build_playbook(parse_yaml(text, Path("playbooks/small.yml")), "small", own, handbook()), own, severity
    )


def handbook() -> Path:
    """A folder with the pages that the playbook links to."""
    return Path(__file__).with_name("handbook")


def at(minute: float) -> datetime:
    """A moment, in minutes after the declaration."""
    return START + timedelta(minutes=minute)


def event(minute: float, kind: str, **data: Any) -> Event:
    """An event ``minute`` minutes after the declaration."""
    name = uuid.uuid5(uuid.NAMESPACE_OID, f"{minute} {kind} {sorted(data.items())}")
    return Event(1, str(name), at(minute), at(minute), "Ines", "outage", kind, data)


def said(minute: float, step: str | None = None, state: str = "done", **data: Any) -> Event:
    """A word on the playbook: it was started, or a step was done."""
    step_data = {} if step is None else {"step": step}
    return event(
        minute, "playbook", playbook="small", state="started" if step is None else state, **step_data, **data
    )


DECLARED = event(0, "declared", title="All is lost", severity="high")
STARTED = said(1)


def incident(*events: Event) -> Incident:
    """An incident in which the playbook was started, and then these."""
    return fold([DECLARED, STARTED, *events], name="2026-06-19-all-is-lost")


def after(minute: float, *events: Event, own: Policy | None = None, text: str = TEXT) -> Progress:
    """How far the playbook is, so many minutes after the declaration."""
    own = own or policy()
    found = incident(*events)
    return compute_progress(
        checklist(text, own, found.severity), fold_plays(found)["small"], found, own, at(minute)
    )


def state(found: Progress) -> dict[str, str]:
    """Each step in a word: done, skipped, overdue, open, later or never."""
    return {one.task.id: _word(one) for one in found.steps}


def _word(one: Any) -> str:
    if one.settled:
        return str(one.tick.state)
    return "overdue" if one.overdue else "open" if one.needed == "now" else str(one.needed)
