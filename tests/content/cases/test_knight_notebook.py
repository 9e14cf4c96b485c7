"""The notebook keeps the contract, is true as stored, and runs wherever notebooks run."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from outage.runbook.contract import examine
from outage.runbook.notebook import read_notebook
from tests.sites import ROOT

ABOUT = ("case-studies/knight-capital",)
NOTEBOOK = ROOT / "case-studies" / "knight-capital" / "what-if.ipynb"
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]


def pictures(cells):
    return [
        (cell, output)
        for cell in cells
        for output in cell.get("outputs", ())
        if "image/png" in output.get("data", {})
    ]


def test_it_keeps_every_rule_of_the_contract_and_changes_nothing():
    contract = examine(read_notebook(NOTEBOOK))
    assert contract.problems == ()
    assert {tag for _, tag in contract.steps} == {"parameters", "setup", "read"}
    assert contract.meta.risk == "none"


def test_each_picture_says_in_words_what_it_shows():
    shown = pictures(CELLS)
    assert len(shown) == 7
    for cell, _ in shown:
        assert len(cell["metadata"]["mystnb"]["image"]["alt"]) > 100, cell["id"]


def test_its_pictures_have_a_ground_of_their_own():
    from base64 import b64decode
    from io import BytesIO

    from matplotlib.image import imread

    shown = list(pictures(CELLS))
    assert shown
    for cell, output in shown:
        pixels = imread(BytesIO(b64decode(output["data"]["image/png"])))
        assert pixels[0, 0, :3].min() == 1.0, cell["id"]
        assert pixels.shape[2] == 3 or pixels[:, :, 3].min() == 1.0, cell["id"]


@pytest.mark.parametrize("word", ["history", "loss"])
def test_its_texts_are_stored(word):
    assert any(
        word in "".join(output.get("text", "")) for cell in CELLS for output in cell.get("outputs", ())
    )


def test_nbval_finds_the_stored_outputs_true(tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    nbval = [sys.executable, "-m", "pytest", str(NOTEBOOK), "-c", str(tmp_path / "pytest.ini"), "--nbval"]
    nbval += ["--nbval-current-env", "--nbval-cell-timeout", "60", "-p", "no:cacheprovider", "-q"]
    done = subprocess.run(nbval, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 0, done.stdout[-3000:]


def test_papermill_runs_it_from_anywhere_with_another_setting(tmp_path):
    out = tmp_path / "out.ipynb"
    papermill = [sys.executable, "-m", "papermill", str(NOTEBOOK), str(out), "-k", "python3"]
    papermill += ["-p", "stop_minute", "5"]
    done = subprocess.run(papermill, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 0, done.stderr[-3000:]
    (moved,) = (
        output
        for cell in json.loads(out.read_text())["cells"]
        if cell["id"] == "moved"
        for output in cell["outputs"]
    )
    rows = dict(re.findall(r"^(\S.*?)\s{2,}.*\s(\$\S+)$", "".join(moved["text"]), re.MULTILINE))
    assert rows["history, or as you set it"] == "$22m"
    assert rows["stopped at minute 10"] == "$58m"
