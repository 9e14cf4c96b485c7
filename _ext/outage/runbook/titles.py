"""What each step is about, in one line, as its notebook says it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from outage.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 80
_MARKS = re.compile(r"[*_`]|^#+\s*|^[-*>]\s+")


def titles(cells: Iterable[tuple[str, str, str | None]]) -> list[str]:
    """A title for each cell, perhaps empty, safe for one line of a terminal.

    Args:
        cells: type (``code``, ``markdown``), source and step tag of every cell, in order.

    A gate is titled by its own first line; code by its first comment, else by the heading (or
    the first sentence) of the prose right before it. The notebook's own title is nobody's.
    """
    found: list[str] = []
    before = ""
    for cell_type, source, step in cells:
        if cell_type != "code":
            before = _heading(source)
            found.append(before if step == "gate" else "")
            continue
        first = next((line.strip() for line in source.splitlines() if line.strip()), "")
        comment = _short(first.lstrip("#").strip()) if first.startswith("#") else ""
        found.append(comment or before)
        before = ""
    return found


def _heading(source: str) -> str:
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    heading = next((line for line in lines if line.startswith("#")), lines[0] if lines else "")
    return "" if heading.startswith("# ") else _short(_MARKS.sub("", heading))


def _short(text: str) -> str:
    line = one_line(text)
    sentence = re.split(r"(?<=[.:?!]) ", line)[0].rstrip(".:")
    return sentence if len(sentence) <= _LONGEST else f"{sentence[: _LONGEST - 1]}…"
