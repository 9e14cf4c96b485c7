"""Messages that wait: each is on the disk before it is sent, and goes when it was delivered.

One file a message in ``incidents/<id>/.outbox/``, which git ignores. What could not be
delivered waits for the next command or ``outage sync``. Each channel gets its messages in
order; one that it cannot take (malformed, not merely unreachable) is put aside and said.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from outage.chat.address import resolve_address
from outage.chat.deliver import Outcome, deliver, ready
from outage.errors import Failed, Refused
from outage.record.event import moment, stamp

if TYPE_CHECKING:
    from outage.chat.route import Post
    from outage.policy import Policy
    from outage.policy.vocabulary import ChannelId

FOLDER = ".outbox"
LIMIT = 5.0
"""Seconds that all deliveries of one command may take together."""
MOST_REFUSALS = 3
_OLD = timedelta(minutes=2)


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
        place: see :class:`outage.chat.route.Post`.
    """

    channel: str
    name: str
    text: str
    event: str
    written: datetime
    refused: int = 0
    place: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message: ``problem`` is empty when it was delivered."""

    message: Message
    problem: str
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What one round of deliveries did.

    Attributes:
        deliveries: the messages that were tried, in order, channel by channel.
        waiting: how many messages wait now.
        busy: another command was delivering; it, or the next one, takes ours along.
    """

    deliveries: tuple[Delivery, ...] = ()
    waiting: int = 0
    busy: bool = False


def put(folder: Path, posts: tuple[Post, ...], event: str) -> None:
    """Write the messages of an event to the incident's outbox, so that they outlive this process.

    Raises Failed when they cannot be written.
    """
    try:
        for post in posts:
            message = Message(post.channel, post.name, post.text, event, datetime.now(UTC), place=post.place)
            _write(_next_path(private(box(folder))), message)
    except OSError as error:
        raise Failed(f"the messages could not be written: {error.strerror}", file=box(folder)) from error


def waiting(folder: Path) -> list[Path]:
    """The files of the messages that wait, in the order in which they were written."""
    return sorted(box(folder).glob("*.json"))


def box(folder: Path) -> Path:
    """The outbox of an incident's folder."""
    return folder / FOLDER


def private(folder: Path) -> Path:
    """Make a folder that git ignores, wherever it is, and return it."""
    folder.mkdir(exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
    return folder


def flush(folder: Path, policy: Policy, limit: float = LIMIT) -> Report:
    """Try to deliver what waits, channels side by side, each in order, within ``limit`` seconds."""
    if not waiting(folder):
        return Report()
    end = time.monotonic() + limit
    ready()
    end = max(end, time.monotonic() + limit / 2)
    try:
        with _held(folder, wait=min(1.0, limit)):
            queues = _queues(folder)
            done = _side_by_side(queues, policy, end)
            return Report(tuple(done), len(waiting(folder)))
    except TimeoutError:
        return Report(waiting=len(waiting(folder)), busy=True)


def _queues(folder: Path) -> dict[str, list[Path]]:
    """The files that wait, by channel. One that somebody garbled is put aside, not stumbled over."""
    queues: dict[str, list[Path]] = {}
    for path in waiting(folder):
        try:
            queues.setdefault(_read(path).channel, []).append(path)
        except (ValueError, TypeError, KeyError):
            path.rename(path.with_suffix(".refused"))
    return queues


def _side_by_side(queues: dict[str, list[Path]], policy: Policy, end: float) -> list[Delivery]:
    """One thread a channel. A thread that hangs is left behind; its message keeps waiting."""
    results: dict[str, list[Delivery]] = {channel: [] for channel in queues}
    threads = [
        threading.Thread(target=_one_channel, args=(paths, policy, end, results[channel]), daemon=True)
        for channel, paths in queues.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    for channel, paths in queues.items():
        if not results[channel]:
            results[channel].append(Delivery(_read(paths[0]), "it did not answer in time"))
    return [delivery for channel in queues for delivery in list(results[channel])]


def _one_channel(paths: list[Path], policy: Policy, end: float, results: list[Delivery]) -> None:
    """Deliver a channel's messages in order, until one fails or time is up."""
    for path in paths:
        message, left = _read(path), end - time.monotonic()
        if left <= 0.05:
            results.append(Delivery(message, "there was no time left for it"))
            return
        outcome = _send(message, policy, left)
        if outcome.delivered:
            path.unlink(missing_ok=True)
            results.append(Delivery(message, ""))
            continue
        if outcome.malformed and message.refused + 1 >= MOST_REFUSALS:
            path.rename(path.with_suffix(".refused"))
            results.append(Delivery(message, outcome.reason, dropped=True))
            continue
        if outcome.malformed:
            _write(path, replace(message, refused=message.refused + 1))
        results.append(Delivery(message, outcome.reason))
        return


def _send(message: Message, policy: Policy, left: float) -> Outcome:
    channel = policy.channels.get(cast("ChannelId", message.channel))
    if channel is None or channel.address is None:
        return Outcome(False, "policy gives this channel no address any more")
    try:
        address = resolve_address(channel.address, message.place)
    except Refused as error:
        return Outcome(False, error.message)
    late = datetime.now(UTC) - message.written > _OLD
    delayed = f"(delayed: written at {message.written:%H:%M} UTC) " if late else ""
    return deliver(address, delayed + message.text, left)


@contextmanager
def _held(folder: Path, wait: float) -> Iterator[None]:
    """Hold the outbox's lock, making the outbox first if need be; TimeoutError when it stays taken."""
    private(box(folder))
    end = time.monotonic() + wait
    with (box(folder) / "lock").open("a") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= end:
                    raise TimeoutError(0, "another command holds the outbox") from None
                time.sleep(0.02)
        yield


def _next_path(outbox: Path) -> Path:
    """A name that sorts after every message that waits, whatever the clock says."""
    now = time.time_ns()
    last = max((int(path.name.split("-")[0]) for path in outbox.glob("[0-9]*-*.json")), default=0)
    return outbox / f"{max(now, last + 1):020d}-{os.getpid()}.json"


def _write(path: Path, message: Message) -> None:
    """Write a message whole or not at all, flushed to the disk."""
    values: dict[str, Any] = {**asdict(message), "written": stamp(message.written)}
    draft = path.with_suffix(".part")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(values, file)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


def _read(path: Path) -> Message:
    values = json.loads(path.read_text(encoding="utf-8"))
    return Message(**{**values, "written": moment(values["written"])})
