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
from outage.render.incident.findings import describe_outcome
from outage.review.audit import describe_promise, name_audience
from outage.text import one_line

if TYPE_CHECKING:
    from outage.incident.record.model import Change, Entry, Update
    from outage.policy import Policy
    from outage.render.incident.snapshot import Snapshot
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


def list_tracks(snapshot: Snapshot) -> list[Track]:
    """Return every track that has something to show, from top to bottom."""
    found = [
        _track_severity(snapshot),
        _track_stage(snapshot),
        *_track_audiences(snapshot),
        *_track_roles(snapshot),
        _track_runs(snapshot),
        _track_entries(snapshot),
    ]
    return [track for track in found if track.stretches or track.moments]


def find_present(snapshot: Snapshot) -> datetime:
    """Return how far things that still hold are drawn: to now while it is open, else to its last event."""
    at = [entry.event.at for entry in snapshot.incident.entries]
    return max([*at, snapshot.now] if snapshot.incident.is_open else at)


def find_last_moment(snapshot: Snapshot) -> datetime:
    """Return where the drawing ends: at the present, or later if more is due soon."""
    end = find_present(snapshot)
    soon = (end - min(entry.event.at for entry in snapshot.incident.entries)) / 2
    pending = [finding.due for finding in snapshot.findings if finding.verdict == "not yet due"]
    return max([end, *(due for due in pending if due - end <= soon)])


def _pair_changes(changes: Iterable[Change], end: datetime) -> Iterator[tuple[Change, datetime]]:
    """Yield each change with the moment until which it held, confirmations joined."""
    joined: list[Change] = []
    for change in changes:
        if not joined or joined[-1].value != change.value:
            joined.append(change)
    yield from ((one, after.at) for one, after in pairwise(joined))
    if joined:
        yield joined[-1], end


def _track_severity(snapshot: Snapshot) -> Track:
    stretches = []
    for change, until in _pair_changes(snapshot.incident.severities, find_present(snapshot)):
        rank = rank_severity(snapshot.policy, change.value)
        name = name_severity(change.value, snapshot.policy)
        words = f"{name} from {snapshot.near(change.at)}"
        stretches.append(Stretch(change.at, until, f"severity rank-{rank}", words, change.event, name))
    return Track("Severity", stretches=tuple(stretches))


def rank_severity(policy: Policy, severity: str) -> int:
    """Return which of the four looks a severity has; the least for one that the policy does not know."""
    return find_severity_look(policy, severity) if severity in policy.severities else 3


def _track_stage(snapshot: Snapshot) -> Track:
    stretches = []
    for change, until in _pair_changes(snapshot.incident.stages, find_present(snapshot)):
        name = change.value.capitalize()
        words = f"{name} from {snapshot.near(change.at)}, for {format_span(until - change.at)}"
        stretches.append(Stretch(change.at, until, f"stage {change.value}", words, change.event, name))
    return Track("Stage", stretches=tuple(stretches))


def _track_audiences(snapshot: Snapshot) -> Iterator[Track]:
    for audience in AUDIENCES:
        own = [f for f in snapshot.findings if f.who == audience and f.promise != "commander"]
        late = {finding.event for finding in own if finding.verdict == "late"}
        stretches = [part for finding in own for part in _list_waiting(snapshot, finding)]
        moments = [
            _mark_due(snapshot, one) for one in own if one.at and one.at < one.due <= find_present(snapshot)
        ]
        updates = snapshot.incident.told(audience)
        moments += [_mark_update(snapshot, update, update.event in late) for update in updates]
        stretches += _find_rest(snapshot, updates, own)
        yield Track(
            name_audience(snapshot.policy, audience),
            _describe_rhythm(snapshot, audience),
            tuple(stretches),
            tuple(moments),
        )


def _describe_rhythm(snapshot: Snapshot, audience: str) -> str:
    """Return an audience's promise at the worst severity: ``every 30 minutes``, ``every 30m at Sev 1``."""
    held = {
        change.value for change in snapshot.incident.severities if change.value in snapshot.policy.severities
    }
    if not held or snapshot.trouble:
        return ""
    severity = snapshot.policy.severities[min(held, key=snapshot.policy.rank)]
    limit = severity.cadence.get(audience)  # type: ignore[call-overload]
    if limit is None:
        return ""
    return f"every {limit.often}" if len(held) == 1 else f"every {limit.short} at {severity.name}"


def _find_rest(snapshot: Snapshot, updates: tuple[Update, ...], findings: list[Finding]) -> Iterator[Stretch]:
    """Yield the stretch from the last update to the incident's end, if none was due between them."""
    end = snapshot.incident.ended_at
    judged = any(finding.since >= updates[-1].at for finding in findings) if updates else True
    if end and findings and not judged and updates[-1].at < end:
        yield Stretch(updates[-1].at, end, "promise rest", "nothing more was due before it was resolved")


def _list_waiting(snapshot: Snapshot, finding: Finding) -> Iterator[Stretch]:
    """Yield the promised time of a finding, and after it the time by which the promise was broken."""
    promise, story = describe_promise(finding, snapshot.policy), describe_outcome(finding, snapshot)
    words = f"{promise}, {finding.verdict}: {story}"
    until = finding.at or (finding.due if not finding.broken else snapshot.incident.ended_at or snapshot.now)
    css = "pending" if finding.verdict == "not yet due" else "waited"
    yield Stretch(finding.since, min(until, finding.due), f"promise {css}", words, finding.since_event)
    if until > finding.due:
        event = finding.event or finding.since_event
        yield Stretch(finding.due, until, OVERDUE, words, event, _describe_lateness(snapshot, finding))


def _describe_lateness(snapshot: Snapshot, finding: Finding) -> str:
    """``4 min late``, ``4 min overdue`` or ``missed``."""
    if finding.by:
        return f"{format_span(finding.by)} late"
    return "missed" if snapshot.incident.ended_at else f"{format_span(snapshot.now - finding.due)} overdue"


def _mark_due(snapshot: Snapshot, finding: Finding) -> Moment:
    return Moment(finding.due, "notch", f"due {snapshot.near(finding.due)}, within {finding.limit}")


def _mark_update(snapshot: Snapshot, update: Update, late: bool) -> Moment:
    words = f"{snapshot.near(update.at)} to {name_audience(snapshot.policy, update.audience)}"
    css = "told late" if late else "told"
    return Moment(update.at, css, _shorten(f"{words}: {update.text}"), update.event)


def rank_role(role: str) -> int:
    """Return a role's place in the fixed order; unknown ones come last."""
    return ROLES.index(role) if role in ROLES else len(ROLES)


def _track_roles(snapshot: Snapshot) -> Iterator[Track]:
    named = [finding for finding in snapshot.findings if finding.promise == "commander"]
    held = snapshot.incident.roles
    leader = COMMANDER if COMMANDER in held else find_commander_role(snapshot.policy)
    for role in sorted({*held, *(leader for _ in named)}, key=rank_role):
        stretches = [part for finding in named if role == leader for part in _list_waiting(snapshot, finding)]
        end = find_present(snapshot)
        for holding in held.get(role, ()):
            words = f"{one_line(holding.person)}, {name_role(role, snapshot.policy)}"
            words += f" from {snapshot.near(holding.since)}"
            words += f" to {snapshot.near(holding.until)}" if holding.until else ""
            until = holding.until or end
            stretches.append(Stretch(holding.since, until, "held", words, holding.event, holding.person))
        yield Track(name_role(role, snapshot.policy), stretches=tuple(stretches), stacked=True)


def _track_runs(snapshot: Snapshot) -> Track:
    stretches = []
    for run in snapshot.incident.runs:
        words = f"{run.runbook}, {run.mode}: {run.state}, {snapshot.near(run.changed_at)}"
        look = _choose_run_look(run.mode, run.state)
        label = f"{run.mode} {SIGNS[look]} {run.runbook}"
        stretches.append(
            Stretch(run.at, run.changed_at, f"run {look}", _shorten(words), run.events[0], label)
        )
    return Track("Runs", stretches=tuple(stretches), stacked=True)


def _choose_run_look(mode: str, state: str) -> str:
    """Return how a run is drawn: well, badly, or not finished."""
    if state in ("succeeded", "undone"):
        return "planned" if mode == "plan" else "good"
    return "bad" if state in ("failed", "interrupted", "abandoned") else "going"


def _track_entries(snapshot: Snapshot) -> Track:
    moments = [
        Moment(
            entry.event.at,
            f"entry {_choose_entry_look(entry)}",
            _describe_entry(snapshot, entry),
            entry.event.id,
        )
        for entry in snapshot.incident.entries
        if entry.event.kind in SHOWN_ENTRIES or not entry.known
    ]
    return Track("Entries", moments=tuple(moments))


def _choose_entry_look(entry: Entry) -> str:
    return entry.event.kind if entry.known and entry.event.kind in SHOWN_ENTRIES else "other"


def _describe_entry(snapshot: Snapshot, entry: Entry) -> str:
    return _shorten(f"{snapshot.near(entry.event.at)}, {entry.event.kind}: {entry.text}")


def _shorten(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= MOST_WORDS else f"{text[:MOST_WORDS]}…"
