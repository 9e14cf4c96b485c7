"""Post an incident's news to the channels that policy names. What is due is in ``incident.due``.

    posted = post(folder, policy_file, incident, event.id, policy)

What an event makes is queued on the disk, and a detached process delivers it; only an update
to customers is waited for. Apprise is imported by that process, not by the command.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from outage import background as work
from outage.background import ensure_private
from outage.errors import OutageError, Refused
from outage.incident.notify import background
from outage.incident.notify.deliver import resolve_address
from outage.incident.notify.flush import LIMIT, Report, flush
from outage.incident.notify.outbox import (
    REFUSED,
    Message,
    Outbox,
    find_box,
    is_asked,
    list_waiting,
    look,
    put,
    read,
    settle_by_hand,
)
from outage.incident.notify.route import Post, list_posts

if TYPE_CHECKING:
    from outage.incident.record.model import Incident
    from outage.policy import Policy

__all__ = [
    "Message",
    "Outbox",
    "Posted",
    "Report",
    "flush",
    "list_waiting",
    "look",
    "paused",
    "post",
    "settle_by_hand",
]

PATIENCE = 3.0
"""Seconds that a command waits for an update to reach customers, once their service is asked."""
START = 5.0
"""Seconds that it waits before that, for the process that asks: a busy machine is slow to start one."""
_SAID = "unconfigured"


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of an event's messages.

    Attributes:
        queued: names of the channels whose messages are being delivered in the background.
        outward: name of the channel for customers, when the event is for them and the channel has
            an address.
        undelivered: why the message to customers was not delivered, or the empty string.
        by_hand: name of the channel for customers, when they get only what a person publishes.
        failing: earlier messages that were tried in vain, as they waited before this event.
        silent: no one is told, as the command asked.
        unconfigured: channels, by name, with the reason why nothing can be posted there; each is
            reported once an incident.
        trouble: why nothing could even be tried (a full disk), or the empty string.
    """

    queued: tuple[str, ...] = ()
    outward: str = ""
    undelivered: str = ""
    by_hand: str = ""
    failing: tuple[Message, ...] = ()
    unconfigured: tuple[tuple[str, str], ...] = ()
    trouble: str = ""
    silent: bool = False


def post(
    folder: Path, policy_file: Path, incident: Incident, event: str, policy: Policy, *, silent: bool = False
) -> Posted:
    """Queue the messages that an event makes, and have what waits delivered in the background.

    A ``silent`` event makes none; what waited before it is delivered all the same.
    It never raises for what goes wrong: the event is on the record, and a responder who
    is told that the command failed would record it twice.
    """
    made = () if silent else list_posts(incident, event, policy)
    try:
        return replace(_post(folder, policy_file, made, event, policy), silent=silent)
    except (OSError, OutageError) as error:
        why = error.message if isinstance(error, OutageError) else error.strerror or type(error).__name__
        outward = next((one.name for one in made if one.outward), "")
        return Posted(outward=outward, undelivered=why if outward else "", trouble=why)


def _post(folder: Path, policy_file: Path, made: tuple[Post, ...], event: str, policy: Policy) -> Posted:
    failing = tuple(one for one in look(folder).waiting if one.problem)
    lacking = {one.channel: reason for one in made if (reason := _explain_lacking(one, policy))}
    sent = tuple(one for one in made if one.channel not in lacking)
    paths = put(folder, sent, event)
    if list_waiting(folder):
        background.request(folder, policy_file)
    outward = next(((one, path) for one, path in zip(sent, paths, strict=True) if one.outward), None)
    by_hand = next((one.name for one in made if one.outward and one.channel in lacking), "")
    news = _filter_new(folder, [one for one in made if one.channel in lacking and not one.outward])
    return Posted(
        queued=tuple(one.name for one in sent if not one.outward),
        outward=outward[0].name if outward else "",
        undelivered=_wait_for(outward[1]) if outward else "",
        by_hand=by_hand,
        failing=failing,
        unconfigured=tuple((one.name, lacking[one.channel]) for one in news),
    )


def paused(folder: Path) -> AbstractContextManager[bool]:
    """Let no process send what waits in an incident's outbox; False when a round does not end in time."""
    return work.paused(find_box(folder), LIMIT)


def _wait_for(path: Path) -> str:
    """Wait until a message is delivered; why it is not, when it was tried in vain or time is up."""
    end, asked = time.monotonic() + START, False
    while True:
        late = time.monotonic() > end  # looked at before the message: what has arrived is never called late
        try:
            message = read(path)
        except FileNotFoundError:
            return "the service refuses it" if path.with_suffix(REFUSED).exists() else ""
        if message.problem:
            return message.problem
        if not asked and is_asked(path):
            end, asked = time.monotonic() + PATIENCE, True
        elif late:
            break
        time.sleep(0.02)
    if asked:
        return f"nothing was heard for {PATIENCE:.0f} seconds"
    return f"it was not sent within {START:.0f} seconds: this machine is busy, or earlier messages go first"


def _explain_lacking(post: Post, policy: Policy) -> str:
    """Return why a channel cannot be posted to from here; empty if it can.

    What customers should read is queued even where only this machine lacks the address.
    """
    channel = policy.channels[post.channel]
    address = channel.address
    if address is None:
        unknown = " or ".join(channel.find_unknown_places(**post.place))
        names = f", and the incident names no {unknown}" if unknown else ""
        return f"channels.{post.channel} has no address{names}"
    try:
        resolve_address(address, post.place)
    except Refused as error:
        return "" if post.outward else error.message
    return ""


def _filter_new(folder: Path, lacking: list[Post]) -> list[Post]:
    """Return those of the posts whose channel has not been complained of in this incident; remembers them."""
    if not lacking:
        return []
    said = ensure_private(find_box(folder)) / _SAID
    known = said.read_text(encoding="utf-8").split() if said.exists() else []
    news = [post for post in lacking if post.channel not in known]
    if news:
        said.write_text("\n".join([*known, *(post.channel for post in news)]), encoding="utf-8")
    return news
