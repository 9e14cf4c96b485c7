"""What the incident commands print: lines for people, data for programs.

Every line goes through ``outage.text.terminal``, for names, notes and policy are hostile.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from outage.cli import post_output
from outage.cli.playbook_output import format_status as playbooks_under_way
from outage.incident import folders
from outage.incident.due import Due, list_due
from outage.incident.notify import look as look_at_outbox
from outage.incident.record.describe import (
    describe_entry,
    describe_place,
    name_role,
    name_severity,
    shorten_id,
)
from outage.incident.record.event import format_moment
from outage.incident.respond import explain_unshared
from outage.incident.skew import describe_clocks_ahead
from outage.incident.sync import state
from outage.incident.times import format_ago, format_full, format_near, format_span
from outage.text import one_line, terminal
from outage.unread import notes

if TYPE_CHECKING:
    from outage.incident.record.model import Entry, Incident
    from outage.incident.respond import Step
    from outage.incident.sync.share import Shared
    from outage.policy import Policy
    from outage.project import Project
    from outage.review.audit import Audit, Finding

MOST_DUE = 8
MOST_ENTRIES = 5


@dataclass(frozen=True)
class Look:
    """An incident looked at from a terminal."""

    folder: Path
    incident: Incident
    policy: Policy
    now: datetime

    @property
    def zone(self) -> str:
        """The company's time zone."""
        return self.policy.company.timezone


def print_lines(texts: Iterable[str]) -> None:
    """Print lines, each safe for a terminal."""
    for text in texts:
        click.echo(terminal(text))


def print_alarm(texts: Iterable[str]) -> None:
    """Print lines that must not be missed: to the standard error, after everything else."""
    for text in texts:
        click.secho(terminal(text), err=True, bold=True)


def print_result(data: Any, texts: Iterable[str], as_json: bool) -> None:
    """Print data as JSON, or lines."""
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=True, indent=2, default=_jsonable))
    else:
        print_lines(texts)


def warn_of_unread(root: Path, what: str) -> None:
    """Name on standard error the files of a kind that are not read."""
    for note in notes(root, what):
        click.echo(terminal(f"outage: {note}"), err=True)


def _jsonable(value: Any) -> Any:
    return format_moment(value) if isinstance(value, datetime) else str(value)


# ---------------------------------------------------------------- what a writing command says


def format_recorded(step: Step, now: datetime) -> Iterator[str]:
    """Format what was recorded, who was told, and what is amiss."""
    entry = _make_entry(step)
    zone = step.policy.company.timezone
    said = one_line(describe_entry(entry, step.policy))
    yield f"{step.incident.id}: {said}"
    by = one_line(step.event.by)
    yield f"  recorded as {shorten_id(step.event.id)} at {format_near(step.event.at, now, zone)}, by {by}"
    if step.incident.drill and step.event.kind == "update" and step.event.data["audience"] == "customers":
        yield "  a drill: it is recorded, and no customer hears of it"
    yield from _format_aftermath(step, now)


def format_declared(step: Step, project: Project, reason: str, now: datetime) -> Iterator[str]:
    """Format a new incident, what it is taken for, and what to do next."""
    incident, policy = step.incident, step.policy
    drill = "Drill declared" if incident.drill else "Declared"
    yield f"{drill}: {incident.id}"
    yield f"  {name_severity(incident.severity, policy)}, scope {incident.scope}: {reason}"
    yield f"  Everything about it is in {_relative(step.folder, project.root)}/"
    yield from _format_aftermath(step, now)
    if step.unshared:
        yield f"  not shared with anybody: {step.unshared} (sync.automatic)"
    yield "Due:"
    look = Look(step.folder, incident, policy, now)
    yield from _format_due(look, [one for one in list_due(incident, policy, now) if one.what != "hand-over"])
    yield "Next:"
    audience = next(iter(policy.audiences), "responders")
    yield "  outage role incident-commander NAME"
    yield f'  outage update {audience} "What we know, what we do, when you hear again"'
    yield '  outage note "What you see"      outage status'


def _relative(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _make_entry(step: Step) -> Entry:
    return next(entry for entry in step.incident.entries if entry.event.id == step.event.id)


def _format_aftermath(step: Step, now: datetime) -> Iterator[str]:
    yield from post_output.format_posted(step.posted)
    yield from _format_sync_failure(step.sync, now)
    yield from (f"  in the record: {problem}" for problem in step.incident.problems)


def _format_sync_failure(found: state.State, now: datetime) -> Iterator[str]:
    if found.failed:
        when = format_ago(found.failed, now)
        yield f"  NOT shared: the last sync failed {when}; 'outage sync' says why, and tries again"


def format_shared(done: Shared, policy: Policy) -> Iterator[str]:
    """Format what ``outage sync`` did with git."""
    names = ", ".join(done.folders) or "no incident"
    if done.remote is None:
        yield f"Committed here as {done.commit[:10]}: {names}"
    elif done.pushed:
        yield f"Pushed to {policy.sync.branch} at {done.remote} as {done.commit[:10]}: {names}"
    else:
        yield f"{done.remote} and this clone agree: {names}"
    yield from (f"  {note}" for note in done.notes)


# ---------------------------------------------------------------- status


def format_status(look: Look) -> Iterator[str]:
    """Where an incident stands."""
    incident, policy = look.incident, look.policy
    drill = "DRILL  " if incident.drill else ""
    where = describe_place(incident.division, incident.area, policy)
    yield f"{drill}{one_line(incident.title)}  ({incident.id})"
    scope = f"scope {incident.scope or 'unknown'}{f' ({where})' if where else ''}"
    yield f"  {name_severity(incident.severity, policy)} | {incident.stage} | {scope}"
    if incident.declared_at:
        by, since = one_line(incident.declared_by), format_ago(incident.declared_at, look.now)
        yield f"  declared {format_full(incident.declared_at, look.zone)}, {since}, by {by}"
    yield from (f"  {words}" for words in describe_clocks_ahead(incident, look.now, look.zone))
    held = [one for one in incident.holdings if one.until is None]
    for one in held:
        since = format_near(one.since, look.now, look.zone)
        yield f"  {name_role(one.role, policy)}: {one_line(one.person)}, since {since}"
    if not held:
        yield "  Nobody holds a role."
    upcoming = list_due(incident, policy, look.now)
    if upcoming:
        yield "Due:"
        yield from _format_due(look, list(upcoming))
    yield from playbooks_under_way(look.folder.parent.parent, incident, policy, look.now)
    told = list(post_output.format_outbox(look_at_outbox(look.folder), look.zone, look.now))
    if told:
        yield "Chat:"
        yield from (f"  {line}" for line in told)
    yield "Latest:"
    yield from (
        f"  {line}"
        for entry in incident.entries[-MOST_ENTRIES:]
        for line in _format_entry(entry, look, look.now)
    )
    yield from _format_trouble(look)


def _format_due(look: Look, found: list[Due]) -> Iterator[str]:
    for one in found[:MOST_DUE]:
        left = format_span(one.at - look.now)
        when = f"LATE by {left}" if one.state == "late" else f"in {left}"
        at = format_near(one.at, look.now, look.zone)
        yield f"  {at}  {when}: {one_line(one.text)}  [{one.limit}: {one.clause}]"
    if len(found) > MOST_DUE:
        yield f"  and {len(found) - MOST_DUE} later; --json has them all"


def _format_trouble(look: Look) -> Iterator[str]:

    synced = state.load(look.folder)
    yield from _format_sync_failure(synced, look.now)
    yield from (f"  sync: {note}" for note in synced.notes)
    if unshared := explain_unshared(look.folder, look.policy):
        yield f"  not shared with anybody: {unshared} (sync.automatic)"
    yield from (f"  in the record: {problem}" for problem in look.incident.problems)


def make_status_data(look: Look) -> dict[str, Any]:
    """Make the status's data, for programs, without the timeline."""
    data = asdict(look.incident)
    data.pop("entries")
    incident = look.incident
    now = {"severity": incident.severity, "scope": incident.scope, "stage": incident.stage}
    dues = [asdict(one) for one in list_due(incident, look.policy, look.now)]
    problems = [str(problem) for problem in incident.problems]
    sync = asdict(state.load(look.folder))
    data["clocks"] = describe_clocks_ahead(incident, look.now, look.zone)
    chat = post_output.make_outbox_data(look_at_outbox(look.folder))
    known = {"open": incident.is_open, "due": dues, "problems": problems, "sync": sync, "chat": chat}
    return {**data, **now, **known}


def format_listing(found: list[Incident], policy: Policy, everything: bool) -> Iterator[str]:
    """One line an incident."""
    if not found:
        yield "No incident was ever declared here." if everything else "No incident is open."
    for incident in found:
        drill = "DRILL  " if incident.drill else ""
        severity = name_severity(incident.severity, policy)
        yield f"{incident.id}  {drill}{severity} | {incident.stage} | {one_line(incident.title)}"
    if len(found) > 1:
        yield "'outage status TEXT' tells more of one: the end of its id, or a part of its title."


def format_left_out(project: Project) -> Iterator[str]:
    """Format what looks like an incident and is not read as one, and why."""
    yield from (str(one) for one in folders.list_left_out(project.incidents))


def make_listing_data(found: list[Incident]) -> list[dict[str, Any]]:
    """Make the list's data, for programs."""
    keys = ("id", "title", "severity", "scope", "stage", "drill", "declared_at")
    return [{key: getattr(incident, key) for key in keys} for incident in found]


# ---------------------------------------------------------------- timeline and audit


def format_timeline(look: Look) -> Iterator[str]:
    """Every entry in order, with its id, and what could not be read."""
    yield f"{one_line(look.incident.title)}  ({look.incident.id})"
    day = None
    for entry in look.incident.entries:
        if entry.event.at.date() != day:
            day = entry.event.at.date()
            yield f"{day} (UTC)"
        yield from (f"  {line}" for line in _format_entry(entry, look, entry.event.at))
    yield from (f"  in the record: {problem}" for problem in look.incident.problems)


def _format_entry(entry: Entry, look: Look, day: datetime) -> Iterator[str]:
    """Format an entry and what was corrected; ``day`` is the day of which no date need be said."""
    event = entry.event
    said = one_line(describe_entry(entry, look.policy))
    late = f"  (written {format_span(event.recorded - event.at)} later)" if entry.late else ""
    when = format_near(event.at, day, look.zone)
    yield f"{when}  {shorten_id(event.id)}  {said}  \u2014 {one_line(event.by)}{late}"
    for correction in entry.corrections:
        by, at = one_line(correction.by), format_near(correction.at, day, look.zone)
        yield f"      corrected by {by} at {at}; it said: {one_line(correction.before)}"


def make_timeline_data(look: Look) -> list[dict[str, Any]]:
    """Make the timeline's data, for programs: each event as recorded, with its words as corrected."""
    return [
        {
            "id": entry.event.id,
            "at": entry.event.at,
            "recorded": entry.event.recorded,
            "n": entry.event.n,
            "by": entry.event.by,
            "kind": entry.event.kind,
            "data": dict(entry.data),
            "text": describe_entry(entry, look.policy),
            "late": entry.late,
            "corrected": bool(entry.corrections),
            "redacted": entry.redaction is not None,
        }
        for entry in look.incident.entries
    ]


def format_audit(judged: Audit, look: Look) -> Iterator[str]:
    """Every finding, then how many there are of each verdict."""
    drill = " This was a drill: it counts in no figures." if judged.drill else ""
    yield f"Audit of {judged.incident}, by the policy as it was declared.{drill}"
    for finding in judged.findings:
        yield _format_finding(finding, look)
    verdicts = ("met", "late", "missed", "not yet due")
    counts = {verdict: sum(one.verdict == verdict for one in judged.findings) for verdict in verdicts}
    yield ", ".join(f"{number} {verdict}" for verdict, number in counts.items())
    if not judged.findings:
        yield "Nothing was promised: it was not declared, or its severity promises nothing."
    if look.incident.problems:
        yield "Not all of the record could be read, so what is missing here may be missing there:"
    yield from (f"  in the record: {problem}" for problem in look.incident.problems)


def _format_finding(finding: Finding, look: Look) -> str:
    audience = {str(key): one.name for key, one in look.policy.audiences.items()}.get(
        finding.who, finding.who
    )
    what = {
        "commander": f"{name_role(finding.who, look.policy)} named",
        "first-message": f"first message to {audience}",
        "cadence": f"next update to {audience}",
    }[finding.promise]
    done = (
        f", done {format_near(finding.at, look.now, look.zone)} by event {shorten_id(finding.event)}"
        if finding.at
        else ""
    )
    late = f" ({format_span(finding.by)} late)" if finding.by else ""
    since = f"counted from event {shorten_id(finding.since_event)}" if finding.since_event else ""
    due = format_near(finding.due, look.now, look.zone)
    return (
        f"  {finding.verdict.upper():<11}  {what}: due {due}{done}{late}"
        f"  [{finding.limit}: {finding.clause}; {since}]"
    )


def make_audit_data(judged: Audit, look: Look) -> dict[str, Any]:
    """Make the audit's data, for programs."""
    return {**asdict(judged), "problems": [str(problem) for problem in look.incident.problems]}
