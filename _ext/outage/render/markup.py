"""Pieces of MyST text: roles, directives, list tables. What goes into them is safe already, or made so here.

The roles are ours (``outage.pages.record_roles``): ``{moment}`` and ``{due}`` mark times for scripts,
``{here}`` and ``{goto}`` are anchors and links within the page, ``{chip}`` gives words a look.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from outage.incident.times import format_stamp
from outage.text import block, cell, one_line, plain

if TYPE_CHECKING:
    from outage.policy import Policy

_URL = ":/?#@!$&'*+,;=%~[]()"
"""What stays as it is in the target of a link."""


def role(name: str, words: str, target: str = "") -> str:
    """``{name}`words <target>```, whatever the words hold. Target is an id, a time or fixed words of ours."""
    inner = f"{one_line(words)} <{target}>" if target else one_line(words)
    longest = max((len(run) for run in re.findall(r"`+", inner)), default=0)
    tick = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{{{name}}}{tick}{pad}{inner}{pad}{tick}"


def moment(at: datetime, words: str) -> str:
    """Return a time that a script can read."""
    return role("moment", words, format_stamp(at))


def chip(words: str, *look: str) -> str:
    """Return words with a look: ``chip("Sev 1", "severity", "rank-0")``."""
    return role("chip", words, " ".join(look))


def goto(words: str, anchor: str) -> str:
    """Return a link within the page; ``anchor`` is an id that was made safe by :func:`anchor_id`."""
    return role("goto", words, anchor)


def here(anchor: str) -> str:
    """Return an anchor in the page."""
    return role("here", anchor)


def anchor_id(prefix: str, name: str) -> str:
    """Return an id for HTML: letters, digits and hyphens only, whatever the name holds."""
    return f"{prefix}-{re.sub(r'[^A-Za-z0-9-]+', '-', name)[:80]}"


def directive(name: str, argument: str = "", body: str = "", options: Sequence[tuple[str, str]] = ()) -> str:
    """Return a fenced directive; its fence outgrows any in the body."""
    longest = max((len(run) for run in re.findall(r"`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    head = f"{fence}{{{name}}} {argument}".rstrip()
    settings = [f":{key}: {value}".rstrip() for key, value in options]
    return "\n".join(
        [head, *settings, *([""] if settings and body else []), *([body] if body else []), fence]
    )


def folded(title: str, body: str, *, opened: bool = False) -> str:
    """Return a part that is folded away until someone opens it; ``title`` is MyST text."""
    return directive("dropdown", title, body, [("open", "")] if opened else [])


def list_table(head: Sequence[str], rows: Iterable[Sequence[str]], *, widths: str, css: str) -> str:
    """Return a table whose cells hold any MyST text, lines and blocks too."""
    body = "\n".join(_row(row) for row in (head, *rows))
    options = [("header-rows", "1"), ("widths", widths), ("class", css)]
    return directive("list-table", body=body, options=options)


def _row(cells: Sequence[str]) -> str:
    lines = []
    for index, text in enumerate(cells):
        first, *rest = (text or "–").split("\n")
        lines.append(f"{'* - ' if index == 0 else '  - '}{first}")
        lines += [f"    {line}" if line else "" for line in rest]
    return "\n".join(lines)


def bullets(items: Iterable[str]) -> str:
    """Return a list; an item may have several lines."""
    return "\n".join("- " + item.replace("\n", "\n  ") for item in items)


def words(text: str) -> str:
    """Show a text as people wrote it: inline if it is one line, else as a block that keeps its lines."""
    return block(text.strip("\n")) if "\n" in text.strip() else plain(text)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; each cell is inline MyST on one line."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def link(words: str, target: str) -> str:
    """Return a link with literal words; what could end it, or a table cell, is encoded in its target."""
    return f"[{plain(words)}](<{quote(target, safe=_URL)}>)"


def ref(kind: str, target: str) -> str:
    """Return a role: ``{severity}`sev1```. The target is an id or an address, so it holds no backtick."""
    return f"{{{kind}}}`{target}`"


def refs(kind: str, targets: Iterable[str], between: str = " ") -> str:
    """Return several roles in a row; a dash for none."""
    return between.join(ref(kind, target) for target in targets) or cell("")


def value(policy: Policy, address: str, words: str | None = None) -> str:
    """Return a value's words, linked to its clause; a dash where the policy says none."""
    found = policy.at(address)
    if found.raw is None:
        return cell("")
    return f"[{cell(words or found.text)}](#{found.address})"


def blocks(parts: Iterable[str]) -> str:
    """Return paragraphs, tables and lists with an empty line between; empty ones are left out."""
    return "\n\n".join(part for part in parts if part)
