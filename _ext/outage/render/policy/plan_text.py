"""The timeline that policy plans, as text: who does what by when, severity by severity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outage.render.markup import blocks, value
from outage.render.policy.drawing import drawn
from outage.render.policy.plan import Row, When, rows
from outage.text import plain

if TYPE_CHECKING:
    from outage.policy import Policy

_PARTS: dict[When, str] = {
    "by": "From the declaration, within",
    "every": "As long as it is open, every",
    "after": "When it is resolved, within",
}


def response_timeline(policy: Policy) -> str:
    """Write a tab per severity, the worst first: its drawing, and below it the same as lists."""
    tabs = "\n".join(_tab(policy, key) for key in policy.severities)
    return f":::::{{tab-set}}\n:sync-group: severity\n\n{tabs}\n:::::"


def response_rows(policy: Policy, severity: str) -> str:
    """Return all that a severity's drawing is made from; a page that shows it depends on this."""
    key = policy.severity_id(severity)
    return f"{policy.severities[key].name}: {rows(policy, key)!r}"


def _tab(policy: Policy, severity: str) -> str:
    found = rows(policy, severity)
    drawing = f":::{{response-drawing}} {severity}\n:::" if drawn(found) else ""
    lists = [f"**{words}**\n\n{_listed(policy, found, when)}" for when, words in _PARTS.items()]
    body = blocks((drawing, *lists))
    return f"::::{{tab-item}} {plain(policy.severities[severity].name)}\n:sync: {severity}\n\n{body}\n::::"


def _listed(policy: Policy, found: tuple[Row, ...], when: When) -> str:
    return "\n".join(f"- {value(policy, row.clause)}: {row.what}" for row in found if row.when == when)
