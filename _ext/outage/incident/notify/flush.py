"""One round of deliveries: what waits in an outbox, channels side by side, each in order."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

from outage import background
from outage.errors import Refused
from outage.incident.notify import outbox
from outage.incident.notify.deliver import Outcome, deliver, load_services, resolve_address
from outage.incident.times import format_near

if TYPE_CHECKING:
    from outage.incident.notify.outbox import Message
    from outage.policy import Policy
    from outage.policy.vocabulary import ChannelId

LIMIT = 15.0
"""Seconds that all deliveries of one round may take together."""
MOST_REFUSALS = 3
_BUSY = 1.0
_OLD = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message: ``problem`` is empty when it was delivered."""

    message: Message
    problem: str
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What some rounds of deliveries did.

    Attributes:
        deliveries: the messages that were tried, in order, channel by channel.
        waiting: how many messages wait now.
        busy: another process is delivering; it takes ours along.
    """

    deliveries: tuple[Delivery, ...] = ()
    waiting: int = 0
    busy: bool = False


def flush(folder: Path, policy: Policy, limit: float = LIMIT) -> Report:
    """Try to deliver what waits in an incident's outbox, within ``limit`` seconds a round."""
    if not outbox.list_waiting(folder):
        return Report()
    done: list[Delivery] = []
    box = outbox.find_box(folder)
    background.leave_wish(box)
    held = background.fulfil_wishes(
        box, lambda: done.extend(deliver_round(folder, policy, limit)), wait=min(_BUSY, limit)
    )
    return Report(tuple(done), len(outbox.list_waiting(folder)), busy=not held)


def deliver_round(folder: Path, policy: Policy, limit: float = LIMIT) -> list[Delivery]:
    """Try once to deliver what waits; for those who hold the outbox's lock."""
    queues = outbox.list_queues(folder)
    load_services(_list_addresses(queues, policy))
    end = time.monotonic() + limit
    return _deliver_side_by_side(queues, policy, end)


def _list_addresses(queues: dict[str, list[Path]], policy: Policy) -> list[str]:
    """Return the addresses that the first message of each channel is for, as far as they are known."""
    found = []
    for paths in queues.values():
        try:
            found.append(_resolve_address(outbox.read(paths[0]), policy))
        except Refused:
            continue  # the round says so of the message
    return found


def _deliver_side_by_side(queues: dict[str, list[Path]], policy: Policy, end: float) -> list[Delivery]:
    """Deliver each channel in a thread of its own; one that hangs is left behind, its message waits on."""
    results: dict[str, list[Delivery]] = {channel: [] for channel in queues}
    threads = [
        threading.Thread(target=_deliver_channel, args=(paths, policy, end, results[channel]), daemon=True)
        for channel, paths in queues.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    for channel, paths in queues.items():
        if not results[channel] and paths[0].exists():
            results[channel].append(
                _settle_failed(paths[0], outbox.read(paths[0]), "it did not answer in time")
            )
    return [delivery for channel in queues for delivery in list(results[channel])]


def _deliver_channel(paths: list[Path], policy: Policy, end: float, results: list[Delivery]) -> None:
    """Deliver a channel's messages in order, until one fails or time is up."""
    for path in paths:
        message, left = outbox.read(path), end - time.monotonic()
        if left <= 0.05:
            results.append(Delivery(message, "there was no time left for it"))
            return
        if message.outward:
            outbox.mark_asked(path)
        outcome = _send(message, policy, left)
        if outcome.delivered:
            outbox.settle_delivered(path, message)
            results.append(Delivery(message, ""))
            continue
        results.append(_settle_failed(path, message, outcome.reason, malformed=outcome.malformed))
        if not results[-1].dropped:
            return


def _settle_failed(path: Path, message: Message, reason: str, *, malformed: bool = False) -> Delivery:
    aside = malformed and message.refused + 1 >= MOST_REFUSALS
    outbox.settle_failed(path, message, reason, malformed=malformed, aside=aside)
    return Delivery(message, reason, dropped=aside)


def _send(message: Message, policy: Policy, left: float) -> Outcome:
    try:
        address = _resolve_address(message, policy)
    except Refused as error:
        return Outcome(False, error.message)
    now = datetime.now(UTC)
    written = format_near(message.written, now, "UTC")
    delayed = f"(delayed: written at {written}) " if now - message.written > _OLD else ""
    return deliver(address, delayed + message.text, left)


def _resolve_address(message: Message, policy: Policy) -> str:
    """Return the address of a message's channel; Refused if it has none, here or at all."""
    channel = policy.channels.get(cast("ChannelId", message.channel))
    if channel is None or channel.address is None:
        raise Refused("policy gives this channel no address any more")
    return resolve_address(channel.address, message.place)
