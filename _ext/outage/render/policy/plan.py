"""Who does what by when at a severity, computed from policy.

Times count from the declaration, except for what comes after the incident is resolved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from outage.text import plain

if TYPE_CHECKING:
    from outage.policy import Duration, Policy

When = Literal["by", "every", "after"]


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that policy expects.

    Attributes:
        when: ``by`` a time after the declaration, ``every`` so often while it is open, or so long
            ``after`` it was resolved.
        limit: that length of time.
        clause: the address that says so.
        what: who does what, as inline MyST.
        lane: the same as two or three bare words, for a drawing (hostile: may hold the company's names).
        subject: rows of one subject share a lane (the first message and the updates to one audience).
    """

    when: When
    limit: Duration
    clause: str
    what: str
    lane: str
    subject: str


def _write_ref(kind: str, target: str) -> str:
    """Return a MyST role; views have the same, but are above this module."""
    return f"{{{kind}}}`{target}`"


def list_rows(policy: Policy, severity: str) -> tuple[Row, ...]:
    """Return everything that is expected at a severity, soonest first within each ``when``."""
    found = [
        *_list_start(policy, severity),
        *_list_audiences(policy, severity),
        *_list_reassessments(policy, severity),
        *_list_escalations(policy, severity),
        *_list_limits(policy, severity),
        *_list_duties(policy, severity),
        *_list_afterwards(policy, severity),
    ]
    return tuple(sorted(found, key=lambda row: row.limit.length))


def _make_rows(
    policy: Policy, when: When, clause: str, what: str, lane: str, subject: str = ""
) -> Iterator[Row]:
    """Yield the row of a clause; nothing where policy says none."""
    limit = policy.at(clause).raw
    if limit is not None:
        yield Row(when, limit, clause, what, lane, subject or clause)


def _clock(policy: Policy, severity: str, when: When, name: str, what: str, lane: str) -> Iterator[Row]:
    """Yield the row of a clock as it holds at a severity; its lane is the same at each."""
    if found := policy.clock(name, severity):
        yield Row(when, found.length, found.address, what, lane, name)


def _list_start(policy: Policy, severity: str) -> Iterator[Row]:
    at = f"severities.{severity}"
    yield from _make_rows(policy, "by", f"{at}.acknowledge", "someone acknowledges it", "Acknowledged")
    name = _name_commander(policy)
    yield from _make_rows(
        policy,
        "by",
        f"{at}.commander",
        f"the {_write_ref('role', 'incident-commander')} is named",
        f"{name} named",
    )


def _list_audiences(policy: Policy, severity: str) -> Iterator[Row]:
    writer = _write_ref("role", "communications-lead")
    for key, audience in policy.audiences.items():
        first, then = (f"severities.{severity}.{part}.{key}" for part in ("first_message", "cadence"))
        told, subject = _write_ref("audience", key), f"told.{key}"
        if policy.has(first):
            what = f"the {writer} sends {told} the first update"
            yield from _make_rows(policy, "by", first, what, audience.name, subject)
        if policy.has(then):
            yield from _make_rows(
                policy, "every", then, f"the {writer} sends {told} an update", audience.name, subject
            )


def _list_reassessments(policy: Policy, severity: str) -> Iterator[Row]:
    keeper = _write_ref("role", policy.state_document.keeper)
    alone = f"one {_write_ref('role', 'expert')} trying it alone stops, and the severity is reassessed"
    yield from _clock(policy, severity, "by", "time_box", alone, "One expert alone")
    again = f"the {_write_ref('role', 'incident-commander')} reassesses severity and scope"
    yield from _clock(policy, severity, "every", "reassess", again, "Reassessed")
    what = f"the {keeper} updates the state document"
    yield from _clock(policy, severity, "every", "state_document", what, "State document")


def _list_escalations(policy: Policy, severity: str) -> Iterator[Row]:
    for key, escalation in policy.escalations.items():
        clock = policy.escalation_clock(key, severity)
        if clock is None:
            continue
        called = ", then ".join(_write_ref("contact", one) for one in escalation.call)
        why = "no one answers" if escalation.when == "unanswered" else "it's still open"
        what = f"if {why}, call {called}. {plain(escalation.do)}"
        yield Row("by", clock.length, clock.address, what, key.replace("-", " ").capitalize(), key)


def _list_limits(policy: Policy, severity: str) -> Iterator[Row]:
    if policy.clock("hand_over", severity) is None:
        return
    handed = f"the {_write_ref('role', 'incident-commander')} has handed over"
    yield from _clock(policy, severity, "by", "hand_over", handed, f"{_name_commander(policy)} relieved")
    what = "everyone who has been here from the start has been relieved"
    yield from _make_rows(policy, "by", "hand_over.shift_limit", what, "All relieved")


def _list_duties(policy: Policy, severity: str) -> Iterator[Row]:
    for key, duty in policy.notification_duties.items():
        if duty.severities and severity not in duty.severities:
            continue
        since = " (counted from when you become aware of it)" if duty.from_ == "aware" else ""
        holds = f"if this applies: {_lower_first(duty.when)}{since}"
        what = f"{_write_ref('contact', duty.owner)} tells {_lower_first(duty.tell)}, {holds}"
        when: When = "after" if duty.from_ == "resolved" else "by"
        yield from _make_rows(policy, when, f"notification_duties.{key}.within", what, duty.tell)


def _list_afterwards(policy: Policy, severity: str) -> Iterator[Row]:
    closed = f"the {_write_ref('role', 'incident-commander')} closes the incident, if the fix has held"
    yield from _clock(policy, severity, "after", "watch_after", closed, "Closed")
    steps = {
        "meeting": ("the review meets", "Review meets"),
        "draft": ("the draft is written", "Draft"),
        "shared": ("it's shared with everyone who was told of the outage", "Shared"),
        "actions": ("its actions are done", "Actions done"),
    }
    for key, (what, lane) in steps.items():
        whom = f" ({_write_ref('role', 'review-team')})" if key == "meeting" else ""
        yield from _make_rows(policy, "after", f"severities.{severity}.review.{key}", f"{what}{whom}", lane)


def _name_commander(policy: Policy) -> str:
    """Return what this company calls the person who leads."""
    return policy.roles[policy.roles["incident-commander"].merged_into or "incident-commander"].name


def _lower_first(text: str) -> str:
    """Return text in the middle of a sentence; a word in capitals, or with a capital inside, keeps them."""
    head, _, rest = text.partition(" ")
    return plain(text if head[1:] != head[1:].lower() or head == "I" else f"{head.lower()} {rest}".strip())
