"""What stands in when a tool of our own is down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outage.policy.vocabulary import TOOLS, Tool
from outage.views.markup import blocks, value

if TYPE_CHECKING:
    from outage.policy import Policy

HEADINGS: dict[Tool, str] = {
    "chat": "The chat is down",
    "bridge": "The call cannot be opened",
    "site": "This site is down",
    "repository": "The repository is down",
    "pager": "The pager is down, or nobody answers it",
}


def fallbacks(policy: Policy) -> str:
    """A heading a tool, and below it what to use instead, in order. No call without a channel for calls."""
    shown = [
        tool
        for tool in TOOLS
        if tool in policy.fallbacks and (tool != "bridge" or policy.has("channels.bridge"))
    ]
    return blocks(part for tool in shown for part in (f"## {HEADINGS[tool]}", _ordered(policy, tool)))


def _ordered(policy: Policy, tool: Tool) -> str:
    """A numbered list: the first that works is used."""
    items = policy.fallbacks[tool]
    return "\n".join(
        f"{number}. {value(policy, f'fallbacks.{tool}', text)}" for number, text in enumerate(items, 1)
    )
