"""``notebook.ipynb`` of a run: derived from the journal, for people and pages to read."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outage import files
from outage.runbook.parameters import UNSET

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from outage.run.model import CellRun, Run
    from outage.runbook.parameters import Parameter


FILE = "notebook.ipynb"


def derive_notebook(run: Run) -> dict[str, Any]:
    """Return the run as a notebook of format 4.5: sources, outputs, and each cell's state in its metadata.

    Metadata ``outage`` holds, for the notebook, run, runbook, mode, state and target; for a cell,
    state, seconds and what was cut. Our own cell of parameters follows theirs, and is tagged
    ``injected-parameters``.
    """
    cells: list[dict[str, Any]] = []
    for cell in run.cells:
        cells.append(_convert_cell(cell, len(cells)))
        if cell.step == "parameters" and run.injected:
            injected = _make_code_cell(f"{cell.id}-injected", run.injected, ["injected-parameters"])
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


def _convert_cell(cell: CellRun, count: int) -> dict[str, Any]:
    if cell.cell_type != "code":
        about = {"outage": {"state": cell.state}} if cell.state else {}
        metadata = {"tags": list(cell.tags), **about}
        return {"cell_type": cell.cell_type, "id": cell.id, "metadata": metadata, "source": cell.source}
    result = _make_code_cell(cell.id, cell.source, list(cell.tags))
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
    result["outputs"] = [_convert_output(output, count + 1) for output in cell.outputs]
    result["execution_count"] = count + 1 if cell.started else None
    return result


def _make_code_cell(name: str, source: str, tags: list[str]) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": name[:64],
        "metadata": {"tags": tags},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def _convert_output(output: dict[str, Any], count: int) -> dict[str, Any]:
    return {**output, "execution_count": count} if output["output_type"] == "execute_result" else output


def write_notebook(run: Run) -> Path:
    """Write the derived notebook beside the journal, whole or not at all; returns its path."""
    path = run.folder / FILE
    files.replace(path, json.dumps(derive_notebook(run), ensure_ascii=False, indent=1) + "\n")
    return path


def write_injected_source(parameters: Sequence[Parameter], values: Mapping[str, Any]) -> str:
    """Return Python that sets every parameter to its value; a secret is resolved where this runs.

    The names it needs are imported by their own names, which the parameters cell may use already.
    """
    lines = ["# Set by outage run."]
    imports: set[str] = set()
    for parameter in parameters:
        value = values[parameter.name]
        if parameter.secret and value is not None:
            imports |= {"from pydantic import SecretStr", "from outage.kit import secret"}
            lines.append(f"{parameter.name} = SecretStr(secret({value!r}))")
            continue
        given = "" if value != parameter.default or parameter.default is UNSET else "  # its default"
        lines.append(f"{parameter.name} = {_write_expression(value, imports)}{given}")
    return "\n".join([*sorted(imports), *([""] if imports else []), *lines])


def _write_expression(value: Any, imports: set[str]) -> str:
    """Return an expression that makes the value; what it needs is added to ``imports``."""
    if isinstance(value, list):
        return f"[{', '.join(_write_expression(item, imports) for item in value)}]"
    if isinstance(value, Path):
        imports.add("from pathlib import Path")
        return f"Path({str(value)!r})"
    if isinstance(value, datetime):
        imports.add("from datetime import datetime")
        return f"datetime.fromisoformat({value.isoformat()!r})"
    if isinstance(value, date):
        imports.add("from datetime import date")
        return f"date({value.year}, {value.month}, {value.day})"
    if isinstance(value, timedelta):
        imports.add("from datetime import timedelta")
        return f"timedelta(days={value.days}, seconds={value.seconds}, microseconds={value.microseconds})"
    return repr(value)
