"""Production is changed only by someone who has seen what is about to be done, or who says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from outage.errors import Refused
from outage.run.gates import Question
from outage.run.history import load_run
from tests.product.cli.processes import on_terminal, outage
from tests.product.run.build import LIVE, Handbook, prose, touching
from tests.product.run.running import Log, again, papermill, run, two_changes

pytestmark = pytest.mark.usefixtures("nothing_is_left")
GATE = prose("Now b is done.", "gate")


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


class Person:
    """At the terminal: gives the same answer to each question, and keeps what was asked."""

    def __init__(self, answer: str = "yes") -> None:
        self.answer, self.asked = answer, 0

    def __call__(self, question: Question) -> str:
        self.asked += 1
        return self.answer


# ---- at a terminal


def test_the_actions_are_shown_and_asked_about_before_the_first_change(handbook: Handbook, log: Log) -> None:
    handbook.write("two", two_changes(), LIVE)
    command = ("run", "two", "-p", f"log={log.path}", "--apply", "--unreviewed", "a test")
    code, seen = on_terminal(*command, answer="yes")
    assert code == 0, seen
    assert "The change in cell 5 takes this action on a disk, db.live.example" in seen
    question = seen.index("Type yes to go on: ")
    assert seen.index("takes this action") < seen.index(f"{log.path}: a", seen.index("takes this")) < question
    assert (seen.count("Type yes to go on: "), str(log)) == (1, "a b"), "only before the first change"
    gate = load_run(handbook.runs()[0]).gates[0]
    assert (gate.cell, gate.state) == (4, "confirmed"), "who said so is on the journal"


def test_whatever_is_not_yes_changes_nothing(handbook: Handbook, log: Log) -> None:
    done = log.apply(handbook, meta=LIVE, ask=Person("no"))
    assert (done.state, done.code, str(log)) == ("failed", 1, "")
    assert "declined at cell 5: nothing after it was run" in done.reason


@pytest.mark.parametrize("waived", ["yes", "plan"])
def test_yes_or_the_plan_that_was_seen_waives_the_question(handbook: Handbook, log: Log, waived: str) -> None:
    handbook.write("two", two_changes(), LIVE)
    plan = run("two", f"log={log.path}")
    more = {"yes": True} if waived == "yes" else {"plan": plan.id}
    person = Person()
    done = run("two", f"log={log.path}", apply=True, unreviewed="a test", ask=person, **more)
    assert (done.state, person.asked, str(log)) == ("succeeded", 0, "a b")
    assert done.began.get("yes") == (True if waived == "yes" else None)


def test_a_gate_at_which_the_same_actions_were_confirmed_is_not_repeated(
    handbook: Handbook, log: Log
) -> None:
    cells = two_changes()
    cells.insert(4, prose("Now a is done.", "gate"))
    handbook.write("two", cells, LIVE)
    person = Person()
    done = run("two", f"log={log.path}", apply=True, unreviewed="a test", ask=person)
    assert (done.state, person.asked) == ("succeeded", 1)


def test_where_nothing_would_be_changed_nothing_is_asked(handbook: Handbook) -> None:
    cells = touching()
    cells[4]["source"] = "propose([])"
    cells[5]["source"] = "guard()\nproposed()"
    cells[7]["source"] = "pass"
    handbook.write("touch", cells, LIVE)
    person = Person()
    assert run("touch", "path=x", apply=True, unreviewed="a test", ask=person).state == "succeeded"
    assert person.asked == 0


def test_what_is_not_production_is_applied_without_a_question(handbook: Handbook, log: Log) -> None:
    person = Person()
    assert log.apply(handbook, ask=person).state == "succeeded"
    assert person.asked == 0


# ---- without one


def test_without_a_terminal_it_is_refused_and_nothing_is_started(handbook: Handbook, log: Log) -> None:
    handbook.write("two", two_changes(), LIVE)
    command = ("run", "two", "-p", f"log={log.path}", "--apply", "--unreviewed", "a test")
    done = outage(*command)
    assert (done.returncode, str(log), handbook.runs()) == (2, "", [])
    assert "this would change a disk, db.live.example" in done.stderr
    assert "--plan RUN (or OUTAGE_PLAN=RUN), or say --yes" in done.stderr
    plan = run("two", f"log={log.path}")
    assert outage(*command, OUTAGE_PLAN=plan.id).returncode == 0
    log.path.unlink()
    assert outage(*command, "--yes").returncode == 0
    assert str(log) == "a b"


def test_a_plan_of_a_shell_does_not_turn_a_plan_into_an_apply(handbook: Handbook, log: Log) -> None:
    handbook.write("two", two_changes(), LIVE)
    done = outage("run", "two", "-p", f"log={log.path}", OUTAGE_PLAN="20261120-101010-two-abcd")
    assert (done.returncode, str(log)) == (0, ""), done.stderr


def test_yes_is_an_answer_to_apply_only(handbook: Handbook, log: Log) -> None:
    handbook.write("two", two_changes())
    with pytest.raises(Refused, match="--yes answers what --apply asks"):
        run("two", f"log={log.path}", yes=True)


def test_papermill_plans_and_applies_only_the_plan_that_is_named(
    handbook: Handbook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = tmp_path / "x"
    book = handbook.write("touch", touching(), LIVE)
    handbook.commit()
    plan = run("touch", f"path={commit}")
    assert papermill(book, tmp_path / "out.ipynb", "-p", "path", str(commit)).returncode == 0
    assert not commit.exists()
    monkeypatch.setenv("OUTAGE_PLAN", plan.id)
    refused = papermill(book, tmp_path / "no.ipynb", "-p", "path", str(tmp_path / "y"))
    assert refused.returncode != 0
    assert "the parameters differ from the plan's: path" in refused.stderr
    done = papermill(book, tmp_path / "applied.ipynb", "-p", "path", str(commit))
    assert (done.returncode, commit.exists()) == (0, True), done.stderr


def test_papermill_does_not_call_a_run_that_waits_a_success(
    handbook: Handbook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = touching()
    cells.insert(5, prose("Now it is touched.", "gate"))
    book = handbook.write("touch", cells)
    handbook.commit()
    plan = run("touch", f"path={tmp_path / 'x'}")
    monkeypatch.setenv("OUTAGE_PLAN", plan.id)
    done = papermill(book, tmp_path / "out.ipynb", "-p", "path", str(tmp_path / "x"))
    assert done.returncode != 0
    assert (
        f"papermill cannot go on from a gate. Use: outage run touch --apply --plan {plan.id}" in done.stderr
    )
    assert not (tmp_path / "x").exists()


# ---- what goes on, and what is undone


def test_a_run_that_was_started_with_yes_or_a_plan_goes_on_without_a_question(
    handbook: Handbook, log: Log
) -> None:
    log.trouble("check", "1/0")
    done = log.apply(handbook, meta=LIVE, yes=True)
    log.trouble("check", "")
    assert again(done).state == "succeeded"


def test_a_run_that_was_started_at_a_terminal_needs_yes_where_there_is_none(
    handbook: Handbook, log: Log
) -> None:
    log.trouble("check", "1/0")
    done = log.apply(handbook, meta=LIVE, ask=Person())
    log.trouble("check", "")
    with pytest.raises(Refused, match=r"this would change a disk, db\.live\.example"):
        again(done)
    assert outage("run", "--resume", done.id, "--yes").returncode == 0
    assert str(log) == "a b"


def test_an_undo_that_nobody_was_shown_is_asked_about(handbook: Handbook, log: Log) -> None:
    done = log.apply(handbook, meta=LIVE, yes=True)
    with pytest.raises(Refused, match="this would change a disk") as refused:
        again(done, undo=True)
    assert refused.value.hint == f"look first: outage undo {done.id}; then type this again; or say --yes"
    person = Person("no")
    assert (again(done, undo=True, ask=person).state, str(log)) == ("failed", "a b")
    person = Person()
    assert (again(done, undo=True, ask=person).state, person.asked) == ("undone", 1)
    assert str(log) == "a b unb una"


@pytest.mark.parametrize("waived", ["shown", "--yes"])
def test_an_undo_that_was_shown_or_waived_is_not_asked_about(
    handbook: Handbook, log: Log, waived: str
) -> None:
    done = log.apply(handbook, meta=LIVE, yes=True)
    if waived == "shown":
        assert outage("undo", done.id).returncode == 0
    more = ("--yes",) if waived == "--yes" else ()
    undone = outage("undo", done.id, "--apply", *more)
    assert (undone.returncode, str(log)) == (0, "a b unb una"), undone.stderr
