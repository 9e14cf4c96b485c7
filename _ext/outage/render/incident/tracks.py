"""What an incident's drawing says, in times and words: a track each for stage, audiences, roles and runs.

:mod:`outage.render.incident.drawing` turns these into numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from outage.incident.deadlines import COMMANDER, find_commander_role
from outage.incident.record.describe import name_role, name_severity
from outage.incident.times import format_span
from outage.policy.quote import find_severity_look
from outage.policy.vocabulary import AUDIENCES, ROLES
from outage.render.incident.findings import outcome
from outage.review.audit import describe_promise, name_audience
from outage.text import one_line

if TYPE_CHECKING:
    from outage.incident.record.model import Change, Entry, Update
    from outage.policy import Policy
    from outage.render.incident.snapshot import Case
    from outage.review.audit import Finding

SHOWN_ENTRIES = ("note", "decision", "hypothesis", "impact", "contact", "action", "scope", "playbook")
MOST_WORDS = 160
OVERDUE = "promise overdue"
SIGNS = {"planned": "✓", "good": "✓", "bad": "✗", "going": "…"}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Something that held from ``start`` to ``end``; ``css`` is of a fixed list."""

    start: datetime
    end: datetime
    css: str
    words: str
    event: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened at once; ``css`` names its shape."""

    at: datetime
    css: str
    words: str
    event: str = ""


@dataclass(frozen=True, slots=True)
class Track:
    """A named row. Stretches of a ``stacked`` track may overlap, and then take rows of their own."""

    name: str
    note: str = ""
    stretches: tuple[Stretch, ...] = ()
    moments: tuple[Moment, ...] = ()
    stacked: bool = False


def tracks(case: Case) -> list[Track]:
    """Return every track that has something to show, from top to bottom."""
    found = [_severity(case), _stage(case), *_audiences(case), *_roles(case), _runs(case), _entries(case)]
    return [track for track in found if track.stretches or track.moments]


def present(case: Case) -> datetime:
    """Return how far things that still hold are drawn: to now while it is open, else to its last event."""
    at = [entry.event.at for entry in case.incident.entries]
    return max([*at, case.now] if case.incident.is_open else at)


def last_moment(case: Case) -> datetime:
    """Return where the drawing ends: at the present, or later if more is due soon."""
    end = present(case)
    soon = (end - min(entry.event.at for entry in case.incident.entries)) / 2
    pending = [finding.due for finding in case.findings if finding.verdict == "not yet due"]
    return max([end, *(due for due in pending if due - end <= soon)])


def _changes(changes: Iterable[Change], end: datetime) -> Iterator[tuple[Change, datetime]]:
    """Yield each change with the moment until which it held, confirmations joined."""
    joined: list[Change] = []
    for change in changes:
        if not joined or joined[-1].value != change.value:
            joined.append(change)
    yield from ((one, after.at) for one, after in pairwise(joined))
    if joined:
        yield joined[-1], end


def _severity(case: Case) -> Track:
    stretches = []
    for change, until in _changes(case.incident.severities, present(case)):
        rank = severity_rank(case.policy, change.value)
        name = name_severity(change.value, case.policy)
        words = f"{name} from {case.near(change.at)}"
        stretches.append(Stretch(change.at, until, f"severity rank-{rank}", words, change.event, name))
    return Track("Severity", stretches=tuple(stretches))


def severity_rank(policy: Policy, severity: str) -> int:
    """Return which of the four looks a severity has; the least for one that the policy does not know."""
    return find_severity_look(policy, severity) if severity in policy.severities else 3


def _stage(case: Case) -> Track:
    stretches = []
    for change, until in _changes(case.incident.stages, present(case)):
        name = change.value.capitalize()
        words = f"{name} from {case.near(change.at)}, for {format_span(until - change.at)}"
        stretches.append(Stretch(change.at, until, f"stage {change.value}", words, change.event, name))
    return Track("Stage", stretches=tuple(stretches))


def _audiences(case: Case) -> Iterator[Track]:
    for audience in AUDIENCES:
        own = [f for f in case.findings if f.who == audience and f.promise != "commander"]
        late = {finding.event for finding in own if finding.verdict == "late"}
        stretches = [part for finding in own for part in _waiting(case, finding)]
        moments = [_due(case, one) for one in own if one.at and one.at < one.due <= present(case)]
        updates = case.incident.told(audience)
        moments += [_told(case, update, update.event in late) for update in updates]
        stretches += _rest(case, updates, own)
        yield Track(
            name_audience(case.policy, audience), _rhythm(case, audience), tuple(stretches), tuple(moments)
        )


def _rhythm(case: Case, audience: str) -> str:
    """Return an audience's promise at the worst severity: ``every 30 minutes``, ``every 30m at Sev 1``."""
    held = {change.value for change in case.incident.severities if change.value in case.policy.severities}
    if not held or case.trouble:
        return ""
    severity = case.policy.severities[min(held, key=case.policy.rank)]
    limit = severity.cadence.get(audience)  # type: ignore[call-overload]
    if limit is None:
        return ""
    return f"every {limit.often}" if len(held) == 1 else f"every {limit.short} at {severity.name}"


def _rest(case: Case, updates: tuple[Update, ...], findings: list[Finding]) -> Iterator[Stretch]:
    """Yield the stretch from the last update to the incident's end, if none was due between them."""
    end = case.incident.ended_at
    judged = any(finding.since >= updates[-1].at for finding in findings) if updates else True
    if end and findings and not judged and updates[-1].at < end:
        yield Stretch(updates[-1].at, end, "promise rest", "nothing more was due before it was resolved")


def _waiting(case: Case, finding: Finding) -> Iterator[Stretch]:
    """Yield the promised time of a finding, and after it the time by which the promise was broken."""
    words = f"{describe_promise(finding, case.policy)}, {finding.verdict}: {outcome(finding, case)}"
    until = finding.at or (finding.due if not finding.broken else case.incident.ended_at or case.now)
    css = "pending" if finding.verdict == "not yet due" else "waited"
    yield Stretch(finding.since, min(until, finding.due), f"promise {css}", words, finding.since_event)
    if until > finding.due:
        event = finding.event or finding.since_event
        yield Stretch(finding.due, until, OVERDUE, words, event, _lateness(case, finding))


def _lateness(case: Case, finding: Finding) -> str:
    """``4 min late``, ``4 min overdue`` or ``missed``."""
    if finding.by:
        return f"{format_span(finding.by)} late"
    return "missed" if case.incident.ended_at else f"{format_span(case.now - finding.due)} overdue"


def _due(case: Case, finding: Finding) -> Moment:
    return Moment(finding.due, "notch", f"due {case.near(finding.due)}, within {finding.limit}")


def _told(case: Case, update: Update, late: bool) -> Moment:
    words = f"{case.near(update.at)} to {name_audience(case.policy, update.audience)}"
    css = "told late" if late else "told"
    return Moment(update.at, css, _short(f"{words}: {update.text}"), update.event)


def role_order(role: str) -> int:
    """Return roles in their fixed order; unknown ones last."""
    return ROLES.index(role) if role in ROLES else len(ROLES)


def _roles(case: Case) -> Iterator[Track]:
    named = [finding for finding in case.findings if finding.promise == "commander"]
    held = case.incident.roles
    leader = COMMANDER if COMMANDER in held else find_commander_role(case.policy)
    for role in sorted({*held, *(leader for _ in named)}, key=role_order):
        stretches = [part for finding in named if role == leader for part in _waiting(case, finding)]
        end = present(case)
        for holding in held.get(role, ()):
            words = f"{one_line(holding.person)}, {name_role(role, case.policy)}"
            words += f" from {case.near(holding.since)}"
            words += f" to {case.near(holding.until)}" if holding.until else ""
            until = holding.until or end
            stretches.append(Stretch(holding.since, until, "held", words, holding.event, holding.person))
        yield Track(name_role(role, case.policy), stretches=tuple(stretches), stacked=True)


def _runs(case: Case) -> Track:
    stretches = []
    for run in case.incident.runs:
        words = f"{run.runbook}, {run.mode}: {run.state}, {case.near(run.changed_at)}"
        look = _run_look(run.mode, run.state)
        label = f"{run.mode} {SIGNS[look]} {run.runbook}"
        stretches.append(Stretch(run.at, run.changed_at, f"run {look}", _short(words), run.events[0], label))
    return Track("Runs", stretches=tuple(stretches), stacked=True)


def _run_look(mode: str, state: str) -> str:
    """Return how a run is drawn: well, badly, or not finished."""
    if state in ("succeeded", "undone"):
        return "planned" if mode == "plan" else "good"
    return "bad" if state in ("failed", "interrupted", "abandoned") else "going"


def _entries(case: Case) -> Track:
    moments = [
        Moment(entry.event.at, f"entry {_entry_look(entry)}", _entry_words(case, entry), entry.event.id)
        for entry in case.incident.entries
        if entry.event.kind in SHOWN_ENTRIES or not entry.known
    ]
    return Track("Entries", moments=tuple(moments))


def _entry_look(entry: Entry) -> str:
    return entry.event.kind if entry.known and entry.event.kind in SHOWN_ENTRIES else "other"


def _entry_words(case: Case, entry: Entry) -> str:
    return _short(f"{case.near(entry.event.at)}, {entry.event.kind}: {entry.text}")


def _short(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= MOST_WORDS else f"{text[:MOST_WORDS]}…"
