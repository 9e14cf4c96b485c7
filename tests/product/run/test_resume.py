"""A run goes on in a fresh kernel: what passed is kept, what is in doubt is asked about."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from outage.errors import OutageError, Refused
from outage.run.gates import Question
from outage.run.history import SPOOL, load_run
from outage.run.journal import FILE, read_journal
from tests.product.run.build import Handbook
from tests.product.run.running import Log, again, run, states, two_changes

pytestmark = pytest.mark.usefixtures("nothing_is_left")
DIE = "os.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


def says(*answers: str) -> Callable[[Question], str]:
    left = list(answers)
    return lambda question: left.pop(0)


def test_what_passed_is_kept_with_what_it_saved_and_the_rest_is_run(handbook: Handbook, log: Log) -> None:
    log.trouble("verify", "1/0")
    done = log.apply(handbook)
    assert (done.state, str(log)) == ("failed", "a b")
    log.trouble("verify", "")
    done = again(done)
    assert (done.state, done.code, str(log)) == ("succeeded", 0, "a b")
    assert set(states(done).split()) == {
        *("parameters:passed", "setup:passed", "check:passed", "read:passed"),
        *("change:passed", "undo:skipped", "verify:passed"),
    }
    resumed = next(line for line in read_journal(done.folder).lines if line.kind == "resumed")
    assert (resumed.data["kept"], resumed.data["by"]) == ([4, 8 - 1], "Ines")


@pytest.mark.parametrize(
    ("answer", "state", "did"),
    [("done", "succeeded", "a b"), ("not-done", "succeeded", "a a b"), ("stop", "interrupted", "a")],
)
def test_a_change_that_was_started_and_did_not_pass_is_asked_about(
    handbook: Handbook, log: Log, answer: str, state: str, did: str
) -> None:
    log.trouble("a", DIE)
    done = log.apply(handbook)
    assert (done.state, done.code, done.cells[4].state) == ("failed", 4, "killed")
    log.trouble("a", "")
    done = again(done, ask=says(answer))
    assert (done.state, str(log)) == (state, did)
    assert done.cells[4].state == ("passed" if answer == "not-done" else "killed")
    assert done.cells[4].asserted == ("Ines" if answer == "done" else None)


def test_without_a_terminal_nothing_in_doubt_is_decided(handbook: Handbook, log: Log) -> None:
    log.trouble("a", DIE)
    done = log.apply(handbook)
    before = (done.folder / FILE).read_bytes()
    with pytest.raises(Refused, match="the change in cell 5 was started and did not pass"):
        again(done)
    assert (done.folder / FILE).read_bytes() == before


def test_a_value_that_was_saved_just_before_the_kernel_was_killed_is_kept(
    handbook: Handbook, log: Log
) -> None:
    log.trouble("a", DIE)
    done = log.apply(handbook)
    assert done.saved == {"a": "a"}
    assert any(line.kind == "saved" for line in read_journal(done.folder).lines)
    assert not (done.folder / SPOOL).exists()


def test_a_notebook_that_was_changed_since_is_refused_with_the_difference(
    handbook: Handbook, log: Log
) -> None:
    log.trouble("verify", "1/0")
    done = log.apply(handbook)
    cells = two_changes()
    cells[-1]["source"] = "require(True, 'never mind')"
    handbook.write("two", cells)
    with pytest.raises(Refused, match="the runbook was changed since") as refused:
        again(done)
    assert "+require(True, 'never mind')" in refused.value.message
    assert "-trouble('verify')" in refused.value.message


def test_a_run_of_before_a_reboot_goes_on_as_any_other(handbook: Handbook, log: Log) -> None:
    """No lock outlives a reboot, and the number of the process may be another's: nobody asks for it."""
    log.trouble("verify", "1/0")
    done = log.apply(handbook)
    journal = done.folder / FILE
    lines = journal.read_bytes().splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if b'"state":"running"' in line and b'"cell":7' in line)
    journal.write_bytes(b"".join(lines[: at + 1]))  # where the power went
    (done.folder / "alive.lock").unlink()
    done = load_run(done.folder)
    assert (done.state, done.cells[7].state) == ("abandoned", "started-unknown")
    log.trouble("verify", "")
    done = again(done, ask=says("done"))
    assert (done.state, str(log)) == ("succeeded", "a b")


@pytest.mark.torn
def test_a_torn_tail_can_go_on_and_an_edited_journal_cannot(handbook: Handbook, log: Log) -> None:
    log.trouble("verify", "1/0")
    done = log.apply(handbook)
    journal = done.folder / FILE
    content = journal.read_bytes()
    journal.write_bytes(content.replace(b'"passed"', b'"failed"', 1))
    with pytest.raises(Refused, match="was changed by hand"):
        again(done)
    journal.write_bytes(content[:-9])
    log.trouble("verify", "")
    assert again(done).state == "succeeded"


def test_what_is_over_a_plan_or_for_another_target_does_not_go_on(
    handbook: Handbook, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = log.apply(handbook)
    with pytest.raises(Refused, match="is succeeded: there is nothing left to do"):
        again(done)
    with pytest.raises(Refused, match="is a plan"):
        again(run("two", f"log={log.path}"))
    handbook.write("two", two_changes(), {"target": {"kind": "a disk", "host": "$WHERE"}})
    monkeypatch.setenv("WHERE", "here")
    log.trouble("verify", "1/0")
    done = run("two", f"log={log.path}", apply=True, unreviewed="a test", yes=True)
    assert done.state == "failed", "so it could go on"
    monkeypatch.setenv("WHERE", "there")
    with pytest.raises(OutageError, match="was for a disk, here"):
        again(done)


def test_every_line_of_a_resumed_run_is_one_chain(handbook: Handbook, log: Log) -> None:
    log.trouble("verify", "1/0")
    done = again(log.apply(handbook))
    assert read_journal(done.folder).troubles == ()
    assert [json.loads(line)["kind"] for line in (done.folder / FILE).read_text().splitlines()].count(
        "ended"
    ) == 2
