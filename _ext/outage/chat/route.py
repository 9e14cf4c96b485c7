"""Which channels hear of an event: the incident's own, those upwards by scope, an audience's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from outage.chat.message import for_colleagues, for_customers
from outage.classify import post_to

if TYPE_CHECKING:
    from outage.policy import Policy
    from outage.policy.vocabulary import ChannelId, ScopeId
    from outage.record.incident import Entry, Incident

_UPWARDS = ("declared", "severity", "scope", "stage")
_INCIDENT_ONLY = ("role", "handoff")


@dataclass(frozen=True, slots=True)
class Post:
    """One message to one channel.

    Attributes:
        channel: id of the channel in policy; never one that another stands in for.
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


def posts(incident: Incident, event_id: str, policy: Policy) -> tuple[Post, ...]:
    """The messages that an event of an incident makes, state as folded; most events make none."""
    entry = next((entry for entry in incident.entries if entry.event.id == event_id), None)
    if entry is None or not entry.known or entry.redaction:
        return ()
    about = _corrected(incident, entry)
    internal = for_colleagues(incident, entry, policy)
    made: dict[ChannelId, str] = dict.fromkeys(_channels(incident, about, policy), internal)
    customers: ChannelId | None = None
    if about.event.kind == "update":
        audience = policy.audiences.get(cast(Any, about.data["audience"]))
        outward = about.data["audience"] == "customers"
        if audience and not (outward and incident.drill):  # a drill never reaches a customer
            channel = policy.channels[audience.channel].same_as or audience.channel
            made.setdefault(channel, for_customers(incident, entry, policy) if outward else internal)
            customers = channel if outward else None
    place = {"incident": incident.id, "division": incident.division or "", "area": incident.area or ""}
    return tuple(
        Post(channel, policy.channels[channel].filled(**place), text, place, channel == customers)
        for channel, text in made.items()
    )


def _corrected(incident: Incident, entry: Entry) -> Entry:
    """The entry that a correction is about (its readers must hear of it), or the entry itself."""
    by_id = {other.event.id: other for other in incident.entries}
    for _ in range(len(by_id)):
        if entry.event.kind != "correction" or str(entry.data.get("event")) not in by_id:
            break
        entry = by_id[str(entry.data["event"])]
    return entry


def _channels(incident: Incident, entry: Entry, policy: Policy) -> list[ChannelId]:
    own = policy.channels["incident"].same_as or "incident"
    if entry.event.kind in _INCIDENT_ONLY or entry.event.kind == "update":
        return [own]
    if entry.event.kind not in _UPWARDS:
        return []
    # A narrower scope is news for those who were told of the wider one.
    scopes = [change.value for change in incident.scopes[-2:]] or ["area"]
    found = [channel for scope in scopes for channel in post_to(policy, cast("ScopeId", scope))]
    return list(dict.fromkeys(found))
