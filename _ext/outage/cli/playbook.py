"""``outage playbook``: follow a checklist in an incident, step by step, on the record."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from outage.cli import incident_output
from outage.cli.options import INCIDENT, JSON, WRITES, parse_at
from outage.cli.playbook_output import Sight
from outage.errors import Refused
from outage.incident import folders, respond
from outage.incident.record import load
from outage.playbook.follow import find_followed, load_checklist, make_settle_data, make_start_data
from outage.project import find_project

if TYPE_CHECKING:
    from pathlib import Path

    from outage.cli.playbook_output import Sight
    from outage.incident.record.model import Incident
    from outage.project import Project

PLAYBOOK = click.option("--playbook", metavar="ID", help="Which playbook, if several have such a step.")


@click.group()
def playbook() -> None:
    """Follow a checklist step by step: who does what, and by when.

    What you say is done or skipped stands on the incident's record, where everybody sees it.
    """


@playbook.command("list")
@click.argument("name", metavar="[PLAYBOOK]", required=False)
@INCIDENT
@JSON
def list_(name: str | None, incident: str | None, as_json: bool) -> None:
    """List the playbooks, or every step of one with its state."""
    from outage.cli import playbook_output as checklist

    project = find_project()
    seen = _look(project, incident, needed=False)
    if name is None:
        incident_output.warn_of_unread(project.root, "playbook")
        incident_output.print_result(
            checklist.make_playbooks_data(seen), checklist.format_playbooks(seen), as_json
        )
    else:
        found = checklist.find_playbook(seen, name)
        incident_output.print_result(
            checklist.make_steps_data(seen, found), checklist.format_steps(seen, found), as_json
        )


@playbook.command("show")
@click.argument("step")
@PLAYBOOK
@INCIDENT
def show_step(step: str, playbook: str | None, incident: str | None) -> None:
    """All there is to know about a step: what good looks like, how, what to type and to post."""
    from outage.cli import playbook_output as checklist

    seen = _look(find_project(), incident, needed=False)
    incident_output.print_lines(checklist.format_step(seen, step, playbook))


@playbook.command()
@click.argument("name", metavar="PLAYBOOK")
@WRITES
def start(name: str, **where: Any) -> None:
    """Start a playbook in the incident; its clock counts from the declaration."""
    project = find_project()
    seen = _look(project, where["incident"])
    checklist = load_checklist(project.root, name, seen.policy, seen.of)

    def decide(incident: Incident) -> dict[str, Any]:
        return make_start_data(name, checklist, incident)

    _record(project, seen, [decide], where)


@playbook.command()
@click.argument("step", nargs=-1, required=True)
@PLAYBOOK
@WRITES
def done(step: tuple[str, ...], playbook: str | None, **where: Any) -> None:
    """Say that steps are done."""
    _settle(step, "done", playbook, None, where)


@playbook.command()
@click.argument("step", nargs=-1, required=True)
@click.option("--why", metavar="TEXT", required=True, help="Why it is not needed: somebody will ask.")
@PLAYBOOK
@WRITES
def skip(step: tuple[str, ...], why: str, playbook: str | None, **where: Any) -> None:
    """Leave steps out, with a reason; a phase's id leaves out all that is open in it."""
    _settle(step, "skipped", playbook, why, where)


@playbook.command()
@click.argument("step", nargs=-1, required=True)
@click.option("--why", metavar="TEXT", help="What happened.")
@PLAYBOOK
@WRITES
def reopen(step: tuple[str, ...], why: str | None, playbook: str | None, **where: Any) -> None:
    """Take back that steps were done or skipped."""
    _settle(step, "started", playbook, why, where)


def _look(project: Project, incident: str | None, *, needed: bool = True) -> Sight:
    """Find the incident that is meant and its policy; without one, today's policy, if none is needed."""
    now = datetime.now(UTC)
    try:
        folder: Path = folders.find(project, incident)
    except Refused:
        if needed or incident:
            raise
        return Sight(project.root, None, None, project.policy(), now)
    return Sight(project.root, folder, load(folder), folders.load_policy_of(folder, project), now)


def _settle(
    steps: tuple[str, ...], state: str, playbook: str | None, why: str | None, where: dict[str, Any]
) -> None:

    project = find_project()
    seen = _look(project, where["incident"])

    def decide(step: str, incident: Incident) -> dict[str, Any]:
        return make_settle_data(
            find_followed(seen.after(incident).following, step, playbook), step, state, why
        )

    decisions = [functools.partial(decide, step) for step in dict.fromkeys(steps)]
    _record(project, seen, decisions, where)


def _record(
    project: Project,
    seen: Sight,
    decisions: Sequence[Callable[[Incident], dict[str, Any]]],
    where: dict[str, Any],
) -> None:
    """Record events, then say what became of the last, and what is next.

    Each decision makes an event of the incident as it is, or refuses it: all are made before one is
    written, and each again while nobody else can write, for someone else may have been faster.
    """
    from outage.cli import playbook_output as checklist

    moment = parse_at(where["at"], seen.policy, seen.now)
    by = respond.find_who(where["by"], project.root)
    assert seen.folder is not None  # _sight found one
    assert seen.of is not None
    events = [decide(seen.of) for decide in decisions]
    taken = [
        respond.record_step(project, seen.folder, "playbook", data, by=by, at=moment, still=decide)
        for data, decide in zip(events, decisions, strict=True)
    ]
    for one in taken[:-1]:
        incident_output.print_lines([checklist.format_recorded(one)])
    incident_output.print_lines(incident_output.format_recorded(taken[-1], seen.now))
    incident_output.print_lines(
        checklist.format_next_steps(seen.after(taken[-1].incident), str(events[-1]["playbook"]))
    )
