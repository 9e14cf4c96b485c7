"""Fills a runbook's notebook with the outputs of a plan against the lab, with its fault injected.

    python -m lab.outputs blocked-queries

The committed notebook shows a reader what to expect. Only cells that a plan runs are run, and
only their outputs are replaced: nothing else in the file changes.
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
from lab.faults import FAULTS

IN_A_PLAN = {"parameters", "setup", "check", "read"}
_LONG_ENOUGH = 7.0  # seconds that a fault stands before we look, so that it is no ordinary hiccup


def refresh(path: Path) -> None:
    """Run the plan's cells of the notebook at ``path`` in a lab of their own, and store what they show."""
    fault = next(fault for fault in FAULTS.values() if fault.runbook == path.stem)
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    with tempfile.TemporaryDirectory() as folder:
        lab, _ = control.up(Path(folder) / "lab")
        try:
            fault.begin(lab)
            time.sleep(_LONG_ENOUGH)
            os.environ.update(lab.server.environment())
            _run(notebook)
            fault.mend(lab)
        finally:
            control.down(Path(folder) / "lab")
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]


def _run(notebook: Any) -> None:
    """Execute the plan's cells in order."""
    client = NotebookClient(notebook, kernel_name="python3", timeout=60, record_timing=False)
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "code" and IN_A_PLAN & set(cell.metadata.get("tags", [])):
                client.execute_cell(cell, index)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        refresh(Path(__file__).parent.parent / "runbooks" / f"{name}.ipynb")
