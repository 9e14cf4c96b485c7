"""Which channels get an event: the incident's own, those upwards by scope, an audience's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from outage.incident.record.describe import describe_entry, name_severity
from outage.incident.times import format_near
from outage.policy.classify import choose_channels
from outage.text import one_line

if TYPE_CHECKING:
    from outage.incident.record.model import Entry, Incident
    from outage.policy import Policy
    from outage.policy.vocabulary import ChannelId, ScopeId


_UPWARDS = ("declared", "severity", "scope", "stage")
_INCIDENT_ONLY = ("role", "handoff")


@dataclass(frozen=True, slots=True)
class Post:
    """One message to one channel.

    Attributes:
        channel: id of the channel in policy; never one that another replaces.
        name: what people call it, filled in (hostile: it may hold an incident's title).
        text: the message, safe for a chat service.
        place: ids of incident, division and area, for an address that depends on them.
        outward: it is for customers.
    """

    channel: ChannelId
    name: str
    text: str
    place: Mapping[str, str] = field(default_factory=dict)
    outward: bool = False


def list_posts(incident: Incident, event_id: str, policy: Policy) -> tuple[Post, ...]:
    """Return the messages that an event of an incident makes, state as folded; most events make none."""
    entry = next((entry for entry in incident.entries if entry.event.id == event_id), None)
    if entry is None or not entry.known or entry.redaction:
        return ()
    about = _find_corrected(incident, entry)
    internal = write_for_colleagues(incident, entry, policy)
    made: dict[ChannelId, str] = dict.fromkeys(_list_channels(incident, about, policy), internal)
    customers: ChannelId | None = None
    if about.event.kind == "update":
        audience = policy.audiences.get(cast(Any, about.data["audience"]))
        outward = about.data["audience"] == "customers"
        if audience and not (outward and incident.drill):  # a drill never reaches a customer
            channel = policy.channels[audience.channel].same_as or audience.channel
            made.setdefault(channel, write_for_customers(incident, entry, policy) if outward else internal)
            customers = channel if outward else None
    place = {"incident": incident.id, "division": incident.division or "", "area": incident.area or ""}
    return tuple(
        Post(channel, policy.channels[channel].format_name(**place), text, place, channel == customers)
        for channel, text in made.items()
    )


def _find_corrected(incident: Incident, entry: Entry) -> Entry:
    """Return the entry that a correction is about (its readers get the correction), or the entry itself."""
    by_id = {other.event.id: other for other in incident.entries}
    for _ in range(len(by_id)):
        if entry.event.kind != "correction" or str(entry.data.get("event")) not in by_id:
            break
        entry = by_id[str(entry.data["event"])]
    return entry


def _list_channels(incident: Incident, entry: Entry, policy: Policy) -> list[ChannelId]:
    own = policy.channels["incident"].same_as or "incident"
    if entry.event.kind in _INCIDENT_ONLY or entry.event.kind == "update":
        return [own]
    if entry.event.kind not in _UPWARDS:
        return []
    # A narrower scope is news for those who were told of the wider one.
    scopes = [change.value for change in incident.scopes[-2:]] or ["area"]
    found = [channel for scope in scopes for channel in choose_channels(policy, cast("ScopeId", scope))]
    return list(dict.fromkeys(found))


LONGEST = 1500
_GROUPS = "channel|here|everyone|everybody|all|room|team|online|group|users|members"
_MENTION = re.compile(rf"([@\uff20\ufe6b])(?=(?:{_GROUPS})\b|[*&_!])", re.IGNORECASE)
_MARKUP = re.compile(r"<(?=\S)|!(?=\[)")
_JOINERS = str.maketrans("", "", "\u200c\u200d")


def quieten(text: str) -> str:
    """Return one line that shows ``text`` and mentions no group; control characters are shown as codes.

    Joiners go first, for they could hide a mention from us that the service would still see.
    """
    line = one_line(text.translate(_JOINERS))
    line = _MARKUP.sub(r"\g<0> ", _MENTION.sub(r"\1 ", line))
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} ... (the whole text is in the timeline)"


def write_headline(incident: Incident, policy: Policy) -> str:
    """Write the headline: ``Sev 1 | investigating | Checkout is down (2026-11-20-checkout-down)``."""
    parts = [name_severity(incident.severity, policy), incident.stage, f"{incident.title} ({incident.id})"]
    return quieten(" | ".join(["DRILL", *parts] if incident.drill else parts))


def write_for_colleagues(incident: Incident, entry: Entry, policy: Policy) -> str:
    """Write the state, what happened, when if that was earlier, and who recorded it."""
    words = f"{_write_when(entry, policy)}{quieten(describe_entry(entry, policy))}"
    said = f"{words} \u2014 {quieten(entry.event.by)}"
    return f"{write_headline(incident, policy)}\n{said}"


def write_for_customers(incident: Incident, entry: Entry, policy: Policy) -> str:
    """Return the stage and the words that were written for customers; nothing of ours."""
    corrected = "Correction: " if entry.event.kind == "correction" else ""
    return f"{incident.stage.capitalize()}\n{_write_when(entry, policy)}{corrected}{quieten(entry.text)}"


def _write_when(entry: Entry, policy: Policy) -> str:
    """Write ``At 09:40 UTC (10:40 BST): `` before what is recorded late, with the date of another day."""
    if not entry.late:
        return ""
    return f"At {format_near(entry.event.at, entry.event.recorded, policy.company.timezone)}: "
