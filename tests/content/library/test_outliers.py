"""The notebook on outliers: what it has stored is what a run gives, and equal to figures computed apart."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest

ABOUT = ("library/diagnosis/outliers.ipynb",)
NOTEBOOK = Path(__file__).parents[3] / "library" / "diagnosis" / "outliers.ipynb"


@pytest.fixture(scope="module")
def printed():
    """Everything that its cells have printed, as it is stored."""
    cells = [cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]
    return "".join(out.text for cell in cells for out in cell.outputs if out.output_type == "stream")


def test_the_stored_outputs_are_those_of_a_run(tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    nbval = [sys.executable, "-m", "pytest", str(NOTEBOOK), "-c", str(tmp_path / "pytest.ini"), "--nbval"]
    nbval += ["--nbval-current-env", "--nbval-cell-timeout", "60", "-p", "no:cacheprovider", "-q"]
    done = subprocess.run(nbval, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 0, done.stdout
    runs = sum(cell.cell_type == "code" for cell in nbformat.read(NOTEBOOK, as_version=4).cells)
    assert re.search(rf"^{runs} passed", done.stdout, re.MULTILINE), done.stdout


@pytest.mark.parametrize(
    "figure",
    [
        r"^mean: +14\.3636$",
        r"sample 28\.1470 ",
        r"all +26\.8371 ",
        r"^median: +7$",
        r"^distances: 0 0 1 1 2 2 2 3 4 4 92$",
        r"^MAD: +2 +\(raw\)$",
        r"= 1\.4826022$",
        r"^MAD, scaled: 2\.9652$",
        r"^ +99 +3\.007 +31\.03 +unusual$",
        r"^mean +\+- 3 deviations: +-70\.08 to +98\.80$",
        r"^median \+- 3 scaled MAD: +-1\.90 to +15\.90$",
        r"no z above 3\.015$",
        r"^without +5\.90 +2\.18 +6 +2$",
    ],
)
def test_figures_computed_apart(printed, figure):
    assert re.search(figure, printed, re.MULTILINE)


def test_only_the_outlier_is_called_unusual(printed):
    assert re.findall(r"^ +(\d+) .* unusual$", printed, re.MULTILINE) == ["99"]


@pytest.mark.parametrize("values", [[5.0] * 9 + [6.0], [1.0, 2.0, 2.0, 50.0], [12, 14, 11, 13, 60]])
def test_it_runs_with_other_values(tmp_path, values):
    papermill.execute_notebook(
        NOTEBOOK, tmp_path / "out.ipynb", {"values": values}, progress_bar=False, log_output=False
    )


def test_too_few_values_are_told_in_words(tmp_path):
    with pytest.raises(papermill.PapermillExecutionError, match="at least four values"):
        papermill.execute_notebook(
            NOTEBOOK, tmp_path / "out.ipynb", {"values": [1, 2]}, progress_bar=False, log_output=False
        )
