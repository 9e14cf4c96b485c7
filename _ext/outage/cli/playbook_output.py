"""What the playbook commands print: lines for people, data for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outage.errors import OutageError, Refused
from outage.incident.record.describe import describe_entry
from outage.incident.record.event import format_moment
from outage.incident.times import format_near
from outage.playbook import find_playbooks
from outage.playbook.follow import Following, find_followed, list_followed, load_checklist
from outage.playbook.words import format_bare, format_count, format_state, format_term, name_owner
from outage.source import nearest
from outage.text import one_line

if TYPE_CHECKING:
    from outage.incident.record.model import Incident
    from outage.incident.respond import Step
    from outage.playbook import Checklist, Progress, Task
    from outage.playbook.state import Standing
    from outage.policy import Policy

MOST_NEXT = 3


@dataclass(frozen=True)
class Sight:
    """A handbook's playbooks as seen from a terminal, with the incident that is meant, if one is.

    Attributes:
        root: the handbook's folder.
        folder: the incident's folder, or None.
        incident: the incident, or None.
        policy: the incident's, or today's.
        now: aware.
    """

    root: Path
    folder: Path | None
    incident: Incident | None
    policy: Policy
    now: datetime

    @property
    def of(self) -> Incident:
        """The incident, where there must be one."""
        assert self.incident is not None
        return self.incident

    @cached_property
    def following(self) -> tuple[Following, ...]:
        """The playbooks that the incident follows; none without an incident."""
        return list_followed(self.root, self.incident, self.policy, self.now) if self.incident else ()

    @property
    def zone(self) -> str:
        """The company's time zone."""
        return self.policy.company.timezone

    def bare(self, text: str) -> str:
        """Return a text of a playbook in bare words."""
        return format_bare(text, self.policy, self.incident)

    def after(self, incident: Incident) -> Sight:
        """Look again, after something was added to the incident."""
        return replace(self, incident=incident)


# ---------------------------------------------------------------- the playbooks


def format_playbooks(seen: Sight) -> Iterator[str]:
    """Format the list of playbooks, and how far each is in the incident."""
    rows = make_playbooks_data(seen)
    if not rows:
        yield "There are no playbooks in playbooks/ yet."
    for row in rows:
        yield "  ".join(part for part in (row["id"], row["name"], row["summary"]) if part)
        if row["problem"]:
            yield "  cannot be used:"
            yield from (f"    {line}" for line in str(row["problem"]).splitlines())
    for one in seen.following:
        yield f"In {seen.of.id}:"
        yield from _format_line(one, seen)
    if rows and seen.incident and not seen.following:
        yield f"None is started in {seen.incident.id}: outage playbook start {rows[0]['id']}"


def make_playbooks_data(seen: Sight) -> list[dict[str, Any]]:
    """Make the list's data, for programs."""
    started = {one.play.playbook: one for one in seen.following}
    rows: list[dict[str, Any]] = []
    for path in find_playbooks(seen.root):
        row: dict[str, Any] = {"id": path.stem, "name": None, "summary": None, "steps": None, "problem": None}
        try:
            found = load_checklist(seen.root, path.stem, seen.policy, seen.incident)
            row |= {"name": found.name, "summary": found.summary, "steps": len(found.tasks)}
        except OutageError as error:
            row["problem"] = str(error)
        one = started.get(path.stem)
        rows.append({**row, "started": one.play.at if one else None})
    return rows


def _format_line(one: Following, seen: Sight) -> Iterator[str]:
    """Where a playbook stands, in a line or two."""
    name = one_line(one.play.playbook)
    if one.progress is None:
        yield f"  {name}: cannot be used: {one_line(one.trouble)}"
        return
    found = one.progress
    line = f"  {name}: {format_count(found)}, started {format_near(one.play.at, seen.now, seen.zone)}"
    yield f"{line} by {one_line(one.play.by)}"
    late = set(found.overdue)
    for late_one in found.overdue[:MOST_NEXT]:
        yield f"    {_format_state(late_one, seen)}"
    following_one = next((step for step in found.open if step not in late), None)
    if following_one:
        yield f"    next: {_format_state(following_one, seen)}"


def format_status(root: Path, incident: Incident, policy: Policy, now: datetime) -> Iterator[str]:
    """Format the playbooks under way, for ``outage status``; nothing when none is."""
    seen = Sight(root, None, incident, policy, now)
    if seen.following:
        yield "Playbook:"
    for one in seen.following:
        yield from _format_line(one, seen)


# ---------------------------------------------------------------- the steps of one


@dataclass(frozen=True)
class Found:
    """A playbook that was asked for, and how far it is where it was started."""

    checklist: Checklist
    progress: Progress | None


def find_playbook(seen: Sight, name: str) -> Found:
    """Find a playbook by its id; Refused if there is none, or it is wrong."""
    checklist = load_checklist(seen.root, name, seen.policy, seen.incident)
    started = {one.play.playbook: one.progress for one in seen.following}
    return Found(checklist, started.get(name))


def format_steps(seen: Sight, found: Found) -> Iterator[str]:
    """Every step under its phase, with its state, its owner and its due time."""
    state = format_count(found.progress) if found.progress else "not started in an incident"
    yield f"{found.checklist.name} ({found.checklist.id}): {state}"
    standing = {one.task.id: one for one in found.progress.steps} if found.progress else {}
    width = max((len(task.id) for task in found.checklist.tasks), default=0)
    for number, phase in enumerate(found.checklist.phases, start=1):
        yield f"{number}. {phase.name}  ({phase.id})"
        for task in phase.tasks:
            one = standing.get(task.id)
            words = (
                format_state(one, seen.now, seen.zone) if one else format_term(task.due) if task.due else ""
            )
            text = _format_text(task, seen)
            yield f"  {_format_box(one)} {task.id:<{width}}  {text}{'; ' if words else ''}{words}"
    if found.progress:
        yield from (
            f"  [?] {one_line(step)}: {tick.state}, and not a step of this playbook (any more)"
            for step, tick in found.progress.strange.items()
        )


def make_steps_data(seen: Sight, found: Found) -> dict[str, Any]:
    """Make the steps' data, for programs."""
    standing = {one.task.id: one for one in found.progress.steps} if found.progress else {}
    rows = [
        {"phase": phase.id, **_make_step_data(task, standing.get(task.id), seen)}
        for phase in found.checklist.phases
        for task in phase.tasks
    ]
    return {"id": found.checklist.id, "name": found.checklist.name, "steps": rows}


def _make_step_data(task: Task, one: Standing | None, seen: Sight) -> dict[str, Any]:
    tick = one.tick if one else None
    return {
        "id": task.id,
        "text": seen.bare(task.text),
        "owner": task.owner,
        "clause": task.due.address if task.due else None,
        "needed": one.needed if one else None,
        "state": tick.state if tick else "open",
        "at": format_moment(tick.at) if tick else None,
        "by": tick.by if tick else None,
        "why": tick.why or None if tick else None,
        "due": format_moment(one.due) if one and one.due else None,
        "overdue": one.overdue if one else False,
    }


def _format_box(one: Standing | None) -> str:
    if one and one.tick and one.tick.settled:
        return "[x]" if one.tick.state == "done" else "[-]"
    return "[!]" if one and one.overdue else "[ ]"


def _format_text(task: Task, seen: Sight) -> str:
    return f"{seen.bare(task.text)} ({name_owner(task, seen.policy)})"


def _format_state(one: Standing, seen: Sight) -> str:
    words = format_state(one, seen.now, seen.zone)
    return f"{one.task.id}: {_format_text(one.task, seen)}{'; ' if words else ''}{words}"


# ---------------------------------------------------------------- one step


def format_step(seen: Sight, name: str, playbook: str | None) -> Iterator[str]:
    """All there is to know about a step."""
    task, one = _find_step(seen, name, playbook)
    policy = seen.policy
    yield seen.bare(task.text)
    words = format_state(one, seen.now, seen.zone) if one else format_term(task.due) if task.due else ""
    yield f"  {name_owner(task, policy)}{'; ' if words else ''}{words}"
    if task.due:
        yield f"  [{task.due.length}: {task.due.address}]"
    yield f"Good: {seen.bare(task.good)}"
    yield from (f"  - {seen.bare(text)}" for text in task.how)
    yield from _indent_under("Type:", [f"  {line}" for line in task.command])
    yield from _indent_under("Post:", [f"  {seen.bare(line)}" for line in task.say])
    yield from _indent_under("Attach:", [f"  - {seen.bare(text)}" for text in task.evidence])
    yield from _indent_under(
        "More:", [f"  {link.page or f'outage show {link.runbook}'}" for link in task.links]
    )


def _indent_under(title: str, lines: list[str]) -> list[str]:
    return [title, *lines] if lines else []


def _find_step(seen: Sight, name: str, playbook: str | None) -> tuple[Task, Standing | None]:
    """Find a step: of a playbook under way, else of any."""
    if seen.following:
        found = find_followed(seen.following, name, playbook)
        standing = next((one for one in found.steps if one.task.id == name), None)
        if standing:
            return standing.task, standing
        raise Refused(
            f"'{name}' is a phase", hint=f"outage playbook list {found.checklist.id} shows its steps"
        )
    names = [playbook] if playbook else [path.stem for path in find_playbooks(seen.root)]
    lists = [load_checklist(seen.root, one, seen.policy, seen.incident) for one in names]
    known = {task.id: task for one in lists for task in one.tasks}
    if name not in known:
        raise Refused(f"there is no step '{one_line(name)[:60]}'", hint=nearest(name, list(known)))
    return known[name], None


# ---------------------------------------------------------------- what a writing command says


def format_recorded(taken: Step) -> str:
    """One recorded step of several."""
    entry = next(entry for entry in taken.incident.entries if entry.event.id == taken.event.id)
    return f"{taken.incident.id}: {one_line(describe_entry(entry, taken.policy))}"


def format_next_steps(seen: Sight, name: str) -> Iterator[str]:
    """Format what comes next in a playbook, and what to type for the first of it."""
    found = next((one.progress for one in seen.following if one.play.playbook == name), None)
    if found is None:
        return
    if not found.open:
        later = [one for one in found.steps if one.needed == "later" and not one.settled]
        yield f"{found.checklist.name}: {format_count(found)}. Nothing is left to do."
        yield from (f"  later: {_format_state(one, seen)}" for one in later)
        return
    yield f"{found.checklist.name}: {format_count(found)}. Next:"
    late = list(found.overdue)
    order = [*late, *(one for one in found.open if one not in late)]
    for one in order[:MOST_NEXT]:
        yield f"  {_format_state(one, seen)}"
    first = order[0].task
    yield f"  {first.id} is good when: {seen.bare(first.good)}"
    yield from (f"    {line}" for line in first.command)
    yield f"  outage playbook show {first.id}      outage playbook done {first.id}"
