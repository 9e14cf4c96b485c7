"""A page that shows what a plan no longer shows is found, and chance differences are not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from lab.shown import stale
from outage.run.model import CellRun, Run

NOW = datetime(2026, 11, 20, tzinfo=UTC)
THEN = "4 sessions wait; pid 4211 holds a lock, idle in its transaction for 7 s"


def text(words):
    return new_output("stream", name="stdout", text=words)


def picture():
    return new_output("display_data", data={"image/png": "aWY=", "text/plain": "<Image>"})


@pytest.fixture
def judged(tmp_path):
    """What is stale, of a notebook whose second cell stores ``stored``, when a plan now shows ``fresh``."""

    def judge(stored, fresh, state="passed"):
        path = tmp_path / "book.ipynb"
        cells = [new_markdown_cell("# Book"), new_code_cell("look()", outputs=stored)]
        nbformat.write(new_notebook(cells=cells), path)
        cell = CellRun(1, "c", "code", "read", ("read",), "look()", state, outputs=tuple(fresh))
        run = Run(tmp_path, "succeeded", 0, "", {}, NOW, NOW, cells=(cell,))
        return stale(path, run)

    return judge


def test_other_numbers_names_and_times_are_the_same(judged):
    assert (
        judged([text(THEN)], [text("12 sessions wait; pid 99 holds a lock, idle in its transaction for 0 s")])
        == []
    )


def test_a_program_that_comes_and_goes_is_no_difference(judged):
    assert judged([text(THEN)], [text(THEN + "\nweb3 checkout waits")]) == []
    assert judged([text(f"{THEN}\nweb3 checkout waits")], [text(THEN)]) == []


def test_words_that_are_said_no_more_are_named(judged):
    (words,) = judged([text(THEN)], [text("Blocked: 4, by 4211")])
    assert words.startswith("cell 2 says other words than a plan does")
    assert "sessions" in words


@pytest.mark.parametrize(
    ("stored", "fresh", "said"),
    [
        ([picture()], [text("as text")], "shows a picture that a plan does not draw"),
        ([text("as text")], [picture()], "lacks a picture"),
        ([text("as text")], [], "stores words, and a plan says none"),
    ],
)
def test_what_is_shown_and_what_is_not_is_told(judged, stored, fresh, said):
    assert judged(stored, fresh) == [f"cell 2 {said}"]


def test_every_runbook_stores_what_its_plan_shows():
    """Else a proof would have nothing to compare, and its page nothing to show."""
    for path in sorted((Path(__file__).parents[2] / "runbooks").glob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        for tag in ("check", "read"):  # a cell may gather and say nothing, but not all of them
            told = [cell.outputs for cell in cells if tag in cell.metadata.get("tags", [])]
            assert any(told), f"{path.name}: no {tag} cell shows anything"


def test_a_notebook_that_stores_nothing_is_not_judged(judged):
    assert judged([], [text(THEN)]) == []


def test_cells_that_a_plan_does_not_run_are_not_judged(judged):
    assert judged([text(THEN)], [], state="planned") == []
