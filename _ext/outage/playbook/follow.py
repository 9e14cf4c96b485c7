"""Following a playbook in an incident: which are under way, and which event a word like ``done`` makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outage.errors import OutageError, Refused
from outage.playbook.load import FOLDER, find_playbooks, load_playbook
from outage.playbook.resolve import Checklist, resolve
from outage.playbook.state import Play, Progress, Standing, compute_progress, fold_plays
from outage.source import nearest
from outage.text import one_line
from outage.unread import hint_for

if TYPE_CHECKING:
    from outage.incident.record.model import Incident
    from outage.policy import Policy


@dataclass(frozen=True)
class Following:
    """A playbook that was started in an incident.

    Attributes:
        play: what was recorded.
        progress: how far it is; None when the playbook cannot be used.
        trouble: why not (hostile), or the empty string.
    """

    play: Play
    progress: Progress | None
    trouble: str = ""


def list_followed(root: Path, incident: Incident, policy: Policy, now: datetime) -> tuple[Following, ...]:
    """List the playbooks of an incident, in the order in which they were started.

    Args:
        root: the handbook's folder, whose playbooks are used as they are today.
        incident: as folded.
        policy: the one that the incident is judged by.
        now: aware.
    """
    found = []
    for play in fold_plays(incident).values():
        try:
            checklist = load_checklist(root, play.playbook, policy, incident)
        except OutageError as error:
            found.append(Following(play, None, error.message))
        else:
            found.append(Following(play, compute_progress(checklist, play, incident, policy, now)))
    return tuple(found)


def load_checklist(root: Path, name: str, policy: Policy, incident: Incident | None = None) -> Checklist:
    """Load a playbook by its id, at the severity of an incident.

    Raises:
        Refused: there is none of that name, or it is wrong.
    """
    known = {path.stem: path for path in find_playbooks(root)}
    if name not in known:
        near = nearest(name, list(known), None if known else f"{FOLDER}/ holds none yet")
        hint = hint_for(root, "playbook", name) or near
        raise Refused(f"there is no playbook '{one_line(name)[:60]}'", hint=hint)
    severity = incident.severity if incident and incident.severity in policy.severities else None
    return resolve(load_playbook(known[name], policy, root), policy, severity)


def make_start_data(name: str, checklist: Checklist, incident: Incident) -> dict[str, Any]:
    """Make the data of an event that starts a playbook; Refused if it was started before."""
    play = fold_plays(incident).get(name)
    if play is not None:
        raise Refused(
            f"{name} was started already, by {one_line(play.by)}",
            hint=f"outage playbook list {name} shows where it stands",
        )
    if not checklist.tasks:
        raise Refused(f"{name} has no step for this company", hint="its conditions leave none")
    return {"playbook": name, "state": "started"}


def find_followed(found: Sequence[Following], step: str, playbook: str | None = None) -> Progress:
    """Find the playbook under way that has a step or phase of this id; Refused if none has it, or several."""
    usable = [one.progress for one in found if one.progress is not None]
    if playbook is not None:
        usable = [one for one in usable if one.checklist.id == playbook]
    if not usable:
        raise Refused(_nothing(found, playbook), hint="outage playbook start PLAYBOOK begins one")
    fitting = [one for one in usable if step in _list_ids(one.checklist)]
    if len(fitting) > 1:
        names = ", ".join(one.checklist.id for one in fitting)
        raise Refused(f"several playbooks have a '{step}': {names}", hint="say which: --playbook ID")
    if not fitting:
        known = [name for one in usable for name in _list_ids(one.checklist)]
        otherwise = f"outage playbook list {usable[0].checklist.id} shows the steps"
        raise Refused(f"there is no step '{one_line(step)[:60]}'", hint=nearest(step, known, otherwise))
    return fitting[0]


def _nothing(found: Sequence[Following], playbook: str | None) -> str:
    if found and found[0].trouble and not playbook:
        return f"{one_line(found[0].play.playbook)} cannot be used: {one_line(found[0].trouble)}"
    return (
        f"{one_line(playbook or 'no playbook')[:60]} was {'not ' if playbook else ''}started in this incident"
    )


def _list_ids(checklist: Checklist) -> list[str]:
    return [*(task.id for task in checklist.tasks), *(phase.id for phase in checklist.phases)]


def make_settle_data(found: Progress, step: str, state: str, why: str | None = None) -> dict[str, Any]:
    """Make the data of the event that settles a step, or skips what is open of a phase, or takes that back.

    Raises:
        Refused: that is so already, or a phase is said to be done.
    """
    phase = next((steps for phase, steps in found.phases if phase.id == step), None)
    if phase is None:
        _check_step(next(one for one in found.steps if one.task.id == step), step, state)
    elif state == "done":
        listed = ", ".join(one.task.id for one in phase)
        raise Refused(f"'{step}' is a phase; only steps are done", hint=f"its steps: {listed}")
    elif state == "skipped" and not any(one.open or one.needed == "later" for one in phase):
        raise Refused(f"nothing of '{step}' is left to skip")
    elif state == "started" and step not in found.play.ticks:
        raise Refused(f"'{step}' was not skipped", hint="a step that was done is opened again by its own id")
    return {"playbook": found.checklist.id, "step": step, "state": state, **({"why": why} if why else {})}


def _check_step(one: Standing, step: str, state: str) -> None:
    if state == "started" and not one.settled:
        raise Refused(f"'{step}' is open: nobody has done or skipped it")
    if one.tick and one.tick.state == state:
        hint = f"outage playbook reopen {step} takes that back"
        raise Refused(f"'{step}' is {state} already, says {one_line(one.tick.by)}", hint=hint)
