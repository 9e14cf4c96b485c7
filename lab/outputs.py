"""Fills a runbook's notebook with the outputs of a plan against the lab, with its fault injected.

    python -m lab.outputs blocked-queries

The committed notebook shows a reader what to expect. Only cells that a plan runs are run, and
only their outputs are replaced: nothing else in the file changes. Paths of this machine would
tell a reader nothing, so the lab's folder reads ``/srv/lab`` and the handbook's ``/srv/handbook``.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from lab import control
from lab.faults import FAULTS, Fault
from lab.looks import LOOKS
from lab.model import Lab
from outage.errors import Refused
from outage.run.inject import injected_source
from outage.runbook.contract import parameter_values, read_contract

IN_A_PLAN = {"parameters", "setup", "check", "read"}
_LONG_ENOUGH = 7.0  # seconds that a fault stands before we look, so that it is no ordinary hiccup
_ROOT = Path(__file__).parents[1]


def refresh(path: Path) -> None:
    """Run the plan's cells of the notebook at ``path`` in a lab of their own, and store what they show.

    The first fault that names the runbook is injected, and its parameters are given; for a runbook that
    only looks, the one that its proof shows it. Monitoring is up, for some ask it.
    """
    look = next((look for look in LOOKS if look.runbook == path.stem), None)
    fault = fault_for(path.stem)
    if fault is None:
        raise Refused(f"the lab has no fault for '{path.stem}'", hint="name it in a module of lab/faults/")
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    with tempfile.TemporaryDirectory() as folder:
        lab, _ = control.up(Path(folder) / "lab", (*fault.parts, "prometheus"))
        try:
            time.sleep(look.calm if look else 0.0)
            fault.begin(lab)
            time.sleep(_LONG_ENOUGH)
            os.environ.update(lab.environment())
            given = look.parameters if look else fault.parameters(lab)
            _run(notebook, _parameters(path, dict(given)))
            _without_places(notebook, lab)
            fault.mend(lab)
        finally:
            control.down(Path(folder) / "lab")
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]


def fault_for(runbook: str) -> Fault | None:
    """The fault under which a runbook's stored outputs are made; None if the lab has none for it."""
    look = next((look for look in LOOKS if look.runbook == runbook), None)
    fitting = (
        fault for fault in FAULTS.values() if fault.runbook == runbook or (look and fault.id == look.fault)
    )
    return next(fitting, None)


def _parameters(path: Path, given: dict[str, str]) -> str:
    """Python that sets the runbook's parameters as ``outage run -p`` would."""
    contract = read_contract(path)
    values = parameter_values(contract, [f"{name}={value}" for name, value in given.items()])
    return injected_source(contract.parameters, values)


def _run(notebook: Any, parameters: str) -> None:
    """Execute the plan's cells in order; the parameters are set behind their cell, and leave no trace."""
    shown, metadata = notebook.cells, notebook.metadata
    notebook.cells = []
    notebook.metadata = nbformat.from_dict(dict(metadata))  # type: ignore[no-untyped-call]
    for cell in shown:
        tags = set(cell.metadata.get("tags", []))
        if cell.cell_type == "code" and IN_A_PLAN & tags:
            notebook.cells.append(cell)
        if "parameters" in tags:
            notebook.cells.append(nbformat.v4.new_code_cell(parameters))  # type: ignore[no-untyped-call]
    try:
        NotebookClient(notebook, kernel_name="python3", timeout=60, record_timing=False).execute()
    finally:
        notebook.cells, notebook.metadata = shown, metadata
        for cell in shown:
            if cell.cell_type == "code":
                cell.execution_count = None


def _without_places(notebook: Any, lab: Lab) -> None:
    """Put the places that a reader knows for those of this machine, in every stored output."""
    places = {str(lab.folder): "/srv/lab", str(_ROOT): "/srv/handbook", tempfile.gettempdir(): "/tmp"}
    if lab.has("postgres"):
        places = {str(lab.server.home): "/srv/lab/postgres"} | places
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [_replaced(output, places) for output in cell.outputs]


def _replaced(value: Any, places: dict[str, str]) -> Any:
    """A JSON value with every place replaced in its texts, also where Markdown escapes their marks."""
    if isinstance(value, dict):
        kept = {key: value[key] if key == "image/png" else _replaced(value[key], places) for key in value}
        return nbformat.from_dict(kept)  # type: ignore[no-untyped-call]
    if isinstance(value, list):
        return [_replaced(item, places) for item in value]
    if isinstance(value, str):
        from outage.text import plain

        for place, name in places.items():
            value = value.replace(place, name).replace(plain(place), plain(name))
    return value


if __name__ == "__main__":
    for name in sys.argv[1:]:
        refresh(_ROOT / "runbooks" / f"{name}.ipynb")
