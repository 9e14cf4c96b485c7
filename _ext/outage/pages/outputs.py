"""Stored outputs of notebooks as they stood in the end: a progress bar is one line, and no wall of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from outage.text import replay_terminal

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_BACK = ("\\r", "\\b", "\\u000d", "\\u0008", "\\u000D")
"""How JSON writes what goes back in a line."""


def _replay(app: Sphinx, docname: str, source: list[str]) -> None:
    """Replace the streams of a notebook before MyST-NB reads it; colours stay where nothing goes back."""
    if app.env.doc2path(docname).suffix != ".ipynb" or not any(mark in source[0] for mark in _BACK):
        return
    try:
        notebook = json.loads(source[0])
        for cell in notebook["cells"]:
            if "outputs" in cell:
                cell["outputs"] = _replayed(cell["outputs"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return  # MyST-NB says what is wrong with it
    source[0] = json.dumps(notebook)


def _replayed(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the outputs, pieces of one stream put together."""
    found: list[dict[str, Any]] = []
    for output in outputs:
        last = found[-1] if found else {}
        if output["output_type"] != "stream":
            found.append(output)
        elif (last.get("output_type"), last.get("name")) == ("stream", output["name"]):
            last["text"] += "".join(output["text"])
        else:
            found.append({**output, "text": "".join(output["text"])})
    for output in found:
        if output["output_type"] == "stream" and any(mark in output["text"] for mark in "\r\b"):
            output["text"] = replay_terminal(output["text"])
    return found


def setup(app: Sphinx) -> None:
    """Do it before a runbook's outputs are masked."""
    app.connect("source-read", _replay, priority=400)
