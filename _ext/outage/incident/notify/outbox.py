"""Messages that wait: each is on the disk before it is sent, and goes when it was delivered.

One file a message in ``incidents/<id>/.outbox/``, which git ignores. What could not be
delivered waits, with the reason, for the next command or ``outage sync``. Each channel gets
its messages in order; one that it cannot take (malformed, not merely unreachable) is put
aside and said. What was delivered is listed in ``delivered.jsonl``.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outage import files
from outage.background import ensure_private
from outage.errors import Failed
from outage.incident.record.event import format_moment, parse_moment

if TYPE_CHECKING:
    from outage.incident.notify.route import Post

FOLDER = ".outbox"
_DELIVERED = "delivered.jsonl"
REFUSED = ".refused"
_ASKED = ".asked"
_UNREADABLE = (ValueError, TypeError, KeyError)


@dataclass(frozen=True, slots=True)
class Message:
    """A message that waits.

    Attributes:
        channel: id of the channel in policy.
        name: what people call the channel.
        text: the message.
        event: id of the event it tells of.
        written: when it was put here (aware, UTC).
        refused: how often the service refused it as malformed.
        place: see :class:`outage.incident.notify.route.Post`.
        outward: see :class:`outage.incident.notify.route.Post`.
        tried: when it was last tried in vain (aware, UTC), or None.
        problem: why that failed, or the empty string; never an address.
    """

    channel: str
    name: str
    text: str
    event: str
    written: datetime
    refused: int = 0
    place: Mapping[str, str] = field(default_factory=dict)
    outward: bool = False
    tried: datetime | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message that reached its channel: its name, the event that it tells of, when, and if by a person."""

    channel: str
    name: str
    event: str
    at: datetime
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Outbox:
    """What an incident's outbox holds: what was delivered, what waits, and what no service takes."""

    delivered: tuple[Delivered, ...] = ()
    waiting: tuple[Message, ...] = ()
    refused: tuple[Message, ...] = ()


def look(folder: Path) -> Outbox:
    """Read what the outbox of an incident's folder holds; what cannot be read is left out."""
    outbox = find_box(folder)
    return Outbox(
        _read_delivered(outbox), _read_messages(list_waiting(folder)), _read_messages(_put_aside(folder))
    )


def put(folder: Path, posts: tuple[Post, ...], event: str) -> list[Path]:
    """Write the messages of an event to the incident's outbox, so that they outlive this process.

    Returns the file of each. Raises Failed when they cannot be written.
    """
    paths: list[Path] = []
    try:
        for post in posts:
            values = (post.channel, post.name, post.text, event, datetime.now(UTC))
            message = Message(*values, place=post.place, outward=post.outward)
            paths.append(_choose_path(ensure_private(find_box(folder))))
            _write(paths[-1], message)
    except OSError as error:
        raise Failed(f"the messages could not be written: {error.strerror}", file=find_box(folder)) from error
    return paths


def list_waiting(folder: Path) -> list[Path]:
    """Return the files of the messages that wait, in the order in which they were written."""
    return sorted(find_box(folder).glob("*.json"))


def _put_aside(folder: Path) -> list[Path]:
    return sorted(find_box(folder).glob(f"*{REFUSED}"))


def find_box(folder: Path) -> Path:
    """Return the outbox of an incident's folder."""
    return folder / FOLDER


def list_queues(folder: Path) -> dict[str, list[Path]]:
    """Return the files that wait, by channel. One that someone garbled is put aside, not stumbled over."""
    found: dict[str, list[Path]] = {}
    for path in list_waiting(folder):
        try:
            found.setdefault(read(path).channel, []).append(path)
        except _UNREADABLE:
            path.rename(path.with_suffix(REFUSED))
    return found


def mark_asked(path: Path) -> None:
    """Let the command that waits for this message know that its service is asked now."""
    with suppress(OSError):  # a full disk: it waits no longer than it would
        path.with_suffix(_ASKED).touch()


def is_asked(path: Path) -> bool:
    """Whether a message's service is asked, or was."""
    return path.with_suffix(_ASKED).exists()


_SETTLING = threading.Lock()  # a thread that was left behind may still deliver what is called late


def settle_delivered(path: Path, message: Message, *, by_hand: bool = False) -> None:
    """List a message as delivered, and let it go."""
    values = {"channel": message.channel, "name": message.name, "event": message.event}
    more = {"by_hand": True} if by_hand else {}
    line = json.dumps({**values, "at": format_moment(datetime.now(UTC)), **more}) + "\n"
    with _SETTLING:
        with (path.parent / _DELIVERED).open("a", encoding="utf-8") as file:
            file.write(line)
        path.unlink(missing_ok=True)
        path.with_suffix(_ASKED).unlink(missing_ok=True)


def settle_failed(path: Path, message: Message, problem: str, *, malformed: bool, aside: bool) -> None:
    """Keep a message with why it was not delivered; ``aside`` takes it out of the queue."""
    refused = message.refused + 1 if malformed else message.refused
    with _SETTLING:
        if path.exists():
            _write(path, replace(message, refused=refused, tried=datetime.now(UTC), problem=problem))
            if aside:
                path.rename(path.with_suffix(REFUSED))
            path.with_suffix(_ASKED).unlink(missing_ok=True)


def settle_by_hand(folder: Path, channel: str) -> list[Message]:
    """List what waits for a channel, or was put aside, as published by a person, and let it go.

    For those who hold the outbox's lock. Returns the messages; those of no channel that can be read stay.
    """
    settled = []
    for path in [*list_waiting(folder), *_put_aside(folder)]:
        with suppress(*_UNREADABLE, FileNotFoundError):
            message = read(path)
            if message.channel == channel:
                settle_delivered(path, message, by_hand=True)
                settled.append(message)
    return settled


def fail_all(folder: Path, problem: str) -> None:
    """Keep what waits, each with why none of it could even be tried."""
    for paths in list_queues(folder).values():
        for path in paths:
            settle_failed(path, read(path), problem, malformed=False, aside=False)


def _read_messages(paths: list[Path]) -> tuple[Message, ...]:
    found = []
    for path in paths:
        try:
            found.append(read(path))
        except (*_UNREADABLE, OSError):
            continue  # delivered meanwhile, or garbled
    return tuple(found)


def _read_delivered(outbox: Path) -> tuple[Delivered, ...]:
    found = []
    try:
        lines = (outbox / _DELIVERED).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    for line in lines:
        try:
            values = json.loads(line)
            found.append(Delivered(**{**values, "at": parse_moment(values["at"])}))
        except _UNREADABLE:
            continue  # torn by a full disk
    return tuple(found)


def _choose_path(outbox: Path) -> Path:
    """Return a name that sorts after every message that waits, whatever the clock says."""
    now = time.time_ns()
    last = max((int(path.name.split("-")[0]) for path in outbox.glob("[0-9]*-*.json")), default=0)
    return outbox / f"{max(now, last + 1):020d}-{os.getpid()}.json"


def _write(path: Path, message: Message) -> None:
    """Write a message whole or not at all, flushed to the disk."""
    tried = format_moment(message.tried) if message.tried else None
    values: dict[str, Any] = {**asdict(message), "written": format_moment(message.written), "tried": tried}
    files.replace(path, json.dumps(values))


def read(path: Path) -> Message:
    """Read the message in a file; ValueError, TypeError or KeyError if it is garbled."""
    values = json.loads(path.read_text(encoding="utf-8"))
    tried = parse_moment(values["tried"]) if values.get("tried") else None
    return Message(**{**values, "written": parse_moment(values["written"]), "tried": tried})
