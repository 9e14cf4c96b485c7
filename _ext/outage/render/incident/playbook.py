"""The state of an incident's playbooks: how much is settled, what is overdue, what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from outage.incident.times import format_stamp
from outage.playbook.words import format_bare, format_count, name_owner
from outage.render.markup import bullets, chip, folded, moment, role
from outage.text import plain

if TYPE_CHECKING:
    from datetime import datetime

    from outage.playbook import Progress
    from outage.playbook.follow import Following
    from outage.playbook.state import Standing
    from outage.render.incident.snapshot import Snapshot

MOST_IN_SIGHT = 5
"""So many steps are shown, those that are overdue first; all are folded away below."""


def write_playbooks(snapshot: Snapshot) -> str:
    """Return each playbook in a few lines, its steps folded away; nothing when none was started."""
    return "\n\n".join(_write_playbook(snapshot, one) for one in snapshot.playbooks)


def _write_playbook(snapshot: Snapshot, one: Following) -> str:
    started = f"started {_write_moment(snapshot, one.play.at)} by {plain(one.play.by)}"
    if one.progress is None:
        return f"**{plain(one.play.playbook)}**, {started}. It cannot be shown: {plain(one.trouble)}"
    found = one.progress
    head = f"**{plain(found.checklist.name)}**: {plain(format_count(found))}, {started}."
    now = (
        bullets(_write_line(snapshot, step) for step in _find_first(found))
        if snapshot.incident.is_open
        else ""
    )
    steps = folded("Every step", "\n\n".join(_write_phases(snapshot, found)))
    return "\n\n".join(part for part in (head, now, steps) if part)


def _find_first(found: Progress) -> list[Standing]:
    late = list(found.overdue)
    return [*late, *(step for step in found.open if step not in late)][:MOST_IN_SIGHT]


def _write_phases(snapshot: Snapshot, found: Progress) -> Iterator[str]:
    for number, (phase, steps) in enumerate(found.phases, start=1):
        yield f"**{number}. {plain(phase.name)}**\n\n{bullets(_write_line(snapshot, step) for step in steps)}"
    if found.strange:
        lines = (f"{plain(step)}: {plain(tick.state)}" for step, tick in found.strange.items())
        yield f"**Not in this playbook (any more)**\n\n{bullets(lines)}"


def _write_line(snapshot: Snapshot, step: Standing) -> str:
    """Return what it asks, who does it, and its state."""
    text = plain(format_bare(step.task.text, snapshot.policy, snapshot.incident))
    who = chip(name_owner(step.task, snapshot.policy), "role", step.task.owner)
    return f"{who} {text}\\\n{_write_state(snapshot, step)}"


def _write_state(snapshot: Snapshot, step: Standing) -> str:
    if step.tick is not None and step.tick.settled:
        good = ("run", "good") if step.tick.state == "done" else ("mark",)
        why = f": {plain(step.tick.why)}" if step.tick.why else ""
        done = chip(step.tick.state.capitalize(), *good)
        return f"{done} {_write_moment(snapshot, step.tick.at)} by {plain(step.tick.by)}{why}"
    if step.needed == "never":
        return role("aside", "Not needed: it was over before")
    if step.needed == "later" and step.needed_at:
        return f"Only if it is still open at {_write_moment(snapshot, step.needed_at)}"
    if step.due is None or not snapshot.incident.is_open:
        return role("aside", "Open")
    return f"Due {role('due', snapshot.times.near(step.due, snapshot.now), format_stamp(step.due))}"


def _write_moment(snapshot: Snapshot, at: datetime) -> str:
    return moment(at, snapshot.times.near(at, snapshot.incident.declared_at or snapshot.now))
