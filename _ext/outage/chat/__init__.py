"""Posting an incident's news to the channels that policy names.

    posted = post(folder, incident, event.id, policy)

Apprise is imported when there is something to deliver, not before.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from outage.chat.address import resolve_address
from outage.chat.outbox import Report, box, flush, private, put, waiting
from outage.chat.route import Post, posts
from outage.errors import OutageError, Refused

if TYPE_CHECKING:
    from outage.policy import Policy
    from outage.record.incident import Incident

__all__ = ["Posted", "Report", "flush", "post", "waiting"]

_SAID = "unconfigured"


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of an event's messages.

    Attributes:
        report: what was delivered and what waits, older messages included.
        unconfigured: channels, by name, with the reason why nothing can be posted there; each is
            reported once an incident.
        trouble: why nothing could even be tried (a full disk), or the empty string.
    """

    report: Report
    unconfigured: tuple[tuple[str, str], ...] = ()
    trouble: str = ""


def post(folder: Path, incident: Incident, event: str, policy: Policy) -> Posted:
    """Queue the messages that an event makes, then deliver what waits.

    It never raises for what goes wrong: the event is on the record, and a responder who
    is told that the command failed would record it twice.
    """
    try:
        return _post(folder, incident, event, policy)
    except (OSError, OutageError) as error:
        return Posted(Report(), trouble=str(error))


def _post(folder: Path, incident: Incident, event: str, policy: Policy) -> Posted:
    made = posts(incident, event, policy)
    lacking = {one.channel: reason for one in made if (reason := _lacking(one, policy))}
    put(folder, tuple(one for one in made if one.channel not in lacking), event)
    news = _not_said_before(folder, [one for one in made if one.channel in lacking])
    return Posted(flush(folder, policy), tuple((one.name, lacking[one.channel]) for one in news))


def _lacking(post: Post, policy: Policy) -> str:
    """Why a channel cannot be posted to from here; empty if it can."""
    address = policy.channels[post.channel].address
    if address is None:
        return f"channels.{post.channel} has no address"
    try:
        resolve_address(address, post.place)
    except Refused as error:
        return error.message
    return ""


def _not_said_before(folder: Path, lacking: list[Post]) -> list[Post]:
    """Those of the posts whose channel has not been complained of in this incident; remembers them."""
    if not lacking:
        return []
    said = private(box(folder)) / _SAID
    known = said.read_text(encoding="utf-8").split() if said.exists() else []
    news = [post for post in lacking if post.channel not in known]
    if news:
        said.write_text("\n".join([*known, *(post.channel for post in news)]), encoding="utf-8")
    return news
