"""Whether a runbook's page shows what its plan shows: stored outputs beside those of a plan just made.

What varies is named in :mod:`outage.lab.varies`, and a word stands for it on both sides. The rest must be the
same to the letter, cell by cell: texts, their order, and where there is a picture. What is in a picture
is not compared, but its title is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from itertools import groupby
from pathlib import Path
from typing import Any

import nbformat

from outage.kit.signals import PICTURE
from outage.lab.varies import CELLS, RULES
from outage.run.model import Run

_TEXTS = ("text/plain", "text/markdown")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")  # Markdown escapes what could steer it
_MUCH = 160  # characters of a line in a message


def describe_stale(path: Path, run: Run, places: Mapping[str, str]) -> list[str]:
    """Say what the notebook at ``path`` shows and a plan doesn't, a sentence a cell; empty: it is up to date.

    Args:
        path: the runbook, with the outputs that its page shows. A notebook that stores none is not judged.
        run: the plan just made, of the same notebook.
        places: of this machine, and what a reader knows them by; see :func:`outage.lab.places.list_places`.
    """
    notebook: Any = nbformat.reads(path.read_text(encoding="utf-8-sig"), as_version=4)  # type: ignore[no-untyped-call]
    stored = {index: cell.outputs for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"}
    if not any(stored.values()):
        return []
    found = []
    for cell in run.cells:
        kept = stored.get(cell.index, [])
        if cell.state != "passed":
            words = "shows an output, and a plan does not run it" if kept else ""
        else:
            name = path.stem, cell.id
            then, now = (list(list_said(outputs, name, places)) for outputs in (kept, cell.outputs))
            words = _find_difference(then, now)
        if words:
            found.append(f"cell {cell.index + 1} ({cell.id}) {words}")
    return found


def list_said(outputs: Iterable[Any], cell: tuple[str, str], places: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of a cell's outputs, with words for what varies.

    Args:
        outputs: in the notebook format's form.
        cell: name of the runbook and id of the cell.
        places: as for :func:`describe_stale`.
    """
    for kind, texts in groupby(_list_texts(outputs), key=lambda pair: pair[0]):
        text = "".join(text for _, text in texts)
        for place, name in places.items():
            text = text.replace(place, name)
        for rule in (*RULES, *CELLS.get(cell, ())):
            text = rule(text)
        yield from (f"{kind}: {line}" for line in text.rstrip("\n").split("\n"))


def _list_texts(outputs: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Yield kind and text of what can be seen; the pieces of a stream are joined."""
    displays = 0
    for output in outputs:
        if output["output_type"] == "stream":
            yield output["name"], _join(output["text"])
            continue
        data = output.get("data", {})
        shown = {kind: text for kind in _TEXTS if (text := _join(data.get(kind, "")))}
        displays += bool(shown) or PICTURE in data
        if PICTURE in data:
            yield f"picture {displays}", "drawn"
        for kind, text in shown.items():
            yield f"{kind} {displays}", _ESCAPED.sub(r"\1", text) if kind == "text/markdown" else text


def _join(text: Any) -> str:
    return "".join(text) if isinstance(text, list) else str(text)


def _find_difference(then: list[str], now: list[str]) -> str:
    """Return the first difference in words, or nothing."""
    for tag, *where in SequenceMatcher(None, then, now, autojunk=False).get_opcodes():
        if tag != "equal":
            old, new = then[where[0] : where[1]], now[where[2] : where[3]]
            return f"shows {_quote(old)}; a plan shows {_quote(new)}"
    return ""


def _quote(lines: list[str]) -> str:
    return f"'{lines[0][:_MUCH]}'" if lines else "nothing there"
