"""The folder of incidents: make one, find one, know which policy it is judged by."""

from __future__ import annotations

import json
import os
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from outage import files
from outage.errors import Failed, Refused
from outage.incident.record import FILE, Event, append, load
from outage.incident.record.event import parse_event
from outage.incident.record.kinds import check_data
from outage.incident.record.order import put_in_turn
from outage.incident.record.store import is_plain
from outage.policy import load_policy
from outage.source import nearest
from outage.text import one_line
from outage.unread import hint_for

if TYPE_CHECKING:
    from outage.incident.record.model import Incident
    from outage.policy import Policy
    from outage.project import Project

POLICY = "policy.yml"
PAGE = "index.md"
STUB = "```{incident}\n\n```\n"
"""The page of every incident: the directive knows the rest from the folder it is in."""

CODE = 4
"""Characters that end a new incident's id; alone, they are enough to name it."""
_CODE_LETTERS = "23456789bcdfghjkmnpqrstvwxyz"  # none that is mistaken for another, none that makes words
_LONGEST = 40
_MOST_LISTED = 5
_NAME = re.compile(r"(?![-.])[^\s\x00-,/:-@\[-^`{-\xa0\ud800-\udfff]+")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


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

    Its id ends in characters drawn at random, so that two people on two clones never declare one
    incident between them. The policy is copied first, then the declaration is written and flushed,
    then the page: a crash in between leaves either nothing that counts or a whole incident.

    Raises Refused for data that a declaration may not hold, before anything is made.
    """
    title = str(check_data("declared", data)["title"])
    zone = ZoneInfo(policy.company.timezone)
    folder = _make_folder(project.incidents, f"{(at or now).astimezone(zone):%Y-%m-%d}-{make_slug(title)}")
    write_flushed(folder / POLICY, project.policy_path.read_bytes())
    event = append(folder, "declared", data, by=by, at=at)
    files.flush_folder(folder.parent)
    ensure_page(folder)
    return folder, event


def make_slug(title: str) -> str:
    """Return a title as part of a folder's name: small ASCII letters, digits and hyphens, 40 at most.

    It is ``incident`` where nothing of the title is ASCII.
    """
    ascii_only = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", ascii_only)
    found = "-".join(words)
    if len(found) > _LONGEST:
        found = found[: _LONGEST + 1].rpartition("-")[0] or found[:_LONGEST]
    return found or "incident"


def _make_folder(incidents: Path, name: str) -> Path:
    """Make a folder that was not there before: ``name`` and a code."""
    try:
        incidents.mkdir(exist_ok=True)
        while True:
            folder = incidents / f"{name}-{draw_code()}"
            try:
                folder.mkdir()
            except FileExistsError:
                continue
            return folder
    except OSError as error:
        raise Failed(f"no incident can be written there: {error.strerror}", file=incidents) from error


def draw_code() -> str:
    """Draw the end of an id, such as ``k3f7``: digits and consonants, at least one of each."""
    while True:
        code = "".join(secrets.choice(_CODE_LETTERS) for _ in range(CODE))
        if not code.isalpha() and not code.isdigit():
            return code


def ensure_page(folder: Path) -> None:
    """Write the incident's page if it has none."""
    if not os.path.lexists(folder / PAGE):
        write_flushed(folder / PAGE, STUB.encode())


def write_flushed(path: Path, content: bytes) -> None:
    """Write a new file, through no link, and flush it to the disk (Failed if that cannot be)."""
    try:
        files.create(path, content)
    except OSError as error:
        hint = "nothing was recorded: make room or fix the rights, then do it again"
        raise Failed(f"it cannot be written: {error.strerror}", file=path, hint=hint) from error


def load_policy_of(folder: Path, project: Project) -> Policy:
    """Return the policy that an incident is judged by: as declared; today's if that copy is gone."""
    return load_policy(find_policy_file(folder, project))


def find_policy_file(folder: Path, project: Project) -> Path:
    """Return the file of the policy that an incident is judged by."""
    return folder / POLICY if (folder / POLICY).exists() else project.policy_path


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something in the folder of incidents that holds a record and is not an incident.

    Attributes:
        folder: its path.
        why: what is wrong with it, in words that follow its name.
    """

    folder: Path
    why: str

    def __str__(self) -> str:
        return (
            f"{self.folder.parent.name}/{one_line(self.folder.name)} is not read as an incident: {self.why}"
        )

    def refuse(self) -> Refused:
        """Return the same as a finding of ``outage check``."""
        return Refused(f"this is not read as an incident: {self.why}", file=self.folder)


def is_name(name: str) -> bool:
    """Return whether a folder of this name may be an incident: an id, made by us or by hand in any script."""
    return _NAME.fullmatch(name) is not None


def explain_left_out(folder: Path) -> str | None:
    """Say why a folder that holds a record is not read as an incident; None if it is, or holds none.

    A name that a file manager gave to a copy, and links, which may lead out of the handbook: what is
    written to an incident is written through no link.
    """
    record = folder / FILE
    if not os.path.lexists(record):
        return None
    if folder.is_symlink():
        return "it is a link; move the real folder here, or delete the link"
    if not is_name(folder.name):
        return (
            "its name has other characters than letters, digits, '-', '_' and '.', as a copy's has;"
            " rename it, or delete it if it is a copy"
        )
    if not is_plain(record):
        what = "a link" if record.is_symlink() else "not a file"
        return f"its {FILE} is {what}; put the record itself there, or delete the folder"
    if not os.access(record, os.R_OK):
        return f"you may not read its {FILE}; give yourself the right to"
    return None


def list_left_out(incidents: Path) -> list[LeftOut]:
    """List what holds a record and is not read as an incident, by name."""
    inside = sorted(incidents.iterdir()) if incidents.is_dir() else []
    return [LeftOut(folder, why) for folder in inside if (why := explain_left_out(folder))]


def list_folders_in(incidents: Path) -> list[Path]:
    """List the folders of all incidents, the newest first.

    An empty record is a declaration that died half-way.
    """
    if not incidents.is_dir():
        return []
    found = [
        folder
        for folder in incidents.iterdir()
        if is_plain(folder / FILE) and (folder / FILE).stat().st_size and not explain_left_out(folder)
    ]
    return sorted(found, key=lambda folder: (_find_declared_at(folder), folder.name), reverse=True)


def list_folders(project: Project) -> list[Path]:
    """List the folders of a project's incidents, the newest first."""
    return list_folders_in(project.incidents)


def _find_declared_at(folder: Path) -> datetime:
    """Return when an incident was declared, without folding its record; long ago if no one declared it."""
    declared = _scan_events((folder / FILE).read_bytes(), "declared")
    return min((event.at for event in declared), default=_LONG_AGO)


def list_open(project: Project) -> list[Incident]:
    """Return the incidents that are not closed, newest first."""
    likely = (folder for folder in list_folders(project) if not _is_plainly_closed(folder / FILE))
    return [incident for folder in likely if (incident := load(folder)).is_open]


def find(project: Project, wanted: str | None) -> Path:
    """Return the folder of the incident that is meant.

    Args:
        project: where to look.
        wanted: an id, the characters that end one, or a part of an id or a title that fits a single
            incident; None: the single one that is being worked on (or, when none is, the single
            one that is not closed yet).

    Raises:
        Refused: none fits, or several do; the message lists them.
    """
    if wanted and wanted.strip():
        return _find_named(project, wanted.strip())
    candidates = list_open(project)
    working = [incident for incident in candidates if incident.ended_at is None]
    fitting = working or candidates
    if len(fitting) == 1:
        return project.incidents / fitting[0].id
    if not fitting:
        newest = next((one_line(folder.name) for folder in list_folders(project)), "")
        old = f"; --incident {newest} names the newest of the closed ones" if newest else ""
        raise Refused("no incident is open", hint=f"outage declare TITLE opens one{old}")
    listed = "".join(f"\n  {one.id}  {one_line(one.title)} ({one.stage})" for one in fitting)
    raise Refused(
        f"several incidents are open:{listed}", hint="say which: --incident ID, or set OUTAGE_INCIDENT"
    )


def _find_named(project: Project, wanted: str) -> Path:
    names = [folder.name for folder in list_folders(project)]
    fitting = _find_fitting(project, names, wanted)
    if len(fitting) == 1:
        return project.incidents / fitting[0]
    shown = one_line(wanted)[:80]
    if fitting:
        listed = "".join(
            f"\n  {one_line(name)}  {_find_title(project, name)}" for name in fitting[:_MOST_LISTED]
        )
        more = f"\n  and {len(fitting) - _MOST_LISTED} more" if len(fitting) > _MOST_LISTED else ""
        raise Refused(
            f"'{shown}' fits several incidents:{listed}{more}",
            hint=f"write more of it, or the last {CODE} characters of the id",
        )
    for one in list_left_out(project.incidents):
        if one.folder.name == wanted:
            raise Refused(str(one))
    near = (
        nearest(wanted, names, "'outage status --all' lists them") if names else "none was ever declared here"
    )
    hint = hint_for(project.root, "incident", wanted) or near
    raise Refused(f"there is no incident '{shown}'", hint=hint)


def _find_fitting(project: Project, names: list[str], wanted: str) -> list[str]:
    """Return the ids that a text names, by the closest kind of likeness that any has."""
    text = _normalise(wanted)
    ways: list[Callable[[str], bool]] = [
        lambda name: name == wanted,
        lambda name: name.casefold().endswith(f"-{text}") and len(text) == CODE,
        lambda name: text in name.casefold(),
        lambda name: text in _normalise(load(project.incidents / name).title),
    ]
    for fits in ways:
        if found := [name for name in names if fits(name)]:
            return found
    return []


def _normalise(text: str) -> str:
    """Return a text in one form, whatever the case, spacing and Unicode form in which it is typed."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _find_title(project: Project, name: str) -> str:
    return one_line(load(project.incidents / name).title)


def _is_plainly_closed(path: Path) -> bool:
    """Return whether a record can be seen to be closed without folding it; when unsure, it is not."""
    content = path.read_bytes()
    if b'"correction"' in content or b'"closed"' not in content:
        return False
    events = [*_scan_events(content, "stage"), *_scan_events(content, "declared")]
    if len({event.id for event in events}) < len(events):
        return False
    turns, _ = put_in_turn(events)
    last = turns[-1].event if turns else None
    return last is not None and last.kind == "stage" and last.data.get("stage") == "closed"


def _scan_events(content: bytes, kind: str) -> Iterator[Event]:
    """Yield the events of one kind in a record's content; lines that cannot be read are passed over."""
    word = f'"{kind}"'.encode()
    for line in content.split(b"\n"):
        if word in line:
            try:
                event = parse_event(json.loads(line))
            except (ValueError, RecursionError):
                continue
            if event.kind == kind:
                yield event
