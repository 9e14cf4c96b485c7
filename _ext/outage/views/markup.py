"""The few pieces of MyST that the views are made of.

Whoever calls passes free text through :func:`outage.text.cell` or :func:`outage.text.plain` first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from outage.text import cell

if TYPE_CHECKING:
    from outage.policy import Policy


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; each cell is inline MyST on one line."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def ref(kind: str, target: str) -> str:
    """A role: ``{severity}`sev1```. The target is an id or an address, so it holds no backtick."""
    return f"{{{kind}}}`{target}`"


def refs(kind: str, targets: Iterable[str], between: str = " ") -> str:
    """Several roles in a row; a dash for none."""
    return between.join(ref(kind, target) for target in targets) or cell("")


def value(policy: Policy, address: str, words: str | None = None) -> str:
    """A value's words, linked to its clause; a dash where the policy says none."""
    found = policy.at(address)
    if found.raw is None:
        return cell("")
    return f"[{cell(words or found.text)}](#{found.address})"


def bullets(items: Iterable[str]) -> str:
    """A list, one inline text an item."""
    return "\n".join(f"- {item}" for item in items)


def blocks(parts: Iterable[str]) -> str:
    """Paragraphs, tables and lists with an empty line between; empty ones are left out."""
    return "\n\n".join(part for part in parts if part)
