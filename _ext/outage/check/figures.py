"""Figures in case studies: each stands beside its source, or it does not stand there.

A figure is a number in digits. It needs a source in its own paragraph, list item or table row: a citation
(``{footcite:p}`key```) or a fact. What a directive shows is none of this: it comes from the record, where
every event names its source. Excepted, and nothing else:

- dates in headings, which name the case;
- the numbers of an ordered list;
- names that begin with a letter (``S3``, ``db1``), code, and values quoted from the policy;
- words to say (``{say}``), which claim nothing;
- a case whose ``record.yml`` says ``made_up: true``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from outage.check.prose import Line, list_prose_lines
from outage.errors import OutageError, Problems, Refused
from outage.source import read_yaml

FOLDER = "case-studies"

_FIGURE = re.compile(r"(?<![\w.])[$€£]?\d[\w.,:%-]*")
_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATE = re.compile(rf"\b(?:\d\d?(?:\s*[-–]\s*\d\d?)?\s+)?(?:{_MONTH})\b(?:\s+\d{{4}}\b)?|\b(?:19|20)\d\d\b")
_SOURCE = re.compile(r"\{(?:footcite(?::\w+)?|fact)\}`")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")
_HEADING = re.compile(r"^#{1,6}\s")
_HINT = "cite it there, {footcite:p}`key`, or say how it was computed, {fact}`text <computed below>`"


def check_figures(root: Path) -> list[OutageError]:
    """Refuse each paragraph, list item or table row of a case that has a figure and no source."""
    found: list[OutageError] = []
    for path in sorted((root / FOLDER).rglob("*")):
        shown = path.relative_to(root)
        if path.suffix not in {".md", ".ipynb"} or _is_apart(shown) or _is_made_up(root, shown):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += _check_notebook(text, shown) if path.suffix == ".ipynb" else find_figures(text, shown)
    return found


def find_figures(text: str, shown: Path) -> list[OutageError]:
    """As :func:`check_figures`, for the text of one page; ``shown`` is its name in messages."""
    return [
        Refused(f"the figure '{figure}' has no source beside it", file=shown, line=line, hint=_HINT)
        for line, figure in _bare(text)
    ]


def _check_notebook(text: str, shown: Path) -> Iterator[OutageError]:
    """Check the prose of a notebook; what its cells compute is not a claim."""
    try:
        cells = json.loads(text)["cells"]
        prose = [
            (n, "".join(cell["source"])) for n, cell in enumerate(cells, 1) if cell["cell_type"] == "markdown"
        ]
    except (ValueError, KeyError, TypeError):
        return
    for number, source in prose:
        for line, figure in _bare(source):
            reason = f"cell {number}, line {line}: the figure '{figure}' has no source beside it"
            yield Refused(reason, file=shown, hint=_HINT)


def _is_apart(shown: Path) -> bool:
    return any(part.startswith((".", "_")) or part == "runs" for part in shown.parts)


def _is_made_up(root: Path, shown: Path) -> bool:
    """Whether the case of a page never happened: its figures are its own."""
    if len(shown.parts) < 3:
        return False
    try:
        data = read_yaml(root / FOLDER / shown.parts[1] / "record.yml").data
    except Problems:
        return False
    return isinstance(data, dict) and data.get("made_up") is True


def _bare(text: str) -> Iterator[tuple[int, str]]:
    """Line and figure of each block that has one and no source; the first of a block."""
    for block in _blocks(list_prose_lines(text, apart=("say",))):
        if any(line.cited or _SOURCE.search(line.raw) for line in block):
            continue
        found = ((line.number, figure[0].rstrip(".,:")) for line in block for figure in _figures(line))
        yield from [first for first in [next(found, None)] if first]


def _figures(line: Line) -> Iterator[re.Match[str]]:
    text = _ITEM.sub("", line.text, count=1)
    return _FIGURE.finditer(_DATE.sub(" ", text) if _HEADING.match(line.raw) else text)


def _blocks(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Paragraphs, list items, table rows and headings, as lists of their lines."""
    block: list[Line] = []
    for line in lines:
        alone = line.raw.lstrip().startswith("|") or bool(_HEADING.match(line.raw))
        follows = bool(block) and line.number == block[-1].number + 1
        if block and (alone or not follows or not line.raw.strip() or _ITEM.match(line.raw)):
            yield block
            block = []
        if line.raw.strip():
            block.append(line)
        if alone:
            yield block
            block = []
    if block:
        yield block
