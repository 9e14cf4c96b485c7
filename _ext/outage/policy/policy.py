"""The policy in force: its parts, and each value by address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, PrivateAttr

from outage.errors import Refused
from outage.policy.duration import Duration
from outage.policy.models import Channel, PolicyData, Severity
from outage.policy.vocabulary import CHANNELS, ROLES, SCOPES, ChannelId, RoleId, ScopeId
from outage.source import Source, nearest
from outage.text import join_words


@dataclass(frozen=True)
class Value:
    """One value of the policy.

    Attributes:
        address: dotted path (``severities.sev1.cadence.customers``).
        raw: the value itself: a Duration, text, number, truth value, list, None, or a part.
        text: the value in words; the name, if it is a part that has one.
        line: line in the policy file, or None when it is a default.
        default: the company says nothing here, and the default holds.
    """

    address: str
    raw: Any
    text: str
    line: int | None
    default: bool


class Clock(NamedTuple):
    """A length of time that holds at a severity, and the address that says so."""

    address: str
    length: Duration


CLOCKS = {
    "reassess": "incident.reassess",
    "time_box": "incident.time_box",
    "state_document": "state_document.cadence",
    "hand_over": "hand_over.commander_limit",
    "watch_after": "watch_after",
}
"""Clocks that a severity may set for itself, and where the policy sets them for all."""


class Policy(PolicyData):
    """A checked ``handbook.yml``."""

    _source: Source | None = PrivateAttr(default=None)

    def remember(self, source: Source) -> None:
        """Keep the file's lines; called once, by the loader."""
        self._source = source

    @property
    def path(self) -> Path:
        """The policy file, as messages name it."""
        return self._source.path if self._source else Path("handbook.yml")

    def severity(self, ref: str) -> Severity:
        """Return a severity by id, ``highest`` or ``lowest``; raises Refused with the nearest id."""
        return self.severities[self.severity_id(ref)]

    def severity_id(self, ref: str) -> str:
        """Return the id behind ``highest``, ``lowest`` or an id; raises Refused with the nearest id."""
        ids = list(self.severities)
        if ref in ("highest", "lowest"):
            return ids[0] if ref == "highest" else ids[-1]
        if ref in self.severities:
            return ref
        raise Refused(f"there is no severity '{ref}'", hint=nearest(ref, ids))

    def rank(self, severity: str) -> int:
        """0 for the worst severity, 1 for the next, and so on."""
        return list(self.severities).index(severity)

    def clock(self, name: str, severity: str) -> Clock | None:
        """Return a clock of :data:`CLOCKS` as it holds at a severity; None where there is none."""
        own = self.severities[severity]
        address = f"severities.{severity}.{name}" if name in own.model_fields_set else CLOCKS[name]
        length = self.at(address).raw
        return Clock(address, length) if length is not None else None

    def escalation_clock(self, key: str, severity: str) -> Clock | None:
        """Return when an escalation is due at a severity; None where it doesn't apply."""
        escalation, address = self.escalations[key], f"escalations.{key}.after"
        if isinstance(escalation.after, dict):
            length = escalation.after.get(severity)
            return Clock(f"{address}.{severity}", length) if length is not None else None
        if escalation.severities and severity not in escalation.severities:
            return None
        return Clock(address, escalation.after)

    @property
    def scopes(self) -> list[ScopeId]:
        """The scopes this company can tell apart, smallest first."""
        return [scope for scope in SCOPES if scope != "division" or self.divisions]

    @property
    def held_roles(self) -> list[RoleId]:
        """Roles that someone holds in their own name, in the fixed order."""
        return [role for role in ROLES if role in self.roles and not self.roles[role].merged_into]

    @property
    def own_channels(self) -> dict[ChannelId, Channel]:
        """Channels the company really has, without those that another one replaces."""
        own = {key: channel for key, channel in self.channels.items() if not channel.same_as}
        return {key: own[key] for key in CHANNELS if key in own}

    def canonical(self, address: str) -> str:
        """Return the address with ``severities.highest`` and ``severities.lowest`` resolved."""
        parts = address.split(".")
        if len(parts) > 1 and parts[0] == "severities" and parts[1] in ("highest", "lowest"):
            parts[1] = self.severity_id(parts[1])
        return ".".join(parts)

    def at(self, address: str) -> Value:
        """Return the value at a dotted address.

        Raises:
            Refused: there is no such value; the hint names the nearest key.
        """
        found: Any = self
        parts = self.canonical(address).split(".")
        for index, part in enumerate(parts):
            children = dict(_children(found))
            if part not in children:
                above = ".".join(parts[:index]) or "the policy"
                raise Refused(
                    f"policy address '{address}': {above} has no '{part}'",
                    hint=nearest(part, [key for key in children if key.isprintable()]),
                )
            found = children[part]
        return self._value(tuple(parts), found)

    def has(self, address: str) -> bool:
        """Whether the policy says anything there: the address exists and is not empty.

        A channel that another one replaces counts as absent, and so does a merged role.
        """
        try:
            raw = self.at(address).raw
        except Refused:
            return False
        stands_in = getattr(raw, "same_as", None) or getattr(raw, "merged_into", None)
        return raw not in (None, False, "", [], {}) and not stands_in

    @cached_property
    def _values(self) -> dict[str, Value]:
        return {value.address: value for value in self._walk((), self)}

    def values(self) -> dict[str, Value]:
        """Every leaf value by address, in the order of the file's parts."""
        return self._values

    def _walk(self, at: tuple[str, ...], node: Any) -> Iterator[Value]:
        if isinstance(node, (BaseModel, dict)) and not isinstance(node, Duration):
            for key, child in _children(node):
                yield from self._walk((*at, key), child)
        else:
            yield self._value(at, node)

    def _value(self, at: tuple[str, ...], raw: Any) -> Value:
        own = self._source is not None and at in self._source.lines
        line = self._source.line(at) if self._source and own else None
        return Value(".".join(at), raw, format_value(raw), line, not own)


def _children(node: Any) -> Iterator[tuple[str, Any]]:
    """Keys and values below a part, keys as the file writes them."""
    if isinstance(node, BaseModel):
        for name, field in type(node).model_fields.items():
            yield field.alias or name, getattr(node, name)
    elif isinstance(node, dict):
        for key, value in node.items():
            yield str(key), value


def format_value(raw: Any) -> str:
    """Format a value as a reader sees it."""
    if raw is None:
        return "none"
    if isinstance(raw, bool):
        return "yes" if raw else "no"
    if isinstance(raw, BaseModel):
        return str(getattr(raw, "name", None) or getattr(raw, "text", None) or "")
    if isinstance(raw, (list, tuple)):
        return join_words([format_value(item) for item in raw]) or "none"
    if isinstance(raw, dict):
        return join_words([format_value(item) for item in raw.values()]) or "none"
    return str(raw)
