"""A page that shows what a plan no longer shows is found; what varies from lab to lab is no difference."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from outage.kit.signals import PICTURE, TITLE
from outage.lab import varies
from outage.lab.shown import describe_stale
from outage.run.model import CellRun, Run

RUNBOOKS = Path(__file__).parents[3] / "runbooks"
NOW = datetime(2026, 11, 20, tzinfo=UTC)
THEN = "4 sessions wait; pid 4211 holds a lock, idle in its transaction for 7 s"


def text(words, stream="stdout"):
    return new_output("stream", name=stream, text=words)


def picture(title="what fills it"):
    return new_output("display_data", data={PICTURE: "aWY=", "text/plain": f"{TITLE}{title}"})


@pytest.fixture
def judged(tmp_path):
    """What is stale, of a notebook whose second cell stores ``stored``, when a plan now shows ``fresh``."""

    def judge(stored, fresh, state="passed", book="book", cell="c"):
        path = tmp_path / f"{book}.ipynb"
        cells = [new_markdown_cell("# Book"), new_code_cell("look()", id=cell, outputs=stored)]
        nbformat.write(new_notebook(cells=cells), path)
        ran = CellRun(1, cell, "code", "read", ("read",), "look()", state, outputs=tuple(fresh))
        run = Run(tmp_path, "succeeded", 0, "", {}, NOW, NOW, cells=(ran,))
        return describe_stale(path, run, {str(tmp_path): "/srv/lab", "/tmp": "/temporary"})

    return judge


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("since 2026-11-20 14:09:26  no", "since 2027-01-02 03:04:05  no"),
        ("by 2026-11-20T13:38:59+00:00: x", "by 2027-01-02T03:04:05.678+00:00: x"),
        ("written 2026-11-19 13:59 UTC", "written 2026-11-20 16:20 UTC"),
        ("shop-20261120T135942.010822Z.dump", "shop-20270102T030405.678901Z.dump"),
        ("restored in 2 ms", "restored in 1.5 s"),
        ("waits 119 s", "waits 0:02:03"),
        ("at 127.0.0.1:57373, database shop", "at 127.0.0.1:1024, database shop"),
        ("NAME    AGE\na       1 s", "NAME        AGE\na           1 s"),
        ("   0:02:03  once", "      15 s  once"),
    ],
)
def test_what_is_another_in_every_lab_is_no_difference(judged, then, now):
    assert judged([text(f"{then}\n")], [text(f"{now}\n")]) == []


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (THEN, THEN.replace("4 sessions", "5 sessions")),
        (THEN, THEN.replace("4211", "4212")),
        (THEN, f"{THEN}\nweb3 checkout waits"),
        (f"{THEN}\nweb3 checkout waits", THEN),
        ("enforced by the server", "NOT ENFORCED"),
        ("release 4.2.0 (2e55f4e7babe)", "release 4.2.0 (b44974d792f6)"),
        ("one\ntwo", "two\none"),
        ("at 127.0.0.1:57373", "at 127.0.0.2:57373"),
    ],
)
def test_anything_else_is(judged, then, now):
    (words,) = judged([text(then)], [text(now)])
    assert words.startswith("cell 2 (c) shows ")


def test_the_first_difference_is_quoted_from_both(judged):
    (words,) = judged([text("Blocked: 4\nby 1")], [text("Blocked: 4\nby 2")])
    assert words == "cell 2 (c) shows 'stdout: by 1'; a plan shows 'stdout: by 2'"
    (words,) = judged([text("Blocked: 4\nby 1")], [text("Blocked: 4")])
    assert words == "cell 2 (c) shows 'stdout: by 1'; a plan shows nothing there"


def test_places_go_by_the_names_that_a_reader_knows_also_where_markdown_escapes_them(judged, tmp_path):
    stored = new_output("display_data", data={"text/markdown": "in /srv/lab/a\\_b"})
    fresh = new_output("display_data", data={"text/markdown": f"in {tmp_path}/a\\_b".replace("-", "\\-")})
    assert judged([stored], [fresh]) == []


def test_a_stream_may_come_in_pieces(judged):
    assert judged([text("Newest: a\n"), text("Restored\n")], [text("Newest: a\nRestored\n")]) == []
    assert judged([text("x"), text("y", "stderr")], [text("x"), text("y")]) != []


def test_the_title_of_a_picture_and_the_words_of_a_table_count(judged):
    assert judged([picture()], [picture()]) == []
    assert judged([picture()], [picture("another thing")]) != []
    table, other = (new_output("display_data", data={"text/markdown": f"| {n} |"}) for n in "ab")
    assert judged([table], [table]) == []
    assert judged([table], [other]) != []


@pytest.mark.parametrize(
    ("stored", "fresh", "told"),
    [
        ([picture()], [text("as text")], "shows 'picture 1: drawn'"),
        ([text("as text")], [picture()], "a plan shows 'picture 1: drawn'"),
        ([text("as text")], [], "shows 'stdout: as text'; a plan shows nothing there"),
        ([], [], ""),
    ],
)
def test_what_is_shown_and_what_is_not_is_told(judged, stored, fresh, told):
    assert told in "".join(judged(stored, fresh))


def test_what_varies_in_one_cell_varies_there_alone(judged):
    then, now = "session 3777 stock-import", "session 1184 stock-import"
    assert judged([text(then)], [text(now)], book="blocked-queries", cell="decide") == []
    assert judged([text(then)], [text(now)], book="blocked-queries", cell="rights") != []


def test_a_server_that_was_stopped_says_more_or_less_and_never_nothing(judged):
    then = "web4:\n   2026-11-20T14:09:23Z web4 release 4.2.0 (2e55f4e7babe)\n"
    judge = partial(judged, [text(then)], book="dead-process", cell="tail")
    assert (
        judge([text(f"{then}   ERROR:    Cancel 1 running task(s), timeout graceful shutdown exceeded\n")])
        == []
    )
    assert judge([text("web4:\n")]) != []
    assert judge([text(then.replace("web4", "web5"))]) != []


def test_a_stored_output_of_a_cell_that_a_plan_does_not_run_is_untrue(judged):
    assert judged([text(THEN)], [], state="planned") == [
        "cell 2 (c) shows an output, and a plan does not run it"
    ]


def test_a_notebook_that_stores_nothing_is_not_judged(judged):
    assert judged([], [text(THEN)]) == []


def cells(name):
    """Id to cell of a committed runbook."""
    return {cell.id: cell for cell in nbformat.read(RUNBOOKS / f"{name}.ipynb", as_version=4).cells}


@pytest.mark.parametrize(
    ("cell", "rules"), varies.CELLS.items(), ids=lambda one: " ".join(map(str, one))[:40]
)
def test_what_varies_is_told_of_cells_that_show_something_and_has_a_reason(cell, rules):
    name, id_ = cell
    assert cells(name)[id_].outputs
    assert all(rule.why for rule in rules)


def test_every_runbook_stores_what_its_plan_shows():
    """Else a proof would have nothing to compare, and its page nothing to show."""
    paths = sorted(RUNBOOKS.glob("*.ipynb"))
    assert paths
    for path in paths:
        for tag in ("check", "read"):  # a cell may gather and say nothing, but not all of them
            told = [one.outputs for one in cells(path.stem).values() if tag in one.metadata.get("tags", [])]
            assert any(told), f"{path.name}: no {tag} cell shows anything"


def test_every_stored_picture_has_words_for_who_does_not_see_it():
    names = [path.stem for path in RUNBOOKS.glob("*.ipynb")]
    outputs = [one for name in names for cell in cells(name).values() for one in cell.get("outputs", [])]
    shown = [one for one in outputs if PICTURE in one.get("data", {})]
    assert shown
    for output in shown:
        assert output.metadata[PICTURE]["alt"] == output.data["text/plain"].removeprefix(TITLE)
