"""``papermill --engine outage``: a plan with true states, where papermill's own engine would guess."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from outage.run.history import load_run
from tests.product.run.build import Handbook, reading, touching
from tests.product.run.running import papermill


def statuses(out: Path) -> list[str]:
    cells = json.loads(out.read_text())["cells"]
    return [cell["metadata"]["papermill"]["status"] for cell in cells if cell["cell_type"] == "code"]


def test_it_plans_and_never_applies(handbook: Handbook, tmp_path: Path) -> None:
    book, out = handbook.write("touch", touching()), tmp_path / "out.ipynb"
    done = papermill(book, out, "-p", "path", str(tmp_path / "x"))
    assert done.returncode == 0, done.stderr
    assert statuses(out) == ["completed"] * 5 + ["pending"] * 3
    assert not (tmp_path / "x").exists()
    run = load_run(tmp_path / "out.ipynb.run")
    assert (run.state, run.began["parameters"]) == ("succeeded", {"path": str(tmp_path / "x")})


def test_after_a_death_cells_that_never_ran_are_not_called_completed(
    handbook: Handbook, tmp_path: Path
) -> None:
    book, out = handbook.write("dies", reading("import os; os._exit(1)", "1")), tmp_path / "out.ipynb"
    done = papermill(book, out)
    assert done.returncode != 0
    cells = json.loads(out.read_text())["cells"]
    assert [c["metadata"]["outage"]["state"] for c in cells if "read" in c["metadata"].get("tags", [])] == [
        "killed",
        "never-ran",
    ]


@pytest.mark.parametrize("arguments", [("-p", "paht", "x"), ()])
def test_a_wrong_parameter_is_refused_in_our_words(
    handbook: Handbook, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    book = handbook.write("touch", touching())
    done = papermill(book, tmp_path / "out.ipynb", *arguments)
    assert done.returncode != 0
    assert "'path' must be given: what to touch" in done.stderr
    assert not (tmp_path / "out.ipynb.run").exists()
