"""A name or number of the policy as a page quotes it: its words, its clause, and its look.

One list of kinds serves the roles of the site, the checks and any other engine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from outage.errors import Refused
from outage.policy.vocabulary import SCOPES, STAGES
from outage.source import nearest
from outage.text import join_words, visible

if TYPE_CHECKING:
    from outage.policy import Policy
    from outage.policy.models import Channel


PARTS = {
    "role": "roles",
    "severity": "severities",
    "channel": "channels",
    "audience": "audiences",
    "contact": "contacts",
}
"""Kinds that name one entry of a part of the policy, and that part."""

WORDS = {"stage": STAGES, "scope": SCOPES}
"""Kinds whose words are ours and fixed."""

KINDS = ("policy", "clause", "told", *PARTS, *WORDS)


@dataclass(frozen=True)
class Quote:
    """What a page shows of the policy.

    Attributes:
        text: the words, not escaped.
        address: the clause that says so, canonical; None for a fixed word.
        look: what it looks like, most general first (``("severity", "rank-0")``); empty for bare words.
    """

    text: str
    address: str | None
    look: tuple[str, ...] = ()


def quote(policy: Policy, kind: str, target: str) -> Quote:
    """Quote the policy.

    Args:
        policy: the rules.
        kind: one of :data:`KINDS`.
        target: a dotted address (``policy``, ``clause``), an audience's id (``told``: the channel in
            which it is told), or the id of an entry (all others),
            or the address of a value that is such an id (``state_document.keeper``).

    Raises:
        Refused: the policy has no such thing; the hint names the nearest.
    """
    if kind == "policy":
        value = policy.at(target)
        if value.raw is None:
            raise Refused(
                f"the policy says none at '{target}'", hint=f"put the sentence into {{when}} {target}"
            )
        return Quote(_quote_roles(policy, value.raw) or value.text, value.address)
    if kind == "clause":
        address = policy.at(target).address
        return Quote(address, address, ("clause",))
    if kind in WORDS:
        return _quote_word(policy, kind, target)
    if kind == "told":
        _quote_entry(policy, "audience", target)  # refuses an audience that the company has not
        return _quote_entry(policy, "channel", policy.at(f"audiences.{target}.channel").raw)
    return _quote_entry(policy, kind, target)


def _quote_roles(policy: Policy, raw: object) -> str:
    """Write a list of roles by their names; return nothing for any other value."""
    if not isinstance(raw, list) or not all(isinstance(one, str) and one in policy.roles for one in raw):
        return ""
    return join_words([_quote_entry(policy, "role", one).text for one in raw])


def _quote_word(policy: Policy, kind: str, target: str) -> Quote:
    known = policy.scopes if kind == "scope" else WORDS[kind]
    if target not in known:
        raise Refused(f"there is no {kind} '{target}' here", hint=nearest(target, list(known)))
    return Quote(target.capitalize(), None, (kind, target))


def _quote_entry(policy: Policy, kind: str, target: str) -> Quote:
    part = PARTS[kind]
    if "." in target:
        return _quote_entry(policy, kind, _find_named_id(policy, kind, target))
    value = policy.at(f"{part}.{target}")
    entry = value.raw
    if kind == "severity":
        return Quote(value.text, value.address, (kind, f"rank-{find_severity_look(policy, target)}"))
    if kind == "role" and entry.merged_into:
        return _quote_entry(policy, kind, entry.merged_into)
    if kind == "channel" and entry.same_as:
        return _quote_entry(policy, kind, entry.same_as)
    look = (kind,) if kind == "contact" else (kind, target)
    text = format_channel(policy, entry) if kind == "channel" else value.text
    return Quote(text, value.address, look)


def _find_named_id(policy: Policy, kind: str, address: str) -> str:
    """Find the id that a value of the policy names: ``state_document.keeper`` names a role."""
    named = policy.at(address).raw
    if not isinstance(named, str) or named not in getattr(policy, PARTS[kind]):
        raise Refused(
            f"'{address}' does not name a {kind}", hint=f"for its words write {{policy}}`{address}`"
        )
    return named


def format_channel(policy: Policy, channel: Channel) -> str:
    """Format a channel's name as a page shows it: ``#inc-‹incident›``; a single division is named at once."""
    return channel.format_name(division=next(iter(policy.divisions)) if len(policy.divisions) == 1 else "")


def find_severity_look(policy: Policy, ref: str) -> int:
    """Which of the four looks a severity has: 0 for the worst; the fourth serves all lesser ones."""
    return min(policy.rank(policy.severity_id(ref)), 3)


_QUOTED = re.compile(rf"\{{({'|'.join(KINDS)})\}}`([^`\n]+)`")


def find_quotes(text: str) -> Iterator[tuple[str, str]]:
    """Find what a text asks of the policy: kind and target of each role in it, in order."""
    for found in _QUOTED.finditer(text):
        yield found[1], found[2]


def fill_in_quotes(policy: Policy, text: str) -> str:
    """Replace each role in a text with the company's words, lines kept.

    Raises:
        Refused: the policy has nothing of that name; the hint says the nearest.
    """
    words = _QUOTED.sub(lambda found: quote(policy, found[1], found[2]).text, text)
    return visible(words, keep="\n")
