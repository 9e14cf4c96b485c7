"""Where people are told: each channel, what belongs there, and who reads it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from outage.policy.models import PolicyData
from outage.policy.vocabulary import ChannelId
from outage.render.markup import blocks, link, ref, refs, table
from outage.text import cell, plain

if TYPE_CHECKING:
    from outage.policy import Policy, Value
    from outage.policy.models import Channel


PURPOSES: dict[ChannelId, str] = {
    "company": "outages that affect the whole company, and summaries of the others",
    "division": "outages that affect one division, and summaries from its areas",
    "area": "the details of one area, for the people working on it",
    "incident": "work on one incident: observations, actions and decisions",
    "executives": "status and impact in plain words, for people who have to decide or explain",
    "customers": "what customers need to know and do, at the promised times",
    "users": "reports of symptoms, and replies to them",
    "bridge": "talking; every decision goes into the incident's channel",
}
"""What belongs in a channel; the vocabulary is fixed, so these phrases are ours."""

_OPTIONAL = {"division": "divisions", "area": "divisions", "executives": "audiences.executives"}
"""Channels that every company is given by default, and the part without which they mean nothing."""

_NAMED_AT_MOST = 12


def write_channel_map(policy: Policy) -> str:
    """Write a row per channel that the company really has; it lists what the absent ones would hold, too."""
    rows = [
        (ref("channel", key), _describe_purpose(policy, key), _describe_way(channel))
        for key, channel in policy.own_channels.items()
    ]
    return table(("Channel", "What belongs there", "How to open it"), rows)


def _describe_purpose(policy: Policy, own: ChannelId) -> str:
    served = list(_list_served(policy, own))
    words = "; ".join(PURPOSES[key] for key in served)
    readers = [key for key, audience in policy.audiences.items() if audience.channel in served]
    read_by = f" Read by {refs('audience', readers)}" if readers else ""
    called = ", ".join(list_names(policy, own)) or _list_areas(policy, own)
    here = f" Here: {called}." if called else ""
    return f"{words[:1].upper()}{words[1:]}.{here}{read_by}"


def list_names(policy: Policy, own: ChannelId) -> list[str]:
    """Return what a channel is called in each division, as text for a table; empty where it has one name.

    A list of more than :data:`_NAMED_AT_MOST` is empty too: no one reads it through.
    """
    filled = dict.fromkeys(policy.own_channels[own].format_name(division=key) for key in policy.divisions)
    whole = [name for name in filled if "\u2039" not in name]  # one place in it is still open: no name yet
    return [cell(name) for name in whole] if 1 < len(whole) <= _NAMED_AT_MOST else []


def _list_areas(policy: Policy, own: ChannelId) -> str:
    """List the areas that a channel's name may hold: ``checkout, refunds in payments; picking in stores``."""
    if "{area}" not in policy.own_channels[own].name or len(policy.divisions) > _NAMED_AT_MOST:
        return ""
    return "; ".join(
        f"{cell(', '.join(division.areas))} in {cell(key)}"
        for key, division in policy.divisions.items()
        if division.areas
    )


def write_division_channels(policy: Policy) -> str:
    """List the divisions' channels by name, for someone who must post now; empty where there is one."""
    named = list_names(policy, "division") if "division" in policy.own_channels else []
    return f"{', '.join(named)}. Not sure which? Any of them will do." if named else ""


def _list_served(policy: Policy, own: ChannelId) -> Iterator[ChannelId]:
    """Yield the channel itself, and those that it replaces and the company has a use for."""
    yield own
    for key, channel in policy.channels.items():
        if channel.same_as == own and (key not in _OPTIONAL or policy.has(_OPTIONAL[key])):
            yield key


def _describe_way(channel: Channel) -> str:
    """Say how to open it: its link. A status page or a loudspeaker isn't a chat room; ``#name`` is."""
    if not channel.link:
        return "in the chat" if channel.name.startswith(("#", "~")) else cell("")
    return link(channel.link.removeprefix("https://").removeprefix("tel:"), channel.link)


def write_policy_values(policy: Policy) -> str:
    """Return every value by part: its address, what it is, and the line that says so."""
    by_part = {part: list(values) for part, values in groupby(policy.values().values(), key=_find_part)}
    return blocks(_write_section(policy, part, by_part.get(part, [])) for part in PolicyData.model_fields)


def _find_part(value: Value) -> str:
    return value.address.split(".")[0]


def _write_section(policy: Policy, part: str, values: list[Value]) -> str:
    heading = f"## {part.replace('_', ' ').capitalize()}"
    if not values:
        return f"{heading}\n\n{ref('anchor', part)} says nothing: this company has none."
    rows = [
        (f"{ref('anchor', value.address)} {_describe_origin(policy, value)}", cell(value.text))
        for value in values
    ]
    return f"{heading}\n\n{{.outage-values}}\n{table(('Clause', 'Value'), rows)}"


def _describe_origin(policy: Policy, value: Value) -> str:
    where = "default" if value.default else plain(f"{policy.path.name}:{value.line}")
    return f"[{where}]{{.outage-where}}"
