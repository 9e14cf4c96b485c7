"""Fills a runbook's notebook with the outputs of a plan against the lab, with its fault injected.

    python -m outage.lab.outputs blocked-queries

The committed notebook shows a reader what to expect. The plan is made as a proof makes it, and only the
outputs are replaced: nothing else in the file changes. Paths of this machine would tell a reader nothing,
so the lab's folder reads ``/srv/lab`` and the handbook's ``/srv/handbook``.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

import nbformat

from outage.errors import Refused
from outage.kit.signals import PICTURE, TITLE
from outage.lab import control, proving
from outage.lab.case import plan_case
from outage.lab.looks import find_shown_fault
from outage.lab.places import list_places
from outage.project import Project, find_project
from outage.runbook.contract import read_contract
from outage.runbook.notebook import find_notebook
from outage.text import plain


def refresh(project: Project, name: str) -> None:
    """Plan the runbook in a lab of its own, and store what the plan shows in its notebook.

    The first fault that names the runbook is injected, and its parameters are given; for a runbook that
    only looks, the one that its proof shows it.

    Raises:
        Refused: there is no such runbook, or the lab has no fault for it.
        Failed: the plan did not come about as a proof wants it.
    """
    path = find_notebook(project.runbooks, name)
    under = find_shown_fault(name)
    if under is None:
        raise Refused(
            f"the lab has no fault for '{name}'", hint="name it in a module of _ext/outage/lab/faults/"
        )
    with tempfile.TemporaryDirectory(prefix="outputs-") as folder:
        copy = proving.copy_handbook(project.root, project.policy(), Path(folder))
        try:
            lab, run = plan_case(copy, Path(folder) / "lab", read_contract(path), *under)
            known = list_places(lab, (copy.root, project.root))
        finally:
            control.down(Path(folder) / "lab")
    fresh = {cell.index: cell.outputs for cell in run.cells if cell.state == "passed"}
    notebook: Any = nbformat.reads(path.read_text(encoding="utf-8-sig"), as_version=4)  # type: ignore[no-untyped-call]
    ran = count(1)  # nbval takes a cell without a number for one that no one ran
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            cell.execution_count = next(ran) if index in fresh else None
            cell.outputs = [_title_picture(_name_places(output, known)) for output in fresh.get(index, ())]
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]


def _name_places(value: Any, known: Mapping[str, str]) -> Any:
    """Return a JSON value with the names of places in its texts, also where Markdown escapes their marks."""
    if isinstance(value, dict):
        kept = {key: value[key] if key == PICTURE else _name_places(value[key], known) for key in value}
        return nbformat.from_dict(kept)  # type: ignore[no-untyped-call]
    if isinstance(value, list):
        return [_name_places(item, known) for item in value]
    if isinstance(value, str):
        for place, name in known.items():
            value = value.replace(place, name).replace(plain(place), plain(name))
    return value


def _title_picture(output: Any) -> Any:
    """Return the output with its picture's title as the words for who does not see it, where it is one."""
    data = output.get("data", {})
    if PICTURE in data:
        alt = data.get("text/plain", "").removeprefix(TITLE)
        output["metadata"] = nbformat.from_dict({PICTURE: {"alt": alt}})  # type: ignore[no-untyped-call]
    return output


if __name__ == "__main__":
    for each in sys.argv[1:]:
        refresh(find_project(Path(__file__).parent), each)
