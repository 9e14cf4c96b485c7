"""What the commands print about messages: what is on its way, what arrived, what did not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from outage.incident.times import format_near
from outage.text import one_line

if TYPE_CHECKING:
    from outage.incident.notify import Message, Outbox, Posted, Report

_AGAIN = "'outage sync' tries again"
_BY_HAND = "outage sync --published"


def format_posted(found: Posted) -> Iterator[str]:
    """Who is being told of an event, and what is amiss with earlier messages."""
    if found.silent:
        yield "  nobody is told (--silent)"
    if found.queued:
        yield f"  being posted to {', '.join(map(one_line, found.queued))}"
    if found.outward and not found.undelivered:
        yield f"  delivered to customers ({one_line(found.outward)})"
    if found.by_hand:
        yield f"  customers hear nothing by this: {one_line(found.by_hand)} has no address; publish it there"
    if found.trouble:
        yield f"  NOT posted: {found.trouble}"
    if found.unconfigured:
        listed = "; ".join(f"{one_line(name)} ({reason})" for name, reason in found.unconfigured)
        yield f"  not posted, and not said again: {listed}"
    for name, messages in _group_by_name(found.failing).items():
        waits = f"{_count_messages(messages)} {'waits' if len(messages) == 1 else 'wait'}, tried again now"
        yield f"  NOT posted to {name} so far: {messages[0].problem}; {waits}"


def format_undelivered(found: Posted) -> list[str]:
    """Format what cannot be missed: customers were to be told, and were not."""
    if not found.undelivered:
        return []
    return [
        f"NOT DELIVERED to customers ({one_line(found.outward)}): {found.undelivered}",
        f"  It is on the record and {'could not be queued' if found.trouble else 'stays in the outbox'}."
        f" 'outage status' shows whether it arrived; {_AGAIN}.",
        f"  Published by hand? So that it is not sent later as well: {_BY_HAND} customers",
    ]


def settled_by_hand(messages: list[Message]) -> Iterator[str]:
    """Format what is not sent any more, because a person has published it."""
    for name, found in _group_by_name(tuple(messages)).items():
        yield f"published by hand, so not sent any more: {_count_messages(found)} to {name}"


def format_delivered(reports: list[Report]) -> Iterator[str]:
    """Format what ``outage sync`` posted, and could not post."""
    for report in reports:
        yield from _format_report(report)


def _format_report(report: Report) -> Iterator[str]:
    names = dict.fromkeys(one_line(one.message.name) for one in report.deliveries if not one.problem)
    if names:
        yield f"posted to {', '.join(names)}"
    for one in report.deliveries:
        if one.problem:
            end = "it was put aside" if one.dropped else "it waits"
            yield f"{_format_failure(one.message)}: {one.problem}; {end}"
    if report.busy:
        yield "another command is posting at this moment, and takes along what waits"
    elif report.waiting:
        yield f"{_count(report.waiting, 'message')} waiting for the next command, or 'outage sync'"


def _format_failure(message: Message) -> str:
    name = one_line(message.name)
    return f"NOT DELIVERED to customers ({name})" if message.outward else f"NOT posted to {name}"


def format_outbox(box: Outbox, zone: str, now: datetime) -> Iterator[str]:
    """Format what was delivered and what was not, channel by channel; customers first."""
    waiting, refused = _group_by_name(box.waiting), _group_by_name(box.refused)
    for name, messages in sorted(waiting.items(), key=lambda found: not found[1][0].outward):
        yield from _format_waiting(name, messages, zone, now)
    for messages in refused.values():
        one = messages[-1]
        problem = one.problem or "it cannot be read"
        yield f"{_format_failure(one)}: {_count_messages(messages)} put aside, {problem}"
        yield f"  published by hand? {_BY_HAND} {one.channel}"
    done: dict[tuple[str, str], list[datetime]] = {}
    for each in box.delivered:
        how = "published by hand" if each.by_hand else "delivered"
        done.setdefault((one_line(each.name), how), []).append(each.at)
    for (name, how), times in done.items():
        yield f"{name}: {len(times)} {how}, the last at {format_near(times[-1], now, zone)}"


def _format_waiting(name: str, messages: list[Message], zone: str, now: datetime) -> Iterator[str]:
    since, why = format_near(messages[0].written, now, zone), messages[0].problem
    what = f"{_format_failure(messages[0])}: {why}" if why else f"{name}: not tried yet"
    yield f"{what}; {_count(len(messages), 'message')} waiting since {since}, {_AGAIN}"
    if messages[0].outward and why:
        yield f"  published by hand? {_BY_HAND} customers"


def make_outbox_data(box: Outbox) -> dict[str, Any]:
    """Make the outbox for programs; what messages say is in the record."""
    keys = ("channel", "name", "event", "written", "tried", "problem", "outward")
    return {
        "delivered": [asdict(one) for one in box.delivered],
        "waiting": [{key: getattr(one, key) for key in keys} for one in box.waiting],
        "refused": [{key: getattr(one, key) for key in keys} for one in box.refused],
    }


def _group_by_name(messages: tuple[Message, ...]) -> dict[str, list[Message]]:
    found: dict[str, list[Message]] = {}
    for message in messages:
        found.setdefault(one_line(message.name), []).append(message)
    return found


def _count_messages(found: list[Message]) -> str:
    return "1 message" if len(found) == 1 else f"{len(found)} messages"


def _count(number: int, noun: str) -> str:
    return f"1 {noun} is" if number == 1 else f"{number} {noun}s are"
