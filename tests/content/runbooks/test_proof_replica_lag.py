"""Runbook replica-lag against a paused replica: what it says, and what it does when things are otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from outage.kit import CheckFailed
from outage.lab import control
from outage.lab.faults import replica_paused
from outage.lab.parts import replica
from tests.content.runbooks.cells import assignments, stage

ABOUT = ("runbooks/replica-lag.ipynb",)
NAME = "replica-lag"
SHORT = "watch=1s"


def paused(lab):
    with replica.server(lab).connect("outage_monitor") as standby:
        return standby.execute("select pg_is_wal_replay_paused()").fetchone() == (True,)


@pytest.fixture
def pair(libpq, monkeypatch):
    """The lab with a replica, and the service file that leads to both."""
    control.require(libpq, "replica")
    monkeypatch.setenv("PGSERVICEFILE", control.build_environment(libpq)["PGSERVICEFILE"])
    return libpq


def test_a_paused_replica_is_measured_resumed_proved_and_paused_again(pair):
    replica_paused.begin(pair)
    plan = stage(NAME, *assignments(pair, replica_paused.FAULT), SHORT).plan()
    assert [action.command for action in plan.actions] == ["select pg_wal_replay_resume()"]
    assert "Its replay is paused." in plan.text
    assert "Slot replica: in use" in plan.text
    done = plan.apply()
    assert "replica: resumed; it was paused" in done.text
    assert "It has replayed all that was written until now" in done.text
    assert not paused(pair)
    done.undo()
    assert paused(pair)


def test_a_replica_that_follows_is_left_alone(pair):
    plan = stage(NAME, SHORT).plan()
    assert plan.actions == []
    assert "Its replay is not paused." in plan.text
    assert "Receiver: streams" in plan.text


def test_one_that_was_resumed_meanwhile_is_named_and_not_paused_by_undo(pair):
    replica_paused.begin(pair)
    plan = stage(NAME, SHORT).plan()
    replica_paused.fix(pair)
    done = plan.apply()
    assert "had been resumed already" in done.text
    done.undo()
    assert not paused(pair)


def test_one_that_does_not_catch_up_in_time_fails_with_figures(pair):
    replica_paused.begin(pair)
    plan = stage(NAME, SHORT).plan()
    plan.saved |= {"before": [], "resumed": []}
    plan.scope["time_limit"] = plan.scope["timedelta"](seconds=0.3)
    plan.actions = []
    with pytest.raises(CheckFailed, match=r"has not caught up after \d+ ms: to replay \d"):
        plan.apply()


def test_a_query_on_the_replica_that_runs_long_is_named(pair):
    with replica.server(pair).connect("shop", name="month's report") as reader, reader.transaction():
        reader.execute("select count(*) from orders")
        plan = stage(NAME, SHORT).plan()
    assert "month's report, for " in plan.text
    assert "select count(*) from orders" in plan.text


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("replica=primary", "service 'primary' is no standby"),
        ("replica=replcia", "no session as PGUSER at service replcia"),
        ("change_user=outage_oprator", "no role outage_oprator"),
        ("change_user=shop", r"shop \(change_user\) may not resume replay"),
    ],
)
def test_what_is_wrong_with_the_way_there_is_named(pair, assignment, words):
    with pytest.raises(CheckFailed, match=words):
        stage(NAME, assignment).run("setup", "check")


@pytest.mark.parametrize("setting", ["PGPORT", "PGSERVICEFILE"])
def test_a_server_that_is_not_there_fails_the_check_in_words(pair, outage, monkeypatch, setting, tmp_path):
    nowhere = tmp_path / "services"
    nowhere.write_text("[replica]\nhost=127.0.0.1\nport=1\ndbname=shop\nuser=outage_monitor\n")
    monkeypatch.setenv(setting, "1" if setting == "PGPORT" else str(nowhere))
    failed = outage("run", NAME)
    assert failed.returncode == 1
    look_at = "PGHOST and PGPORT" if setting == "PGPORT" else "service 'replica' in PGSERVICEFILE"
    assert f"look at {look_at}" in failed.stdout
    assert "Traceback" not in failed.stdout + failed.stderr


def test_a_reader_that_may_resume_is_said(pair, monkeypatch):
    services = control.build_environment(pair)["PGSERVICEFILE"]
    text = Path(services).read_text(encoding="utf-8")
    changed = pair.folder / "as-operator.conf"
    changed.write_text(text.replace("user=outage_monitor", "user=outage_operator"), encoding="utf-8")
    monkeypatch.setenv("PGSERVICEFILE", str(changed))
    shown = stage(NAME).run("setup", "check").text
    assert "NOT ENFORCED: it may end sessions and may resume replay" in shown
