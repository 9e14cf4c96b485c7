"""Two people at one run at the same time: whatever is decided on its state is decided under its lock.

Each test lets another process act in the instant between the reading of a run and its lock.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outage.errors import Refused
from outage.run import execute
from outage.run.gates import Question, answer_gate
from outage.run.history import load_run
from outage.run.journal import FILE, Journal, read_journal
from outage.run.lines import Asserted
from outage.run.resume import plan_undo
from tests.product.cli.processes import OUTAGE, outage
from tests.product.run.build import Handbook, prose
from tests.product.run.running import Log, again

pytestmark = pytest.mark.usefixtures("nothing_is_left")
GATE = prose("Now b is done.", "gate")


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


@pytest.fixture
def before_the_lock(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Has something done, once, when a run was read and its lock is not taken yet."""

    def arrange(act: Callable[[], object]) -> None:
        left, locked = [act], execute._lock

        def meanwhile(*arguments: Any, **more: Any) -> Any:
            if left:
                left.pop()()
            return locked(*arguments, **more)

        monkeypatch.setattr(execute, "_lock", meanwhile)

    return arrange


def succeed(*arguments: str) -> None:
    done = outage(*arguments)
    assert done.returncode == 0, done.stderr


def test_the_slower_of_two_resumes_repeats_nothing(
    handbook: Handbook, log: Log, before_the_lock: Callable[[Callable[[], object]], None]
) -> None:
    done = log.apply(handbook, GATE)
    answer_gate(done.folder, "Bo")
    before_the_lock(lambda: succeed("run", "--resume", done.id))
    with pytest.raises(Refused, match="is succeeded: there is nothing left to do"):
        again(done)
    assert str(log) == "a b"


def test_the_slower_of_two_undos_undoes_nothing_twice(
    handbook: Handbook, log: Log, before_the_lock: Callable[[Callable[[], object]], None]
) -> None:
    done = log.apply(handbook)
    before_the_lock(lambda: succeed("undo", done.id, "--apply"))
    with pytest.raises(Refused, match="has nothing to undo"):
        again(done, undo=True)
    assert str(log) == "a b unb una"


def test_an_undo_does_not_reach_what_was_changed_after_it_was_shown(
    handbook: Handbook, log: Log, before_the_lock: Callable[[Callable[[], object]], None]
) -> None:
    done = log.apply(handbook, GATE)
    answer_gate(done.folder, "Bo")
    before_the_lock(lambda: succeed("run", "--resume", done.id))
    with pytest.raises(Refused, match="was gone on with while its undo was shown") as refused:
        again(done, undo=True)
    assert refused.value.hint == f"look again: outage undo {done.id}"
    assert str(log) == "a b"


def test_a_doubt_that_arose_meanwhile_is_not_decided_without_a_person(
    handbook: Handbook, log: Log, before_the_lock: Callable[[Callable[[], object]], None]
) -> None:
    done = log.apply(handbook, GATE)
    answer_gate(done.folder, "Bo")
    log.trouble("b", "1/0")
    before_the_lock(lambda: outage("run", "--resume", done.id))
    with pytest.raises(Refused, match="the change in cell 9 was started and did not pass"):
        again(done)
    assert str(log) == "a b"


def test_two_resumes_at_once_make_each_change_once(handbook: Handbook, log: Log) -> None:
    done = log.apply(handbook, GATE)
    answer_gate(done.folder, "Bo")
    both = [
        subprocess.Popen(
            [*OUTAGE, "run", "--resume", done.id], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    for one in both:
        one.communicate(timeout=100)
    assert sorted(one.returncode for one in both) == [0, 2]
    assert str(log) == "a b"


def test_of_two_contradictory_answers_the_first_counts(handbook: Handbook, log: Log) -> None:
    """Both approvers have read that the run waits before either has written."""
    done = log.apply(handbook, GATE)
    both_read, refused = threading.Barrier(2), []

    def answer(by: str, decline: str | None) -> None:
        shown = load_run(done.folder).pending
        both_read.wait()
        try:
            answer_gate(done.folder, by, decline=decline, shown=shown)
        except Refused as error:
            refused.append(error.message)

    threads = [threading.Thread(target=answer, args=one) for one in (("Bo", None), ("Cy", "not at noon"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers = [line for line in read_journal(done.folder).lines if line.kind == "gate"][1:]
    assert (len(answers), len(refused)) == (1, 1)
    assert "waits for no answer" in refused[0]


def test_an_answer_at_the_terminal_does_not_overrule_one_from_elsewhere(handbook: Handbook, log: Log) -> None:
    def decline_first(question: Question) -> str:
        answer_gate(handbook.runs()[0], "Bo", decline="not at noon")
        return "yes"

    done = log.apply(handbook, GATE, ask=decline_first)
    assert (done.state, str(log)) == ("failed", "a")
    assert "declined at cell 8 by Bo: not at noon" in done.reason


def test_a_run_declined_in_the_instant_in_which_it_goes_on_ends(
    handbook: Handbook, log: Log, before_the_lock: Callable[[Callable[[], object]], None]
) -> None:
    done = log.apply(handbook, GATE)
    alive = Journal(done.folder)  # as if the run were going on already
    answer_gate(done.folder, "Bo", decline="not at noon")
    alive.close()
    assert (again(done).state, str(log)) == ("failed", "a")


def test_an_approval_does_not_count_for_a_gate_that_was_not_shown(handbook: Handbook, log: Log) -> None:
    """The run went on to ask about other actions while somebody was reading."""
    done = log.apply(handbook, GATE)
    shown = done.pending
    log.path.with_name("extra").write_text(" and more")
    again(done)
    with pytest.raises(Refused, match="went on to another gate while this one was shown") as refused:
        answer_gate(done.folder, "Bo", shown=shown)
    assert refused.value.hint == f"outage approve {done.id} shows what it waits for now"
    assert load_run(done.folder).pending


def test_what_was_shown_of_an_undo_is_written_down_only_while_it_is_true(
    handbook: Handbook, log: Log
) -> None:
    shown = log.apply(handbook)
    again(shown, undo=True)
    before = (shown.folder / FILE).read_bytes()
    with pytest.raises(Refused, match="other changes stand now"):
        plan_undo(shown, "Ines")
    assert (shown.folder / FILE).read_bytes() == before


def test_stopping_a_run_that_has_gone_on_meanwhile_ends_nothing(
    handbook: Handbook, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outage.cli import run_control

    done = log.apply(handbook, GATE)
    answer_gate(done.folder, "Bo")
    again(done)
    run_control._end_waiting(done.folder, "Bo")  # as it was decided when the run still waited
    assert load_run(done.folder).state == "succeeded"


def test_a_journal_that_a_sync_replaces_is_written_on_in_its_new_place(handbook: Handbook, log: Log) -> None:
    done = log.apply(handbook)
    journal = Journal(done.folder, runner=False)
    merged = done.folder / "merged"
    merged.write_bytes((done.folder / FILE).read_bytes())
    merged.replace(done.folder / FILE)
    journal.append(Asserted(cell=4, answer="done", by="Ines"))
    journal.close()
    reading = read_journal(done.folder)
    assert (reading.lines[-1].kind, reading.troubles) == ("asserted", ())
