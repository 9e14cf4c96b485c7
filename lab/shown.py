"""Whether a runbook's page shows what its plan shows: stored outputs beside those of a plan just made.

Numbers, names of machines and times differ from run to run, so words are compared, cell by cell. A cell
whose stored words are mostly no longer said, or that shows a picture where there is none now, is stale.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import nbformat

from outage.run.model import Run

ENOUGH = 0.6
"""Share of the stored words that must be said again; the rest may be names, or what was slow by chance."""
_WORD = re.compile(r"[A-Za-z]{3,}(?![A-Za-z]*\d)")
_TEXT = "text/plain"
_PICTURE = "image/png"


def stale(path: Path, run: Run) -> list[str]:
    """What the notebook at ``path`` shows and a plan does not, a sentence a cell; empty: it is up to date.

    Args:
        path: the runbook, with the outputs that its page shows. A notebook that stores none is not judged.
        run: the plan just made, of the same notebook.
    """
    notebook: Any = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    stored = {index: cell.outputs for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"}
    if not any(stored.values()):
        return []
    return [
        f"cell {cell.index + 1} {words}"
        for cell in run.cells
        if cell.state == "passed" and (words := _differs(stored.get(cell.index, []), cell.outputs))
    ]


def _differs(stored: Iterable[Any], fresh: Iterable[Any]) -> str:
    """What is wrong with one cell's stored outputs, or nothing."""
    then, now = list(stored), list(fresh)
    if _pictures(then) != _pictures(now):
        return "shows a picture that a plan does not draw" if _pictures(then) else "lacks a picture"
    said, again = set(_words(then)), set(_words(now))
    if bool(said) != bool(again):
        return "stores words, and a plan says none" if said else "stores no words, and a plan says some"
    if said and len(said & again) < ENOUGH * len(said):
        missing = ", ".join(sorted(said - again)[:8])
        return f"says other words than a plan does; no longer said: {missing}"
    return ""


def _pictures(outputs: list[Any]) -> bool:
    return any(_PICTURE in output.get("data", {}) for output in outputs)


def _words(outputs: list[Any]) -> Iterator[str]:
    """Words of letters alone, in small letters; what holds a digit is a name or a number."""
    for output in outputs:
        text = output.get("text") or output.get("data", {}).get(_TEXT) or ""
        joined = "".join(text) if isinstance(text, list) else str(text)
        yield from (found.lower() for found in _WORD.findall(joined))
