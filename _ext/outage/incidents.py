"""The folder of incidents: make one, find one, know which policy it is judged by."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from outage.errors import Failed, Refused
from outage.record import FILE, Event, append, load
from outage.record.event import parse
from outage.record.store import flush_folder
from outage.source import nearest
from outage.text import one_line
from outage.unread import hint_for

if TYPE_CHECKING:
    from outage.policy import Policy
    from outage.project import Project
    from outage.record.incident import Incident

POLICY = "policy.yml"
PAGE = "index.md"
STUB = "```{incident}\n\n```\n"
"""The page of every incident: the directive knows the rest from the folder it stands in."""

_LONGEST = 40


def declare(
    project: Project,
    policy: Policy,
    data: Mapping[str, Any],
    *,
    by: str,
    at: datetime | None,
    now: datetime,
) -> tuple[Path, Event]:
    """Make the folder of a new incident and record that it was declared.

    The policy is copied first, then the declaration is written and flushed, then the page:
    a crash in between leaves either nothing that counts or a whole incident.

    Raises Refused for data that a declaration may not hold, before anything is made.
    """
    from outage.record.kinds import checked

    title = str(checked("declared", data)["title"])
    zone = ZoneInfo(policy.company.timezone)
    folder = _new_folder(project.incidents, f"{(at or now).astimezone(zone):%Y-%m-%d}-{slug(title)}")
    write_flushed(folder / POLICY, project.policy_path.read_bytes())
    event = append(folder, "declared", data, by=by, at=at)
    flush_folder(folder.parent)
    ensure_page(folder)
    return folder, event


def slug(title: str) -> str:
    """A title as part of a folder's name: small ASCII letters, digits and hyphens, 40 at most."""
    ascii_only = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", ascii_only)
    found = "-".join(words)
    if len(found) > _LONGEST:
        found = found[: _LONGEST + 1].rpartition("-")[0] or found[:_LONGEST]
    return found or "incident"


def _new_folder(incidents: Path, name: str) -> Path:
    """A folder that was not there before: ``name``, or ``name-2`` and so on."""
    try:
        incidents.mkdir(exist_ok=True)
        for number in range(1, 1000):
            folder = incidents / (name if number == 1 else f"{name}-{number}")
            try:
                folder.mkdir()
            except FileExistsError:
                continue
            return folder
    except OSError as error:
        raise Failed(f"no incident can be written there: {error.strerror}", file=incidents) from error
    raise Refused(f"there are a thousand incidents named {name}", file=incidents)


def ensure_page(folder: Path) -> None:
    """Write the incident's page if it has none."""
    if not (folder / PAGE).exists():
        write_flushed(folder / PAGE, STUB.encode())


def write_flushed(path: Path, content: bytes) -> None:
    """Write a new file and flush it to the disk (Failed if that cannot be)."""
    try:
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise Failed(f"it cannot be written: {error.strerror}", file=path) from error


def policy_of(folder: Path, project: Project) -> Policy:
    """The policy that an incident is judged by: as declared; today's if that copy is gone."""
    from outage.policy import load_policy

    return load_policy(policy_file(folder, project))


def policy_file(folder: Path, project: Project) -> Path:
    """The file of the policy that an incident is judged by."""
    return folder / POLICY if (folder / POLICY).exists() else project.policy_path


def folders(project: Project) -> list[Path]:
    """The folders of all incidents, newest first; an empty record is a declaration that died half-way."""
    if not project.incidents.is_dir():
        return []
    found = (path.parent for path in project.incidents.glob(f"*/{FILE}") if path.stat().st_size)
    return sorted(found, reverse=True)


def open_incidents(project: Project) -> list[Incident]:
    """The incidents that are not closed, newest first."""
    likely = (folder for folder in folders(project) if not _plainly_closed(folder / FILE))
    return [incident for folder in likely if (incident := load(folder)).is_open]


def find(project: Project, wanted: str | None) -> Path:
    """The folder of the incident that is meant.

    Args:
        project: where to look.
        wanted: an id, or a part of one that fits a single incident; None: the single one that
            is being worked on (or, when none is, the single one that is not closed yet).

    Raises:
        Refused: none fits, or several do; the message lists them.
    """
    if wanted:
        return _named(project, wanted)
    candidates = open_incidents(project)
    working = [incident for incident in candidates if incident.ended_at is None]
    fitting = working or candidates
    if len(fitting) == 1:
        return project.incidents / fitting[0].id
    if not fitting:
        newest = next((one_line(folder.name) for folder in folders(project)), "")
        old = f"; --incident {newest} names the newest of the closed ones" if newest else ""
        raise Refused("no incident is open", hint=f"outage declare TITLE opens one{old}")
    listed = "".join(f"\n  {one.id}  {one_line(one.title)} ({one.stage})" for one in fitting)
    raise Refused(
        f"several incidents are open:{listed}", hint="say which: --incident ID, or set OUTAGE_INCIDENT"
    )


def _named(project: Project, wanted: str) -> Path:
    names = [folder.name for folder in folders(project)]
    if wanted in names:
        return project.incidents / wanted
    fitting = [name for name in names if wanted in name]
    if len(fitting) == 1:
        return project.incidents / fitting[0]
    shown = one_line(wanted)[:80]
    if fitting:
        raise Refused(
            f"'{shown}' fits several incidents: {', '.join(fitting[:5])}", hint="write more of the id"
        )
    near = (
        nearest(wanted, names, "'outage status --all' lists them") if names else "none was ever declared here"
    )
    hint = hint_for(project.root, "incident", wanted) or near
    raise Refused(f"there is no incident '{shown}'", hint=hint)


def _plainly_closed(path: Path) -> bool:
    """Whether a record can be seen to be closed without folding it; when unsure, it is not."""
    content = path.read_bytes()
    if b'"correction"' in content or b'"closed"' not in content:
        return False
    stages = list(_stages(content))
    return bool(stages) and max(stages, key=lambda event: event.order).data.get("stage") == "closed"


def _stages(content: bytes) -> Iterator[Event]:
    import json

    for line in content.split(b"\n"):
        if b'"stage"' in line:
            try:
                event = parse(json.loads(line))
            except ValueError:
                continue
            if event.kind == "stage":
                yield event
