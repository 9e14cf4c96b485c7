"""Runbook blocked-queries against a real lock: its cells, and a person's runs when things are otherwise."""

from __future__ import annotations

import pytest

from outage.lab.faults import lock_blocker
from outage.lab.faults.lock_sessions import BLOCKER
from outage.lab.fingerprint import take_fingerprint
from tests.content.runbooks.cells import last_run, stage

ABOUT = ("runbooks/blocked-queries.ipynb",)
NAME = "blocked-queries"
AT_ONCE = ("-p", "min_wait=0.01 seconds")


@pytest.mark.parametrize("hold", ["row", "table"])
def test_the_plan_changes_nothing_and_the_apply_frees_everybody(libpq, hold):
    lock_blocker.begin(libpq, hold=hold)
    assert lock_blocker.measure(libpq).signals["waiting_sessions"] == 4
    before = take_fingerprint(libpq)
    plan = stage(NAME, AT_ONCE[1]).plan()
    assert take_fingerprint(libpq) == before
    (action,) = plan.actions
    assert BLOCKER in action.target
    done = plan.apply()
    assert f"{action.data['pid']}: ended" in done.text
    assert "Of 4 sessions that waited, all have moved." in done.text
    assert {str(pid): became for pid, became in done.saved["results"].items()} == {
        str(action.data["pid"]): "ended"
    }
    assert not lock_blocker.measure(libpq).sick
    words = libpq.log(lock_blocker.ID).read_text(encoding="utf-8")
    assert "was ended by the server" in words


def test_a_blocker_that_vanished_since_the_plan_is_not_replaced_by_another(libpq, handbook, outage):
    """The plan is applied or nothing is: whoever blocks now was in no plan."""
    lock_blocker.begin(libpq)
    assert outage("run", NAME, *AT_ONCE).returncode == 0
    plan = last_run(handbook, NAME)
    lock_blocker.fix(libpq)
    lock_blocker.begin(libpq)
    applied = outage("run", NAME, *AT_ONCE, "--apply", "--plan", plan.id)
    assert applied.returncode == 3, "it waits for a person"
    assert f"not the ones that {plan.id} planned" in applied.stdout
    assert lock_blocker.measure(libpq).signals["waiting_sessions"] == 4


def test_with_nobody_waiting_an_apply_is_done_and_ends_nobody(libpq, outage):
    with libpq.server.connect("shop") as bystander:
        done = outage("run", NAME, "--apply")
        assert done.returncode == 0, done.stdout + done.stderr
        assert bystander.execute("select 1").fetchone() == (1,)
    assert "Nothing to change." in done.stdout


def test_hostile_queries_reach_the_terminal_as_text(libpq, outage):
    query = "update stock set on_hand = on_hand /* \x1b[2J\x1b]0;own\x07 <script> */ where sku = 'TEA-250'"
    with (
        libpq.server.connect("shop", name="\x1b[31m") as holding,
        libpq.server.connect("shop") as waiter,
        holding.transaction(force_rollback=True),
    ):
        holding.execute(query)
        waiter.pgconn.send_query(query.encode())
        planned = outage("run", NAME, *AT_ONCE)
        waiter.close()
    assert planned.returncode == 0
    assert "/* \\x1b[2J\\x1b]0;own\\x07 <script> */" in planned.stdout
    assert "\x1b" not in planned.stdout


def test_an_unreachable_server_fails_the_check_in_words(libpq, outage, monkeypatch):
    monkeypatch.setenv("PGPORT", "1")
    failed = outage("run", NAME)
    assert failed.returncode == 1
    assert "look at PGHOST and PGPORT" in failed.stdout
    assert "Traceback" not in failed.stdout + failed.stderr


def test_a_mistyped_parameter_starts_nothing(libpq, handbook, outage):
    refused = outage("run", NAME, "-p", "min_wiat=3s")
    assert refused.returncode == 2
    assert "did you mean 'min_wait'?" in refused.stderr
    assert not (handbook / "runs").exists()


@pytest.mark.parametrize(
    "wrong", ["min_wait=2h", "min_wait=soon", "blocker=0", "blocker=all", "time_limit=0.5 seconds"]
)
def test_a_value_out_of_range_starts_nothing(libpq, handbook, outage, wrong):
    refused = outage("run", NAME, "-p", wrong)
    assert refused.returncode == 2
    assert wrong.partition("=")[0] in refused.stderr
    assert not (handbook / "runs").exists()
