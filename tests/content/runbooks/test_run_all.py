"""Safe everywhere: whatever runs a notebook from top to bottom stops at its change, and says what to type."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from outage.lab.faults import lock_blocker
from outage.lab.fingerprint import take_fingerprint

ABOUT = ("runbooks/blocked-queries.ipynb",)
RUNBOOK = Path(__file__).parents[3] / "runbooks" / "blocked-queries.ipynb"
TESTS = Path(__file__).parents[2]
TO_TYPE = "outage run blocked-queries --apply"


@pytest.fixture
def broken(libpq):
    """The lab with its fault injected; whatever the test runs must leave it exactly so."""
    lock_blocker.begin(libpq)
    before = take_fingerprint(libpq)
    yield libpq
    assert take_fingerprint(libpq) == before
    assert lock_blocker.measure(libpq).signals["waiting_sessions"] == 4


def test_run_all_in_jupyterlab(broken):
    notebook = nbformat.read(RUNBOOK, as_version=4)
    with pytest.raises(CellExecutionError, match="only 'outage run --apply' may run it") as stopped:
        NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
    assert TO_TYPE in str(stopped.value)
    (change,) = (cell for cell in notebook.cells if "change" in cell.metadata.get("tags", []))
    assert "Traceback" not in "".join(change.outputs[0].traceback)


def test_plain_papermill(broken, tmp_path):
    command = [sys.executable, "-m", "papermill", str(RUNBOOK), str(tmp_path / "out.ipynb"), "-k", "python3"]
    stopped = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert stopped.returncode != 0
    assert TO_TYPE in stopped.stderr


def test_nbval_finds_the_stored_outputs_true_up_to_the_change(broken, tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    time.sleep(5.5)  # the stored plan has somebody to end: they had waited longer than min_wait
    nbval = [sys.executable, "-m", "pytest", str(RUNBOOK), "-c", str(tmp_path / "pytest.ini")]
    nbval += ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", str(TESTS / "nbval_sanitize.cfg")]
    nbval += ["--nbval-cell-timeout", "60", "-p", "no:cacheprovider", "-p", "tests.nbval_mimes", "-v"]
    done = subprocess.run(nbval, cwd=TESTS.parent, capture_output=True, text=True, check=False, timeout=110)
    results = re.findall(r"::Cell \d+ ([A-Z]+)", done.stdout.partition("= FAILURES")[0])
    assert results == [*["PASSED"] * 7, "FAILED", "FAILED"], done.stdout
    assert TO_TYPE in done.stdout
