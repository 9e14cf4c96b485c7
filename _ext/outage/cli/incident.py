"""``outage declare``, ``note``, ``status`` and their like: a response as it is recorded."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from outage.cli import incident_output, post_output
from outage.cli.options import (
    AT,
    BY,
    INCIDENT,
    JSON,
    POSTS,
    SILENT,
    WORDS,
    WRITES,
    Command,
    TextCommand,
    add_options,
    parse_at,
)
from outage.errors import Refused
from outage.incident import folders, respond
from outage.incident.record import load
from outage.policy.classify.verdict import parse_answers
from outage.project import Project, find_project
from outage.review.audit import audit as judge


def _place(command: Command) -> Command:
    return add_options(
        click.option("--division", metavar="ID", help="Which division is affected."),
        click.option("--area", metavar="ID", help="Which area of it."),
    )(command)


@click.command(cls=TextCommand)
@click.argument("title", **WORDS)
@click.option("--severity", metavar="S", help="A severity's id, highest or lowest.")
@click.option("--answers", metavar="K=V,...", help="Answers to policy's questions, which then decide.")
@click.option("--scope", metavar="SCOPE", help="area, division or company.")
@_place
@click.option("--drill", is_flag=True, help="This is practice: marked everywhere, counted nowhere.")
@AT
@BY
@SILENT
def declare(
    title: tuple[str, ...],
    severity: str | None,
    answers: str | None,
    drill: bool,
    at: str | None,
    by: str | None,
    silent: bool,
    **place: str | None,
) -> None:
    """Open an incident. A title is enough."""
    project, now = find_project(), datetime.now(UTC)
    policy = project.policy()
    answered = None if answers is None else parse_answers([answers])
    grading, reason = respond.grade(policy, severity, answered)
    given = {key: value for key, value in place.items() if value is not None}
    data = {"title": " ".join(title), **grading, **given} | ({"drill": True} if drill else {})
    by = respond.find_who(by, project.root)
    moment = parse_at(at, policy, now)
    taken = respond.declare(project, policy, data, by=by, at=moment, now=now, silent=silent)
    incident_output.print_lines(incident_output.format_declared(taken, project, reason, now))


def _record(
    kind: str,
    data: dict[str, Any],
    incident: str | None,
    at: str | None,
    by: str | None,
    silent: bool = False,
) -> int:
    """Record an event of the incident that is meant, and say what became of it.

    Returns the exit code: 1 when customers should have read it, and it was not delivered.
    """
    project, now = find_project(), datetime.now(UTC)
    folder = folders.find(project, incident)
    moment = parse_at(at, folders.load_policy_of(folder, project), now) if at else None
    given = {key: value for key, value in data.items() if value is not None}
    by = respond.find_who(by, project.root)
    taken = respond.record_step(project, folder, kind, given, by=by, at=moment, silent=silent)
    incident_output.print_lines(incident_output.format_recorded(taken, now))
    incident_output.print_alarm(post_output.format_undelivered(taken.posted))
    return 1 if taken.posted.undelivered else 0


def _make_text_command(kind: str, help_text: str) -> click.Command:
    """Make a command that records a text and takes nothing else."""

    @click.command(kind, help=help_text, cls=TextCommand)
    @click.argument("text", **WORDS)
    @WRITES
    def command(text: tuple[str, ...], incident: str | None, at: str | None, by: str | None) -> None:
        _record(kind, {"text": " ".join(text)}, incident, at, by)

    return command


note = _make_text_command("note", "Write down what you see or do.")
decision = _make_text_command("decision", "Record a decision and its reason.")
hypothesis = _make_text_command("hypothesis", "Record what you think is the cause.")
impact = _make_text_command("impact", "Record who is affected, and how.")


@click.command(cls=TextCommand)
@click.argument("text", **WORDS)
@click.option("--escalation", metavar="ID", help="The escalation of policy that this answers.")
@WRITES
def contact(text: tuple[str, ...], escalation: str | None, **where: Any) -> None:
    """Record whom you called or told."""
    _record("contact", {"text": " ".join(text), "escalation": escalation}, **where)


@click.command(cls=TextCommand)
@click.argument("role")
@click.argument("person", **WORDS)
@POSTS
def role(role: str, person: tuple[str, ...], **where: Any) -> None:
    """Give a role to a person."""
    _record("role", {"role": role, "person": " ".join(person)}, **where)


@click.command(cls=TextCommand)
@click.argument("role")
@click.argument("person", **WORDS)
@POSTS
def handoff(role: str, person: tuple[str, ...], **where: Any) -> None:
    """Hand a role over to another person."""
    _record("handoff", {"role": role, "person": " ".join(person)}, **where)


@click.command()
@click.argument("severity")
@click.option("--why", metavar="TEXT", help="What changed.")
@POSTS
def severity(severity: str, why: str | None, **where: Any) -> None:
    """Set the severity again, or confirm it: both count as judging it."""
    _record("severity", {"severity": severity, "why": why}, **where)


@click.command()
@click.argument("scope")
@_place
@click.option("--why", metavar="TEXT", help="What changed.")
@POSTS
def scope(scope: str, division: str | None, area: str | None, why: str | None, **where: Any) -> None:
    """Set the scope again: area, division or company."""
    _record("scope", {"scope": scope, "division": division, "area": area, "why": why}, **where)


@click.command()
@click.argument("stage")
@POSTS
def stage(stage: str, **where: Any) -> None:
    """Say how far it is: investigating, identified, monitoring, resolved or closed."""
    _record("stage", {"stage": stage}, **where)


@click.command(cls=TextCommand)
@click.argument("audience")
@click.argument("text", **WORDS)
@POSTS
def update(audience: str, text: tuple[str, ...], **where: Any) -> int:
    """Tell an audience: responders, executives or customers.

    An update to customers is waited for: up to five seconds until the status page is asked, and three
    more for its answer. Exit code 1 when it is not delivered by then.
    """
    return _record("update", {"audience": audience, "text": " ".join(text)}, **where)


@click.command(cls=TextCommand)
@click.argument("text", **WORDS)
@click.option("--owner", required=True, metavar="NAME", help="The one person who sees to it.")
@click.option("--due", metavar="DATE", help="By which day, as 2026-12-01.")
@WRITES
def action(text: tuple[str, ...], owner: str, due: str | None, **where: Any) -> None:
    """Record what is to be done afterwards, by whom and by when: the incident's page lists it."""
    _record("action", {"text": " ".join(text), "owner": owner, "due": _parse_day(due)}, **where)


def _parse_day(text: str | None) -> str | None:
    """Parse a date, as it is recorded."""
    try:
        return None if text is None else date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise Refused(f"'{text}' is not a date", hint="write year, month and day: --due 2026-12-01") from None


@click.command(cls=TextCommand)
@click.argument("event")
@click.argument("text", **WORDS)
@INCIDENT
@BY
@SILENT
def correct(event: str, text: tuple[str, ...], incident: str | None, by: str | None, silent: bool) -> int:
    """Correct an earlier entry by its id, as 'outage timeline' shows it. The old one stays readable."""
    return _record("correction", {"event": event, "text": " ".join(text)}, incident, None, by, silent)


@click.command()
@click.argument("event")
@click.option("--why", metavar="TEXT", help="Why it must not be shown.")
@INCIDENT
@BY
def redact(event: str, why: str | None, incident: str | None, by: str | None) -> None:
    """Hide an entry's words. The file and its history in git still hold them."""
    _record("redaction", {"event": event, "why": why}, incident, None, by)


_NAMED = click.argument("words", metavar="[TEXT]", nargs=-1)
_WHICH = "TEXT is an id, its last four characters, or any part of the title."


def _wanted(words: tuple[str, ...], incident: str | None) -> str | None:
    """Choose the text that names the incident: TEXT, else --incident or its variable; not both."""
    source = click.get_current_context().get_parameter_source("incident")
    if words and incident and source is click.core.ParameterSource.COMMANDLINE:
        raise Refused(
            f"two incidents are named, '{' '.join(words)}' and '{incident}', and only one would count",
            hint="leave out TEXT or --incident",
        )
    return " ".join(words) or incident


def _find_incident(words: tuple[str, ...], incident: str | None) -> tuple[Project, Path]:

    project = find_project()
    return project, folders.find(project, _wanted(words, incident))


@click.command(epilog=_WHICH)
@_NAMED
@click.option("--all", "everything", is_flag=True, help="List every incident, closed ones too.")
@INCIDENT
@JSON
def status(words: tuple[str, ...], everything: bool, incident: str | None, as_json: bool) -> None:
    """Where an incident stands, and what is due next; without a TEXT, every open one."""
    project, now, wanted = find_project(), datetime.now(UTC), _wanted(words, incident)
    found = folders.list_folders(project) if everything else None
    listed = [load(folder) for folder in found] if found is not None else folders.list_open(project)
    if wanted or (len(listed) == 1 and not everything):
        folder = folders.find(project, wanted) if wanted else project.incidents / listed[0].id
        look = incident_output.Look(folder, load(folder), folders.load_policy_of(folder, project), now)
        incident_output.print_result(
            incident_output.make_status_data(look), incident_output.format_status(look), as_json
        )
    else:
        policy = project.policy()
        incident_output.warn_of_unread(project.root, "incident")
        incident_output.print_result(
            incident_output.make_listing_data(listed),
            incident_output.format_listing(listed, policy, everything),
            as_json,
        )
    if not as_json:
        incident_output.print_lines(incident_output.format_left_out(project))


@click.command(epilog=_WHICH)
@_NAMED
@INCIDENT
@JSON
def timeline(words: tuple[str, ...], incident: str | None, as_json: bool) -> None:
    """Show what happened, in order."""
    project, folder = _find_incident(words, incident)
    look = incident_output.Look(
        folder, load(folder), folders.load_policy_of(folder, project), datetime.now(UTC)
    )
    incident_output.print_result(
        incident_output.make_timeline_data(look), incident_output.format_timeline(look), as_json
    )


@click.command(epilog=_WHICH)
@_NAMED
@INCIDENT
@JSON
def audit(words: tuple[str, ...], incident: str | None, as_json: bool) -> int:
    """Which of the policy's promises were kept. Exit code 1 when one was late or missed."""
    project, folder = _find_incident(words, incident)
    look = incident_output.Look(
        folder, load(folder), folders.load_policy_of(folder, project), datetime.now(UTC)
    )
    judged = judge(look.incident, look.policy, look.now)
    incident_output.print_result(
        incident_output.make_audit_data(judged, look), incident_output.format_audit(judged, look), as_json
    )
    return 1 if judged.broken else 0


@click.command()
@click.option(
    "--published",
    metavar="CHANNEL",
    help="You published by hand what waits for this channel or audience: it is not sent any more.",
)
@INCIDENT
def sync(incident: str | None, published: str | None) -> int:
    """Send what waits to the chat; commit, pull and push the open incidents (or the one named).

    With --published, nothing is committed or pushed. Exit code 1 when a message to customers still waits.
    """
    project = find_project()
    folder = folders.find(project, incident) if incident or published else None
    if folder and published:
        settled = respond.settle_by_hand(project, folder, published)
        incident_output.print_lines(post_output.settled_by_hand(settled))
    reports = respond.deliver(project, folder)
    incident_output.print_lines(post_output.format_delivered(reports))
    if not published:
        incident_output.print_lines(
            incident_output.format_shared(respond.share(project, folder), project.policy())
        )
        incident_output.print_lines(incident_output.format_left_out(project))
    return 1 if any(one.problem and one.message.outward for told in reports for one in told.deliveries) else 0
