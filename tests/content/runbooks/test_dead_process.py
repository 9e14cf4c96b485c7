"""Runbook dead-process against a real supervisor: what it sees, starts, leaves alone and says."""

from __future__ import annotations

import os
import signal
import socket
import sys

import psutil
import pytest

from outage.kit import CheckFailed
from outage.lab import control, targets
from outage.lab.parts.model import Program
from tests.content.runbooks.cells import Stage, advice, stage
from tests.waiting import eventually

ABOUT = ("runbooks/dead-process.ipynb",)
NAME = "dead-process"
QUICK = ("patience=2s", "steady=0.5 seconds")


@pytest.fixture(scope="module")
def _lab(tmp_path_factory):
    folder = tmp_path_factory.mktemp("watched") / "run"
    yield control.up(folder, ("prometheus",))[0]
    control.down(folder)


@pytest.fixture
def lab(_lab, monkeypatch):
    """A lab with Prometheus, Alertmanager and the switch; what a test stops or adds is put right."""
    for name, value in control.build_environment(_lab).items():
        monkeypatch.setenv(name, value)
    yield _lab
    _lab.supervisor.remove("extra")
    (targets.find_folder(_lab) / "extra.json").unlink(missing_ok=True)
    for name in ("prometheus", "alertmanager"):
        state = _lab.supervisor.state(name)
        if state.pid and psutil.Process(state.pid).status() == psutil.STATUS_STOPPED:
            os.kill(state.pid, signal.SIGCONT)
        _lab.supervisor.start(name)


def extra(lab, source: str) -> None:
    """Let the supervisor run one more program, ``extra``, which it does not bring back by itself."""
    lab.supervisor.add("extra", [Program("extra", (sys.executable, "-c", source), restart=False)])


def until_state(lab, *states: str) -> None:
    state = lab.supervisor.state
    eventually(lambda: state("extra").state in states, lambda: state("extra"))


def actions(plan: Stage) -> list[tuple[str, str]]:
    return [(action.data["name"], action.command) for action in plan.actions]


class TestPlan:
    def test_where_every_program_runs_there_is_nothing_to_start(self, lab):
        plan = stage(NAME).plan()
        assert actions(plan) == []
        assert "Every program runs." in plan.text
        assert "Prometheus: answers" in plan.text
        assert "Read-only is NOT ENFORCED" in plan.text

    def test_a_program_that_ended_by_itself_is_found_with_its_last_words(self, lab):
        extra(lab, "print('the disk is full', flush=True); raise SystemExit(3)")
        until_state(lab, "EXITED", "FATAL")
        plan = stage(NAME).plan()
        assert actions(plan) == [("extra", "supervisorctl start extra")]
        assert "Programs in trouble: 1 of 4." in plan.text
        assert "the disk is full" in plan.text
        assert plan.actions[0].undo == "supervisorctl stop extra"

    def test_a_program_that_runs_and_gives_no_answer_is_found(self, lab):
        os.kill(lab.supervisor.state("alertmanager").pid, signal.SIGSTOP)
        plan = stage(NAME).plan()
        assert actions(plan) == [("alertmanager", "supervisorctl restart alertmanager")]
        assert "runs, and gives no answer within 3 s" in plan.text
        assert plan.actions[0].undo.startswith("not possible")

    def test_what_somebody_has_stopped_is_started_only_when_it_is_named(self, lab):
        lab.supervisor.stop("prometheus")
        plan = stage(NAME).plan()
        assert actions(plan) == []
        assert "Not started: prometheus, for somebody has stopped it. Or: -p program=prometheus" in plan.text
        assert "from the files of PROMETHEUS_TARGETS" in plan.text
        named = stage(NAME, "program=prometheus").plan()
        assert actions(named) == [("prometheus", "supervisorctl start prometheus")]

    def test_a_program_whose_work_is_done_is_no_trouble(self, lab):
        extra(lab, "import time; time.sleep(1.2)")
        until_state(lab, "EXITED")
        assert actions(stage(NAME).plan()) == []

    def test_the_same_plan_later_proposes_the_same(self, lab):
        lab.supervisor.stop("prometheus")
        first = stage(NAME, "program=prometheus").plan().actions
        assert stage(NAME, "program=prometheus").plan().actions == first

    def test_hostile_last_words_stay_text(self, lab):
        extra(lab, r"print('\x1b[2J\x1b]0;own\x07 <script>', flush=True); raise SystemExit(3)")
        until_state(lab, "EXITED", "FATAL")
        text = stage(NAME).plan().text
        assert "\x1b" not in text
        assert "\\x1b[2J" in text


class TestApply:
    def test_a_stopped_program_runs_and_answers(self, lab):
        lab.supervisor.stop("prometheus")
        done = stage(NAME, "program=prometheus", "steady=0.5 seconds").plan().apply()
        assert done.saved["results"] == {"prometheus": "started"}
        assert "prometheus: answers after" in done.text
        assert lab.supervisor.state("prometheus").runs

    def test_a_program_that_hangs_is_another_process_afterwards(self, lab):
        before = lab.supervisor.state("alertmanager").pid
        os.kill(before, signal.SIGSTOP)
        done = stage(NAME, "steady=0.5 seconds").plan().apply()
        assert done.saved["results"] == {"alertmanager": "started"}
        assert lab.supervisor.state("alertmanager").pid != before

    def test_what_came_back_by_itself_is_left_alone(self, lab):
        lab.supervisor.stop("prometheus")
        plan = stage(NAME, "program=prometheus").plan()
        lab.supervisor.start("prometheus")
        before = lab.supervisor.state("prometheus").pid
        done = plan.apply()
        assert done.saved["results"] == {"prometheus": "left alone: it is not what it was"}
        assert lab.supervisor.state("prometheus").pid == before
        assert "Nothing was started." in done.text

    def test_a_program_that_ends_at_once_again_is_told_with_the_supervisors_reason(self, lab):
        extra(lab, "raise SystemExit(3)")
        until_state(lab, "EXITED", "FATAL")
        with pytest.raises(CheckFailed, match="the supervisor refuses startProcess extra") as failed:
            stage(NAME).plan().apply()
        assert "the program ended at once" in advice(NAME, failed.value)

    def test_a_program_that_ends_again_a_little_later_is_not_called_well(self, lab):
        extra(lab, "import time; time.sleep(1.6); raise SystemExit(3)")
        until_state(lab, "EXITED")
        with pytest.raises(CheckFailed, match="ended again within 3 s: extra") as failed:
            stage(NAME, "steady=3s").plan().apply()
        assert "It was started and does not serve" in advice(NAME, failed.value)

    def test_a_program_that_runs_and_never_serves_is_not_called_well(self, lab):
        extra(lab, "import time; time.sleep(60)")
        until_state(lab, "RUNNING")
        lab.supervisor.stop("extra")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            targets.scrape(lab, "extra", {"extra": free.getsockname()[1]})
        plan = stage(NAME, "program=extra", *QUICK).plan()
        taken = plan.scope["addresses"]
        eventually(lambda: "extra" in taken(), "Prometheus does not take the new target")
        with pytest.raises(CheckFailed, match="does not answer yet after") as failed:
            plan.apply()
        assert "It was started and does not serve" in advice(NAME, failed.value)


class TestCheck:
    """What is wrong is said at once, with the variable to look at."""

    def fails(self, *assignments):
        with pytest.raises(CheckFailed) as failed:
            stage(NAME, *assignments).run("setup", "check")
        return failed.value

    def test_no_program_of_that_name(self, lab):
        failed = self.fails("program=prometeus")
        assert failed.message == "there is no program prometeus"
        assert "alertmanager, deadman, prometheus" in failed.hint
        assert "the supervisor's name differ" in advice(NAME, failed)

    @pytest.mark.parametrize("url", ["", "unix:///nonexistent/supervisor", "ftp://x", "http://127.0.0.1:1"])
    def test_no_supervisor_is_to_be_had(self, lab, monkeypatch, url):
        monkeypatch.setenv("SUPERVISOR_URL", url)
        failed = self.fails()
        assert "look at SUPERVISOR_URL" in failed.hint
        assert "SUPERVISOR_URL must lead to a supervisord that runs" in advice(NAME, failed)

    def test_a_hostile_name_stays_text(self, lab):
        assert "\x1b" not in self.fails("program=x\x1b[2J").message
