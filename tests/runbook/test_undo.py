"""Undo: newest first, from the saved data, in a fresh kernel; shown first, done with --apply."""

from __future__ import annotations

from pathlib import Path

import pytest

from outage.errors import Refused
from outage.runbook.again import undo_plan
from tests.runbook.build import Handbook
from tests.runbook.running import Log, again, changes, nothing_is_left, two_changes  # noqa: F401
from tests.runbook.test_cli import on_terminal, outage

pytestmark = pytest.mark.usefixtures("nothing_is_left")


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


def test_changes_are_undone_newest_first_from_what_they_saved(handbook: Handbook, log: Log) -> None:
    log.trouble("verify", "1/0")
    done = log.apply(handbook)
    log.trouble("check", "1/0")  # what was a precondition of the change is none of its undoing
    done = again(done, undo=True)
    assert (done.state, done.code, done.mode, str(log)) == ("undone", 0, "undo", "a b unb una")
    assert changes(done) == "change:undone undo:passed change:undone undo:passed"
    with pytest.raises(Refused, match="has nothing to undo"):
        again(done, undo=True)
    with pytest.raises(Refused, match="is undone"):
        again(done)


def test_it_is_shown_first(handbook: Handbook, log: Log) -> None:
    done = log.apply(handbook)
    shown = outage("undo", done.id)
    assert shown.returncode == 0
    assert shown.stdout.index("change in cell 8") < shown.stdout.index("change in cell 5")
    assert "undo: unb" in shown.stdout
    assert f"outage undo {done.id} --apply" in shown.stdout
    assert str(log) == "a b"
    assert [change["cell"] for change in undo_plan(done)] == [7, 4]
    assert outage("undo", done.id, "--apply").returncode == 0
    assert str(log) == "a b unb una"


def test_a_change_in_doubt_is_undone_only_if_a_person_says_so(handbook: Handbook, log: Log) -> None:
    log.trouble("b", "1/0")
    done = log.apply(handbook)
    with pytest.raises(Refused, match="the change in cell 8 was started and did not pass"):
        again(done, undo=True)
    left = again(done, undo=True, ask=lambda question: "no")
    assert (left.state, left.code, left.reason) == ("failed", 1, "not undone: the change in cell 8")
    assert str(log) == "a b una"
    assert again(left, undo=True, ask=lambda question: "yes").state == "undone"
    assert str(log) == "a b una unb"


def test_an_undo_that_fails_says_so_and_can_be_tried_again(handbook: Handbook, log: Log) -> None:
    done = log.apply(handbook)
    log.trouble("undo", "1/0")
    done = again(done, undo=True)
    assert (done.state, done.code) == ("failed", 1)
    assert changes(done) == "change:passed undo:failed change:undone undo:passed"
    with pytest.raises(Refused, match="were undone, so it cannot go on"):
        again(done)
    log.trouble("undo", "")
    assert again(done, undo=True).state == "undone"


def test_what_has_no_undo_is_named(handbook: Handbook, log: Log) -> None:
    cells = two_changes()
    del cells[8]
    handbook.write("two", cells)
    from tests.runbook.running import run

    done = run("two", f"log={log.path}", apply=True, unreviewed="a test")
    assert "It has no undo cell: it stays as it is." in outage("undo", done.id).stdout
    done = again(done, undo=True)
    assert (done.state, done.reason) == ("failed", "not undone: the change in cell 8")
    assert str(log) == "a b una"


def test_a_failed_apply_names_what_it_changed_and_offers_to_undo_it(handbook: Handbook, log: Log) -> None:
    log.trouble("verify", "1/0")
    handbook.write("two", two_changes())
    order = ("run", "two", "-p", f"log={log.path}", "--apply", "--unreviewed", "a test")
    code, seen = on_terminal(*order, answer="yes", prompt="Type yes to undo: ")
    assert code == 1
    assert "This run changed something" in seen
    assert "Undo undone" in seen
    assert str(log) == "a b unb una"
