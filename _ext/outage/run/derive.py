"""``notebook.ipynb`` of a run: derived from the journal, for people and pages to read."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from outage.run.model import CellRun, Run

FILE = "notebook.ipynb"


def derived_notebook(run: Run) -> dict[str, Any]:
    """The run as a notebook of format 4.5: sources, outputs, and each cell's state in its metadata.

    Metadata ``outage`` holds, for the notebook, run, runbook, mode, state and target; for a cell,
    state, seconds and what was cut. Our own cell of parameters follows theirs, and is tagged
    ``injected-parameters``.
    """
    cells: list[dict[str, Any]] = []
    for cell in run.cells:
        cells.append(_cell(cell, len(cells)))
        if cell.step == "parameters" and run.injected:
            injected = _code(f"{cell.id}-injected", run.injected, ["injected-parameters"])
            cells.append(injected)
    about = {
        "run": run.id,
        "runbook": run.runbook,
        "mode": run.mode,
        "state": run.state,
        "target": run.target,
        "started": run.started.isoformat(),
        "reason": run.reason,
    }
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": kernel,
            "language_info": {"name": "python"},
            "outage": about,
            "runbook": run.runbook_meta,
        },
        "cells": cells,
    }


def _cell(cell: CellRun, count: int) -> dict[str, Any]:
    if cell.cell_type != "code":
        about = {"outage": {"state": cell.state}} if cell.state else {}
        metadata = {"tags": list(cell.tags), **about}
        return {"cell_type": cell.cell_type, "id": cell.id, "metadata": metadata, "source": cell.source}
    result = _code(cell.id, cell.source, list(cell.tags))
    result["metadata"]["outage"] = {
        key: value
        for key, value in {
            "state": cell.state,
            "started": cell.started.isoformat() if cell.started else None,
            "seconds": cell.seconds,
            "cut": list(cell.cut),
        }.items()
        if value
    }
    result["outputs"] = [_output(output, count + 1) for output in cell.outputs]
    result["execution_count"] = count + 1 if cell.started else None
    return result


def _code(name: str, source: str, tags: list[str]) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": name[:64],
        "metadata": {"tags": tags},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def _output(output: dict[str, Any], count: int) -> dict[str, Any]:
    return {**output, "execution_count": count} if output["output_type"] == "execute_result" else output


def write_notebook(run: Run) -> Path:
    """Write the derived notebook beside the journal, whole or not at all; returns its path."""
    path = run.folder / FILE
    write_atomically(path, json.dumps(derived_notebook(run), ensure_ascii=False, indent=1) + "\n")
    return path


def write_atomically(path: Path, text: str) -> None:
    """Replace a file by one with this text, so that a reader sees the old or the new, never half."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
