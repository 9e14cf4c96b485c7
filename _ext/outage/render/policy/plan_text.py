"""The timeline that policy plans, as text: who does what by when, severity by severity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outage.render.markup import blocks, value
from outage.render.policy.drawing import list_drawn
from outage.render.policy.plan import Row, When, list_rows
from outage.text import plain

if TYPE_CHECKING:
    from outage.policy import Policy

_PARTS: dict[When, str] = {
    "by": "After the declaration, within",
    "every": "While it's open, every",
    "after": "After it's resolved, within",
}


def write_response_timeline(policy: Policy) -> str:
    """Write a tab per severity, the worst first: its drawing, and below it the same as lists."""
    tabs = "\n".join(_write_tab(policy, key) for key in policy.severities)
    return f":::::{{tab-set}}\n:sync-group: severity\n\n{tabs}\n:::::"


def write_response_rows(policy: Policy, severity: str) -> str:
    """Return all that a severity's drawing is made from; a page that shows it depends on this."""
    key = policy.severity_id(severity)
    return f"{policy.severities[key].name}: {list_rows(policy, key)!r}"


def _write_tab(policy: Policy, severity: str) -> str:
    found = list_rows(policy, severity)
    drawing = f":::{{response-drawing}} {severity}\n:::" if list_drawn(found) else ""
    lists = [f"**{words}**\n\n{_write_list(policy, found, when)}" for when, words in _PARTS.items()]
    body = blocks((drawing, *lists))
    return f"::::{{tab-item}} {plain(policy.severities[severity].name)}\n:sync: {severity}\n\n{body}\n::::"


def _write_list(policy: Policy, found: tuple[Row, ...], when: When) -> str:
    return "\n".join(f"- {value(policy, row.clause)}: {row.what}" for row in found if row.when == when)
