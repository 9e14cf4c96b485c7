"""Gates: who may answer, from where, for which actions; and what a run does until then."""

from __future__ import annotations

from pathlib import Path

import pytest

from outage.errors import Refused
from outage.run.gates import Question, answer_gate, compare_actions
from tests.product.cli.processes import outage
from tests.product.run.build import POLICY, Handbook, prose
from tests.product.run.running import Log, again, run

pytestmark = pytest.mark.usefixtures("nothing_is_left")
GATE = prose("Now b is done.", "gate")
SECOND = {"approvals": "second-person"}


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


def test_without_a_terminal_a_run_waits_is_approved_and_goes_on(handbook: Handbook, log: Log) -> None:
    done = log.apply(handbook, GATE)
    assert (done.state, done.code, str(log)) == ("waiting", 3, "a")
    assert done.pending
    assert done.pending.text == "Now b is done."
    done, alive = answer_gate(done.folder, "Bo")
    assert (done.state, alive) == ("waiting", False)
    assert "was confirmed by Bo" in done.reason
    with pytest.raises(Refused, match="was confirmed by Bo; it goes on when it is resumed") as refused:
        answer_gate(done.folder, "Bo")
    assert refused.value.hint == f"outage run --resume {done.id}"
    done = again(done)
    assert (done.state, str(log), done.gates[-1].by) == ("succeeded", "a b", "Bo")


def test_an_answer_counts_for_the_actions_that_were_shown(handbook: Handbook, log: Log) -> None:
    done = log.apply(handbook, GATE)
    answer_gate(done.folder, "Bo")
    log.path.with_name("extra").write_text(" and more")
    done = again(done)
    assert (done.state, str(log)) == ("waiting", "a")
    answer_gate(done.folder, "Bo")
    assert again(done).state == "succeeded"


def test_a_declined_run_ends(handbook: Handbook, log: Log) -> None:
    done = log.apply(handbook, GATE)
    with pytest.raises(Refused, match="--decline needs a reason"):
        answer_gate(done.folder, "Bo", decline=" ")
    done, _ = answer_gate(done.folder, "Bo", decline="not at noon")
    assert (done.state, done.code, str(log)) == ("failed", 1, "a")
    assert "declined at cell 8 by Bo: not at noon" in done.reason


def test_a_second_persons_gate_is_not_the_starters(handbook: Handbook, log: Log) -> None:
    done = log.apply(handbook, GATE, meta=SECOND, by="Ines Okafor")
    assert (done.state, done.pending is not None and done.pending.second_person) == ("waiting", True)
    with pytest.raises(Refused, match="this gate is for a second person, and Ines Okafor started the run"):
        answer_gate(done.folder, " ines  OKAFOR")
    assert done.reason == "waiting at cell 5: The change in cell 5 comes next: 1 action, as proposed."
    assert (
        f"waits for a second person's answer: outage approve {done.id} --by NAME\n" in outage("runs").stdout
    )
    answer_gate(done.folder, "Bo")
    assert again(done).state == "waiting", "each change is approved: b's gate comes after a's"


def test_the_break_glass_is_recorded_and_listed(handbook: Handbook, log: Log) -> None:
    from outage.incident.record import append, read

    incident = handbook.root / "incidents" / "2026-11-20-no-orders"
    incident.mkdir(parents=True)
    append(incident, "declared", {"title": "No orders"}, by="Ines")
    done = log.apply(handbook, meta=SECOND, alone="nobody answers", ask=lambda question: "yes")
    assert done.state == "succeeded"
    assert [(gate.by, gate.reason) for gate in done.alone] == [("Ines", "nobody answers")] * 2
    data = [event.data for event in read(incident).events if event.kind == "run"][-1]
    assert data["alone"] == ["Ines: nobody answers"] * 2
    assert "passed alone by Ines: nobody answers" in outage("runs").stdout


def test_a_policy_asks_for_a_second_person_by_risk(handbook: Handbook, log: Log) -> None:
    assert log.apply(handbook, meta={"risk": "medium"}).state == "succeeded"
    done = log.apply(handbook, meta={"risk": "high"})
    assert (done.state, str(log)) == ("waiting", "a b"), "high risk waits, by default"
    (handbook.root / "handbook.yml").write_text(f"{POLICY}runbooks: {{second_person: []}}\n")
    assert log.apply(handbook, meta={"risk": "high"}).state == "succeeded"


def test_an_approval_from_another_terminal_lets_a_waiting_process_go_on(handbook: Handbook, log: Log) -> None:
    def elsewhere(question: Question) -> None:
        assert question.choices == (), "the starter has no say"
        folder = handbook.runs()[0]
        assert not question.answered()
        done = outage("approve", folder.name, "--by", "Bo")
        assert "goes on in its own terminal" in done.stdout, done.stderr
        assert question.answered()

    done = log.apply(handbook, meta=SECOND, ask=elsewhere)
    assert (done.state, str(log)) == ("succeeded", "a b")
    assert {gate.by for gate in done.gates} == {"Bo"}


def test_actions_other_than_the_plans_can_be_approved(handbook: Handbook, log: Log) -> None:
    log.apply(handbook)
    log.path.unlink()
    plan = run("two", f"log={log.path}")
    log.path.with_name("extra").write_text(" and more")
    done = run("two", f"log={log.path}", apply=True, plan=plan.id, unreviewed="a test")
    assert (done.state, str(log)) == ("waiting", "")
    assert done.pending
    assert done.pending.text.splitlines()[1:] == [
        f"  planned, not now: {log.path}: a",
        f"  now, not planned: {log.path}: a and more",
    ]
    answer_gate(done.folder, "Bo")
    done = again(done)
    assert (done.state, str(log)) == ("waiting", "a"), "b's differ too"
    answer_gate(done.folder, "Bo")
    assert again(done).state == "succeeded"


def test_what_differs_from_a_plan_is_told_bounded_and_in_words() -> None:
    one, two = ({"target": f"t{n}", "command": "c\x1b[2J"} for n in (1, 2))
    assert compare_actions([one], [one, two]) == "  now, not planned: t2: c\\x1b[2J"
    assert "the order, the undo or the data" in compare_actions([one, two], [two, one])
    many = compare_actions([], [{"target": str(n), "command": "c"} for n in range(30)]).splitlines()
    assert (len(many), many[-1]) == (11, "  and 20 more")


def test_a_run_that_waits_can_be_stopped_and_then_takes_no_answer(handbook: Handbook, log: Log) -> None:
    done = log.apply(handbook, GATE)
    said = outage("stop", done.id, "--by", "Bo").stdout
    assert "is interrupted: stopped by Bo" in said
    with pytest.raises(Refused, match="waits for no answer: it is interrupted"):
        answer_gate(done.folder, "Bo")


def test_the_commands_say_what_is_next(handbook: Handbook, log: Log) -> None:
    done = log.apply(handbook, GATE)
    said = outage("approve", done.id, "--by", "Bo")
    assert "Now b is done." in said.stdout
    assert f"outage run --resume {done.id}" in said.stdout
    went = outage("run", "--resume", done.id)
    assert (went.returncode, str(log)) == (0, "a b"), went.stderr
    assert outage("run", "--resume", done.id, "two").returncode == 2
    assert outage("approve", done.id).returncode == 2
