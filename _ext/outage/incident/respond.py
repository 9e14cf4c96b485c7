"""One step of a response: record it, notify the right people, share it.

The record comes first and is on the disk before anyone is told; neither a dead chat
service nor an unreachable remote can lose an event or keep a responder waiting.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outage.errors import Failed, OutageError, Refused
from outage.git import GitFailed, call
from outage.incident import folders, notify
from outage.incident.record import Event, Incident, append, load
from outage.incident.record.describe import name_role
from outage.incident.record.kinds import KINDS, check_data
from outage.incident.sync import background, state
from outage.incident.sync.share import Shared, find_repository
from outage.incident.times import format_full
from outage.policy.classify import classify
from outage.policy.vocabulary import AUDIENCES, SCOPES
from outage.source import nearest
from outage.text import join_words, one_line

if TYPE_CHECKING:
    from outage.policy import Policy
    from outage.project import Project


@dataclass(frozen=True)
class Step:
    """A step that was taken.

    Attributes:
        folder: the incident's folder.
        event: what was recorded.
        incident: the incident with it.
        policy: the policy that the incident is judged by.
        posted: what became of the messages.
        sync: how the last sync went, before this step's own.
        unshared: why it cannot be shared by itself although policy says so, or the empty string.
    """

    folder: Path
    event: Event
    incident: Incident
    policy: Policy
    posted: notify.Posted
    sync: state.State
    unshared: str = ""


def record_step(
    project: Project,
    folder: Path,
    kind: str,
    data: Mapping[str, Any],
    *,
    by: str,
    at: datetime | None,
    silent: bool = False,
    still: Callable[[Incident], object] = lambda incident: None,
) -> Step:
    """Record an event of an incident, post what it makes unless ``silent``, and ask for a sync.

    Raises Refused, before anything is written, for data that does not fit. ``still`` looks at the
    incident again while no one else can write to its record, and raises if the event no longer fits.
    """
    policy = folders.load_policy_of(folder, project)
    found = _translate(policy, data)
    if kind in ("correction", "redaction"):
        found = _check_amendment(load(folder), policy, kind, found)

    def check() -> None:
        incident = load(folder)
        if kind in ("role", "handoff"):
            _refuse_same_holder(incident, policy, found, at)
        still(incident)

    event = append(folder, kind, found, by=by, at=at, check=check)
    return _spread(project, folder, event, policy, silent=silent)


def declare(
    project: Project,
    policy: Policy,
    data: Mapping[str, Any],
    *,
    by: str,
    at: datetime | None,
    now: datetime,
    silent: bool = False,
) -> Step:
    """Open an incident, post it unless ``silent``, and ask for a sync."""
    folder, event = folders.declare(project, policy, _translate(policy, data), by=by, at=at, now=now)
    return _spread(project, folder, event, policy, silent=silent)


def _spread(project: Project, folder: Path, event: Event, policy: Policy, *, silent: bool) -> Step:
    """Write the page, post what the event makes, and ask for a sync."""
    incident = load(folder)
    with suppress(Failed):  # the event counts; the next command writes the page
        folders.ensure_page(folder)
    policy_file = folders.find_policy_file(folder, project)
    posted = notify.post(folder, policy_file, incident, event.id, policy, silent=silent)
    before, unshared = state.load(folder), explain_unshared(folder, policy)
    if policy.sync.automatic and not unshared:
        with suppress(OSError):  # no process can be started now; the next command asks again
            background.request(folder, policy.sync.remote, policy.sync.branch)
    return Step(folder, event, incident, policy, posted, before, unshared)


def explain_unshared(folder: Path, policy: Policy) -> str:
    """Say why an incident isn't shared although policy says so; empty if it is, or needn't be."""
    if not policy.sync.automatic:
        return ""
    try:
        repo = find_repository(folder.parent)
        return "" if repo.has_remote(policy.sync.remote) else f"git knows no remote '{policy.sync.remote}'"
    except OutageError as error:
        return error.message


def _translate(policy: Policy, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data with this policy's ids; a company's own names ("IC", "Sev 1") are understood too.

    Refused for a severity, audience, scope or place that this company has not.
    """
    found = dict(data)
    for key, names in _list_names(policy).items():
        if found.get(key) is not None:
            found[key] = names.get(str(found[key]).strip().casefold(), found[key])
    if found.get("severity") is not None:
        found["severity"] = policy.severity_id(str(found["severity"]))
    role = {str(key): one for key, one in policy.roles.items()}.get(str(found.get("role")))
    if role is not None and role.merged_into:
        found["role"] = role.merged_into
    for key, fixed, here in (
        ("audience", AUDIENCES, list(policy.audiences)),
        ("scope", SCOPES, policy.scopes),
    ):
        if found.get(key) in fixed and found[key] not in here:
            raise Refused(f"this company has no {key} '{found[key]}'", hint=f"it has: {', '.join(here)}")
    _check_place(policy, found)
    return found


def _list_names(policy: Policy) -> dict[str, dict[str, str]]:
    """Return what a company calls its severities, roles and audiences, in small letters, and the ids."""
    roles = {name.casefold(): key for key, one in policy.roles.items() for name in (one.name, one.short)}
    return {
        "severity": {one.name.casefold(): key for key, one in policy.severities.items()},
        "role": {str(name): str(key) for name, key in roles.items()},
        "audience": {one.name.casefold(): str(key) for key, one in policy.audiences.items()},
    }


def _check_place(policy: Policy, data: dict[str, Any]) -> None:
    """Check that division and area are policy's; an area names its division if only one has it."""
    division, area = data.get("division"), data.get("area")
    if division is not None and division not in policy.divisions:
        raise Refused(f"there is no division '{division}'", hint=nearest(division, list(policy.divisions)))
    if area is None or not policy.divisions:
        return
    among = {division: policy.divisions[division]} if division else policy.divisions
    holding = [name for name, settings in among.items() if area in settings.areas]
    if not holding:
        areas = [name for settings in among.values() for name in settings.areas]
        raise Refused(f"there is no area '{area}'", hint=nearest(area, areas))
    if division is None and len(holding) == 1:
        data["division"] = holding[0]


def _check_amendment(incident: Incident, policy: Policy, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return the data of a correction or redaction of one entry; Refused if it would not fit that entry."""
    wanted = str(data["event"]).lower()
    fitting = [entry for entry in incident.entries if entry.event.id.startswith(wanted)]
    if len(fitting) != 1:
        shown = one_line(wanted)[:60]
        reason = (
            f"several entries have an id that begins with '{shown}'" if fitting else f"no entry '{shown}'"
        )
        raise Refused(reason, hint="'outage timeline' shows each entry's id; its first eight characters do")
    entry = fitting[0]
    if kind == "correction" and entry.known and entry.event.kind not in ("correction", "redaction"):
        main = KINDS[entry.event.kind].main
        corrected = check_data(entry.event.kind, _translate(policy, {**entry.data, main: data["text"]}))
        data = {**data, "text": str(corrected[main])}
    return {**data, "event": entry.event.id}


def _refuse_same_holder(
    incident: Incident, policy: Policy, data: Mapping[str, Any], at: datetime | None
) -> None:
    """Refuse to give a role to someone who holds it already, at that moment or now."""
    role, person = str(data.get("role")), " ".join(str(data.get("person", "")).split())
    for held in incident.roles.get(role, ()):
        holds = held.until is None if at is None else held.since <= at and (not held.until or at < held.until)
        if holds and held.person.casefold() == person.casefold():
            since = format_full(held.since, policy.company.timezone)
            raise Refused(
                f"{one_line(held.person)} already is the {name_role(role, policy)}, since {since};"
                " nothing was recorded",
                hint=f"to hand over to someone else: outage handoff {role} NAME",
            )


def grade(
    policy: Policy, severity: str | None, answers: Mapping[str, str] | None
) -> tuple[dict[str, Any], str]:
    """Return severity and scope of a new incident, and the reason in words.

    Given is given; else the answers decide by policy's questions; else, in doubt, the
    highest or lowest as policy says. Refused for answers that make no incident.
    """
    if answers is not None:
        found = classify(policy, answers)
        chosen = severity or found.severity
        if chosen is None:
            raise Refused("by these answers it is no incident", hint="--severity S declares it all the same")
        clauses = [*(() if severity else found.severity_clauses), *found.scope_clauses]
        data = {"severity": chosen, "scope": found.scope, "answers": dict(answers), "clauses": clauses}
        by_answers = f"by your answers ({', '.join(clauses)})"
        return data, f"the severity as you said, the scope {by_answers}" if severity else by_answers
    if severity is not None:
        return {"severity": severity, "scope": policy.scopes[0]}, "as you said"
    which = "highest" if policy.classification.when_in_doubt == "higher" else "lowest"
    data = {"severity": which, "scope": policy.scopes[0], "clauses": ["classification.when_in_doubt"]}
    return data, f"none was given, and in doubt it is the {which} (classification.when_in_doubt)"


def deliver(project: Project, folder: Path | None) -> list[notify.Report]:
    """Try to deliver the messages that wait, of one incident or of all."""
    asked = [folder] if folder else [one for one in folders.list_folders(project) if notify.list_waiting(one)]
    return [notify.flush(one, folders.load_policy_of(one, project)) for one in asked]


def settle_by_hand(project: Project, folder: Path, named: str) -> list[notify.Message]:
    """Take what waits for a channel out of the outbox, because a person has published it.

    Args:
        project: the handbook.
        folder: the incident's.
        named: the channel's id or name, or an audience.

    Raises:
        Refused: nothing waits for it.
        Failed: it is being sent at this moment.
    """
    policy, box = folders.load_policy_of(folder, project), notify.look(folder)
    audience = {str(key): one.channel for key, one in policy.audiences.items()}.get(named)
    found = [*box.waiting, *box.refused]
    names = {one.channel for one in found if named.casefold() in (one.channel, one.name.casefold())}
    with notify.paused(folder) as ours:
        if not ours:
            raise Failed("messages are being sent at this moment", hint="nothing was dropped; type it again")
        dropped = [
            one
            for channel in sorted({*names, str(audience)})
            for one in notify.settle_by_hand(folder, channel)
        ]
    if not dropped:
        waits = join_words(sorted({one_line(one.name) for one in found})) or "nothing at all"
        raise Refused(f"nothing waits for '{one_line(named)}'", hint=f"what waits is for: {waits}")
    return dropped


def share(project: Project, folder: Path | None) -> Shared:
    """Commit, pull and push one incident; or every open one, and what only the remote has.

    Raises Refused or Failed as ``outage.incident.sync.share`` does; the failure is remembered beside
    each incident.
    """
    names = [folder.name] if folder else [one.id for one in folders.list_open(project)]
    sync = project.policy().sync
    return background.share_and_remember(
        project.incidents, names, sync.remote, sync.branch, receive=folder is None
    )


def find_who(given: str | None, folder: Path) -> str:
    """Name who records: as said, else $OUTAGE_BY, git's user.name, the login name. No one checks it.

    A blank name is no name: the next source is asked.
    """
    named = (" ".join(name.split()) for name in _list_who(given, folder))
    return next(filter(None, named), "unknown")[:200]


def _list_who(given: str | None, folder: Path) -> Iterator[str]:
    """Yield the names that the sources give, asked one after the other and only as far as needed."""
    yield given or ""
    yield os.environ.get("OUTAGE_BY", "")
    yield _read_git_name(folder)
    yield _find_login()


def _find_login() -> str:
    """Return the login name, as the variables of a login say it or else as the system does."""
    variables = (os.environ.get(name, "").strip() for name in ("LOGNAME", "USER"))
    if named := next(filter(None, variables), ""):
        return named
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except (KeyError, OSError):
        return ""


def _read_git_name(folder: Path) -> str:
    try:
        return call(folder, "config", "user.name").decode(errors="replace").strip()
    except GitFailed:
        return ""
