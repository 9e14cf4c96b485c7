"""What is halted, as `kill -STOP` or a dead disk halts it, is said within seconds, and holds up nobody."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import psutil
import pytest

from outage.errors import Failed
from outage.kit import CheckFailed, rpc, supervised
from outage.lab import control, processes, supervise
from outage.lab.condition import list_conditions, measure
from outage.lab.faults import FAULTS
from outage.lab.parts import PARTS
from outage.lab.parts.model import Part, Program
from tests.waiting import eventually

LIMIT = 0.3  # seconds; a test does not wait as long as a person may


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(supervise, "PATIENCE", LIMIT)
    monkeypatch.setattr(rpc, "LOOKING", LIMIT)


@pytest.fixture
def folder(tmp_path):
    yield tmp_path / "lab"
    if (tmp_path / "lab" / "lab.json").exists():
        control.down(tmp_path / "lab")


@pytest.fixture
def halted(folder, monkeypatch):
    """A lab of one part, whose supervisor is halted, and that supervisor's process."""
    program = Program("one", ("/bin/sh", "-c", "sleep 600"))
    monkeypatch.setitem(PARTS, "one", Part("one", "one", lambda lab: True, lambda lab: (program,)))
    lab, _ = control.up(folder, ("one",))
    process = psutil.Process(json.loads((folder / "supervisor.pid").read_text(encoding="utf-8"))["pid"])
    process.suspend()
    eventually(lambda: processes.is_halted(process))
    yield lab, process
    if process.is_running():
        process.resume()


def test_a_halted_supervisor_is_named_and_its_parts_are_asked_themselves(halted):
    lab, process = halted
    supervisor, one = list_conditions(lab)
    assert (supervisor.id, supervisor.well) == ("supervisor", False)
    assert f"process {process.pid}" in supervisor.words
    assert "is halted" in supervisor.words
    assert (one.id, one.well) == ("one", True)


def test_what_needs_it_fails_and_says_how_to_go_on(halted):
    lab, process = halted
    with pytest.raises(Failed, match="the supervisor is halted .* and answers nobody") as failed:
        lab.supervisor.stop("one")
    assert f"kill -CONT {process.pid}" in str(failed.value.hint)
    assert "outage lab down" in str(failed.value.hint)


def test_one_that_takes_the_question_and_is_silent_is_not_waited_for(halted, monkeypatch):
    monkeypatch.setattr(processes, "is_halted", lambda process: False)
    with pytest.raises(Failed, match="the supervisor does not answer: TimeoutError") as failed:
        halted[0].supervisor.states()
    assert "outage lab down" in str(failed.value.hint)


def test_a_halted_supervisor_is_taken_down_with_all_that_it_runs(halted):
    lab, process = halted
    left = [process, *process.children(recursive=True)]
    places = [lab.folder, lab.sockets]
    assert control.down(lab.folder)
    assert [one for one in left if one.is_running() and one.status() != psutil.STATUS_ZOMBIE] == []
    assert [place for place in places if place.exists()] == []


def test_a_runbook_that_asks_it_is_told_what_to_look_at(halted):
    with pytest.raises(CheckFailed, match="the supervisor does not answer: TimeoutError") as failed:
        supervised.programs(halted[0].supervisor.url)
    assert "look at SUPERVISOR_URL" in failed.value.hint


def test_a_halted_database_is_a_symptom_that_cannot_be_measured(folder):
    lab, _ = control.up(folder, ("postgres",))
    first = (lab.server.home / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0]
    os.kill(int(first), signal.SIGSTOP)
    try:
        found = measure(lab, [FAULTS["lock-blocker"]])["lock-blocker"]
        (postgres,) = list_conditions(lab)
    finally:
        os.kill(int(first), signal.SIGCONT)
    assert found.symptom is None
    assert "cannot be measured: ConnectionTimeout" in found.words
    assert (postgres.id, postgres.well) == ("postgres", False)


def test_a_process_that_goes_while_it_is_waited_for_is_no_trouble(monkeypatch):
    """Some kernels say of it that there is no such file."""

    def gone(pid, flags):
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(os, "pidfd_open", gone)
    with subprocess.Popen(["sleep", "600"]) as child:
        processes.end_all([psutil.Process(child.pid)])
        assert child.wait() == -signal.SIGTERM
