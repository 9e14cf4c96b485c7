"""Undo: newest first, from the saved data, in a fresh kernel; shown first, done with --apply."""

from __future__ import annotations

from pathlib import Path

import pytest

from outage.errors import Refused
from outage.run.history import load_run
from outage.run.journal import FILE, read_journal
from outage.run.resume import list_undos
from tests.product.cli.processes import on_terminal, outage
from tests.product.run.build import Handbook, code, prose
from tests.product.run.running import Log, again, changes, run, two_changes

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
    assert [change["cell"] for change in list_undos(done)] == [7, 4]
    assert outage("undo", done.id, "--apply").returncode == 0
    assert str(log) == "a b unb una"


def plans(done):
    """Who was shown the plan of an undo, and of which changes, as the journal has it."""
    found = [line.data for line in read_journal(done.folder).lines if line.kind == "undo-plan"]
    return [(data["by"], [change["cell"] for change in data["changes"]]) for data in found]


def test_that_it_was_shown_and_to_whom_is_on_the_journal(handbook: Handbook, log: Log) -> None:
    done = log.apply(handbook)
    outage("undo", done.id, "--by", "Tariq")
    assert plans(done) == [("Tariq", [7, 4])]
    shown = load_run(done.folder)
    assert (shown.state, shown.mode) == ("succeeded", "apply"), "showing it does nothing to the run"
    again(shown, undo=True)
    assert plans(done) == [("Tariq", [7, 4])], "what was planned is undone"


def test_an_undo_that_nobody_was_shown_is_shown_and_written_down_before_it_is_done(
    handbook: Handbook, log: Log
) -> None:
    done = log.apply(handbook)
    told = outage("undo", done.id, "--apply", "--by", "Ines").stdout
    assert told.index("undo: unb") < told.index("Undoing two")
    kinds = [line.kind for line in read_journal(done.folder).lines]
    assert kinds.index("undo-plan") < kinds.index("resumed")
    assert plans(done) == [("Ines", [7, 4])]


def test_a_plan_of_what_stands_no_longer_is_made_anew(handbook: Handbook, log: Log) -> None:
    done = log.apply(handbook)
    outage("undo", done.id, "--by", "Tariq")
    log.trouble("undo", "1/0")
    half = again(done, undo=True)
    log.trouble("undo", "")
    again(half, undo=True)
    assert plans(done) == [("Tariq", [7, 4]), ("Ines", [4])], "the newest is undone; the other one stands"


def test_a_killed_run_that_waited_still_waits_when_its_undo_was_shown(handbook: Handbook, log: Log) -> None:
    """A run killed at its gate is told from its last line; a plan of an undo may come after that."""
    waiting = log.apply(handbook, prose("Now b is done.", "gate"))
    *lines, last = (waiting.folder / FILE).read_bytes().splitlines(keepends=True)
    assert b'"ended"' in last
    (waiting.folder / FILE).write_bytes(b"".join(lines))
    assert load_run(waiting.folder).state == "waiting"
    outage("undo", waiting.id, "--by", "Tariq")
    assert plans(waiting) == [("Tariq", [4])]
    assert load_run(waiting.folder).state == "waiting"


def test_a_change_in_doubt_is_undone_only_if_a_person_says_so(handbook: Handbook, log: Log) -> None:
    log.trouble("b", "1/0")
    done = log.apply(handbook)
    with pytest.raises(Refused, match="the change in cell 8 was started and did not pass") as refused:
        again(done, undo=True)
    assert refused.value.hint == f"in a terminal: outage undo {done.id} --apply"
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


def test_a_plan_that_could_not_be_carried_out_is_refused_and_not_written_down(
    handbook: Handbook, log: Log
) -> None:
    """Nobody is sent to a command that is refused: what speaks against it is said with the plan."""
    done = log.apply(handbook)
    cells = two_changes()
    cells[5]["source"] += "  # another undo"
    handbook.write("two", cells)
    before = (done.folder / FILE).read_bytes()
    said = outage("undo", done.id)
    assert (said.returncode, "undo: unb" in said.stdout) == (2, True)
    assert "To undo exactly this" not in said.stdout
    assert "the runbook was changed since" in said.stderr
    assert (done.folder / FILE).read_bytes() == before


def test_where_nothing_can_be_undone_nobody_is_asked_to(handbook: Handbook, log: Log) -> None:
    handbook.write("two", [cell for cell in two_changes() if cell["metadata"]["tags"] != ["undo"]])
    log.trouble("verify", "1/0")
    order = ("run", "two", "-p", f"log={log.path}", "--apply", "--unreviewed", "a test")
    code, seen = on_terminal(*order)
    assert (code, "Type yes to undo" in seen) == (1, False)
    assert "Changed: cell 7 (passed), cell 5 (passed). The runbook cannot undo it." in seen
    said = outage("undo", handbook.runs()[0].name)
    assert (said.returncode, "To undo exactly this" in said.stdout) == (2, False)
    assert "nothing of" in said.stderr
    assert "take back by hand" in said.stderr


def test_what_has_no_undo_is_named(handbook: Handbook, log: Log) -> None:
    cells = two_changes()
    del cells[8]
    handbook.write("two", cells)
    from tests.product.run.running import run

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
    assert "Undo done in" in seen
    assert "2 undone. Every change is undone." in seen
    assert str(log) == "a b unb una"


# ---- what was written down without a secret in it


def test_an_undo_does_not_act_on_the_mark_in_the_place_of_a_secret(
    handbook: Handbook, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "correct horse")
    log.trouble("a", "save('a', {'old': os.environ['SHOP_PASSWORD']})")
    done = log.apply(handbook)
    log.trouble("a", "")
    with pytest.raises(Refused, match="a secret was left out of 'a', which it saved") as refused:
        again(done, undo=True)
    assert "take it back by hand" in str(refused.value.hint)
    assert outage("undo", done.id).returncode == 2, "it is not shown as if it could be done"
    assert str(log) == "a b"


def test_an_undo_does_not_act_on_actions_that_lack_a_secret(
    handbook: Handbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "correct horse")
    kit = "import os\nfrom outage.kit import Action, guard, propose, proposed"
    action = "Action('shop', 'set it', 'set it back', {'old': os.environ['SHOP_PASSWORD']})"
    cells = [
        code("parameters", "# none"),
        code("setup", kit),
        code("read", f"propose([{action}])"),
        code("change", "guard()\nassert proposed()[0].data == {'old': 'correct horse'}"),
        code("undo", "guard()\nprint(proposed()[0].data)"),
        code("verify", "pass"),
    ]
    handbook.write("book", cells)
    done = run("book", apply=True, unreviewed="a test")
    assert done.state == "succeeded"
    with pytest.raises(Refused, match="a secret was left out of its actions"):
        again(done, undo=True)


def test_a_cell_of_a_resumed_run_that_needs_the_secret_stops_in_words(
    handbook: Handbook, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "correct horse")
    log.trouble("a", "save('a', os.environ['SHOP_PASSWORD'])")
    done = log.apply(handbook)
    assert done.reason.endswith("nothing was saved"), "it is the secret, in the kernel that saved it"
    assert "a secret was left out of what this run saved as 'a'" in again(done).reason
