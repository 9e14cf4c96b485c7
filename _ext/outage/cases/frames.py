"""A walkthrough, frame by frame: at each event, what was known, who held which role, and what was due.

A frame holds nothing of any later event: state is folded from the events so far, as an incident's page
would have shown it then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from outage.incident.due import list_due
from outage.incident.notify.route import list_posts
from outage.incident.record.describe import describe_entry, name_role, name_severity
from outage.incident.record.fold import HIDDEN, fold

if TYPE_CHECKING:
    from datetime import datetime

    from outage.cases.script import Script
    from outage.cases.study import Moment, Source
    from outage.incident.record.model import Entry, Incident

AHEAD = timedelta(minutes=45)
"""How far ahead a frame tells what will be due."""

MOST_DUE = 5

ANYWHERE = ("commander", "first-message", "update", "reassess")
"""What our policy would want of anyone; the rest names people and places of ours."""

LABELS = {
    "declared": "Declared",
    "note": "What happened",
    "decision": "Decision",
    "hypothesis": "Hypothesis",
    "impact": "Impact",
    "contact": "Somebody is called",
    "role": "A role is taken",
    "handoff": "A role is handed over",
    "severity": "Severity",
    "scope": "Scope",
    "stage": "Stage",
    "update": "Message",
    "action": "Action item",
    "correction": "Correction",
    "redaction": "Words are hidden",
    "run": "Runbook",
    "playbook": "Playbook",
}

UNKNOWN = "What nobody knew"
"""The label of what is told later than it happened."""


@dataclass(frozen=True, slots=True)
class Held:
    """A role, who holds it at this moment, and whether that is news."""

    role: str
    person: str
    new: bool


@dataclass(frozen=True, slots=True)
class Task:
    """Something that policy wants by some time: what, when in words, by which clause and limit."""

    text: str
    when: str
    clause: str
    limit: str
    late: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """One event, and how things stood when it had happened. All texts are hostile.

    Attributes:
        moment: the event.
        label: its kind, in words.
        text: what it says; of a decision with a question, what was done.
        by: who recorded, said or did it, or nothing.
        severity: name and rank (0 is the worst), or None as long as there is none.
        stage: the stage, or nothing before it is declared.
        roles: who held what.
        channels: where things have been said so far, in order of first use.
        due: what is late, or due soon.
    """

    moment: Moment
    label: str
    text: str
    by: str
    severity: tuple[str, int] | None
    stage: str
    roles: tuple[Held, ...]
    channels: tuple[str, ...]
    due: tuple[Task, ...]


def make_frames(script: Script) -> Iterator[Frame]:
    """Make the frames of a walkthrough, in order."""
    final = {entry.event.id: entry for entry in script.incident.entries}
    channels: dict[str, None] = {}
    before: dict[str, str] = {}
    following = dict(pairwise((*sorted(one.event.order for one in script.moments), None)))
    now = min(script.moments, key=_order)
    for moment in script.moments:
        now = max(now, moment, key=_order)  # what is told late changes nothing of how things stand
        limit = following[now.event.order]
        so_far = [event for event in script.events if limit is None or event.order < limit]
        incident = fold(so_far, name=script.name)
        entry = next(one for one in incident.entries if one.event.id == moment.event.id)
        channels |= dict.fromkeys(_list_channels(script, moment, incident))
        held = {holding.role: holding.person for holding in incident.holdings if holding.until is None}
        yield Frame(
            moment=moment,
            label=UNKNOWN if moment.told.told_after else LABELS.get(entry.event.kind, entry.event.kind),
            text=_format_text(entry, final[moment.event.id], script),
            by=moment.event.by,
            severity=_format_severity(incident, script),
            stage=incident.stage if incident.declared_at else "",
            roles=tuple(
                Held(name_role(role, script.policy), person, before.get(role) != person)
                for role, person in held.items()
            ),
            channels=tuple(channels),
            due=_list_due(incident, now, script),
        )
        before = held


def _order(moment: Moment) -> tuple[datetime, datetime, str]:
    return moment.event.order


def _format_text(entry: Entry, final: Entry, script: Script) -> str:
    """Format what was written then, without what the label says; text that was hidden later stays hidden."""
    if final.redaction:
        return HIDDEN
    if entry.event.kind in ("decision", "impact", "hypothesis", "contact") and entry.known:
        return entry.text
    return describe_entry(entry, script.policy).removeprefix(f"{entry.event.kind.capitalize()}: ")


def _format_severity(incident: Incident, script: Script) -> tuple[str, int] | None:
    severity = incident.severity
    if severity is None or severity not in script.policy.severities or not script.ours:
        return None
    return name_severity(severity, script.policy), script.policy.rank(severity)


def _list_channels(script: Script, moment: Moment, incident: Incident) -> Iterator[str]:
    """Where this was said: as the author says, or as the commands post it."""
    if moment.told.channel:
        yield moment.told.channel
    elif script.ours:
        names = (post.name for post in list_posts(incident, moment.event.id, script.policy))
        yield from (name for name in names if "{" not in name)  # of an area that nobody has named yet


def _list_due(incident: Incident, moment: Moment, script: Script) -> tuple[Task, ...]:
    """List what is late or due soon, as the clocks stand at the event's earliest moment."""
    now = moment.event.at
    found: list[Task] = []
    for one in list_due(incident, script.policy, now):
        if not script.ours and one.what not in ANYWHERE:
            continue
        if one.at > now + AHEAD or len(found) == MOST_DUE:
            break
        late = one.state == "late" and moment.when.exact
        found.append(
            Task(one.text.partition(": ")[0], script.times.near(one.at, now), one.clause, one.limit, late)
        )
    return tuple(found)


def format_source(source: Source, *, title: bool = True) -> str:
    """Format ``Author, Title, place (how we know it)``; a title may tell the end, so it can be left out."""
    work = source.work
    titled = work.title if title or not work.author else ""
    named = ", ".join(part for part in (work.author, titled, source.place) if part)
    return f"{named} ({source.how})"
