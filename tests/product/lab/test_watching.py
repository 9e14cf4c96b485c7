"""What watches the lab: alerts that reach a reader, a switch that notices silence, a real chat."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from functools import partial
from pathlib import Path

import pytest

from outage.lab import control, deadman
from outage.lab.alarms import Watch, list_firing
from outage.lab.faults import chat_down, monitoring_down
from outage.lab.parts import chat
from tests.product.cli.processes import OUTAGE
from tests.sites import LARKFIELD
from tests.waiting import eventually

HANDBOOK = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """A lab with monitoring and the chat."""
    folder = tmp_path_factory.mktemp("watched") / "run"
    yield control.up(folder, ("prometheus", "chat"))[0]
    control.down(folder)


class TestSwitch:
    """The dead man's switch by itself, with a patience of its own."""

    def test_it_is_silent_while_it_hears(self):
        switch = deadman.Switch(patience=60)
        switch.hear({"status": "firing"})
        assert switch.alerts() == []

    def test_it_raises_the_alert_when_nothing_comes_and_alertmanager_is_the_first_to_look_at(self):
        (alert,) = deadman.Switch(patience=0).alerts()
        assert alert["labels"]["alertname"] == "MonitoringDown"
        assert alert["labels"]["instance"] == "alertmanager"
        assert alert["annotations"]["runbook_url"].endswith("dead-process.html?program=alertmanager")

    def test_it_raises_the_alert_at_once_when_it_is_told_that_prometheus_is_silent(self):
        switch = deadman.Switch(patience=60)
        switch.hear({"status": "resolved"})
        (alert,) = switch.alerts()
        assert alert["labels"]["instance"] == "prometheus"
        switch.hear({"status": "firing"})
        assert switch.alerts() == []


def test_prometheus_that_is_stopped_is_noticed_and_its_return_too(watched):
    with Watch(watched, monitoring_down.FAULT.alert) as watch:
        assert watch.until(fires=True, patience=0) is None
        monitoring_down.begin(watched)
        assert monitoring_down.measure(watched).sick
        assert watch.until(fires=True, patience=30) is not None
        assert [alarm.labels["instance"] for alarm in list_firing(watched)] == ["prometheus"]
        assert monitoring_down.fix(watched)
        assert not monitoring_down.fix(watched)
        assert watch.until(fires=False, patience=30) is not None


def test_a_chat_that_hangs_raises_its_alert_with_the_page_to_go_to(watched):
    with Watch(watched, chat_down.FAULT.alert) as watch:
        chat_down.begin(watched)
        assert chat_down.measure(watched).sick
        assert watch.until(fires=True, patience=30) is not None
        (alarm,) = list_firing(watched)
        assert alarm.annotations["runbook_url"].endswith("/runbooks/dead-process.html?program=chat")
        assert chat_down.fix(watched)
        assert not chat_down.fix(watched)
        assert watch.until(fires=False, patience=30) is not None


def test_a_chat_that_was_killed_and_stopped_is_started_again(watched):
    os.kill(watched.supervisor.state("chat").pid, signal.SIGKILL)
    watched.supervisor.stop("chat")
    assert chat_down.fix(watched)
    assert not chat_down.measure(watched).sick


def test_outage_update_really_posts_to_the_rooms_of_the_lab(watched, tmp_path):
    shutil.copy(HANDBOOK / LARKFIELD, tmp_path / "handbook.yml")
    git = ["git", "-c", "user.name=Test", "-c", "user.email=test@example.org", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    own = {name: value for name, value in os.environ.items() if not name.startswith("OUTAGE_")}
    env = own | control.build_environment(watched) | {"OUTAGE_BY": "Ines Okafor"}

    def outage(*words: str) -> str:
        done = subprocess.run(
            [*OUTAGE, *words], cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    outage(
        "declare",
        "Checkout is slow",
        "--severity",
        "sev2",
        "--drill",
        "--scope",
        "division",
        "--division",
        "shop",
    )
    told = outage("update", "responders", "We look at the database")
    assert "posted to #inc-" in told
    news = partial(chat.list_messages, watched, "incident")
    eventually(lambda: any("We look at the database" in text for text in news()), news)
    upwards = partial(chat.list_messages, watched, "division-outages")
    eventually(lambda: any("Checkout is slow" in text for text in upwards()), upwards)
    assert all("We look" not in text for text in chat.list_messages(watched, "exec-updates"))


def test_the_bots_password_is_its_owners_alone(watched):
    for name in ("bot.json", "homeserver.yaml"):
        assert (watched.place("chat") / name).stat().st_mode & 0o077 == 0
