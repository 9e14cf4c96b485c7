"""Every hint of every runbook of ours, met by the error that it is about, in the runbook's own words."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from outage.kit import CheckFailed
from outage.lab.faults import lock_blocker
from outage.runbook.contract import read_contract
from tests.content.runbooks.cells import RUNBOOKS, advice, stage
from tests.sites import IS_SAMPLE

ABOUT = ("runbooks/blocked-queries.ipynb",)
FAILED = 'connection failed: connection to server at "10.0.0.5", port 5432 failed: '
FROM_SERVER = [  # what PostgreSQL says to who connects, and words of the hint that must come
    (FAILED + "Connection refused\n\tIs the server running on that host?", "Nothing answers"),
    ("connection timeout expired", "Nothing answers"),
    ("[Errno -2] Name or service not known", "Nothing answers"),
    (FAILED + 'FATAL:  password authentication failed for user "shop"', "does not accept the password"),
    (FAILED + "fe_sendauth: no password supplied", "does not accept the password"),
    (FAILED + 'FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "x"', "refuses this role"),
    (FAILED + "FATAL:  sorry, too many clients already", "Every connection is taken"),
    (
        FAILED + "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
        "Every connection is taken",
    ),
]
FROM_QUERIES = [
    (
        psycopg.errors.LockNotAvailable("canceling statement due to lock timeout"),
        "until its own limit passed",
    ),
    (
        psycopg.errors.QueryCanceled("canceling statement due to statement timeout"),
        "busy with more than a lock",
    ),
    (psycopg.errors.DeadlockDetected("deadlock detected\nDETAIL: ..."), "nothing to end here"),
    (psycopg.errors.InsufficientPrivilege("permission denied for view pg_locks"), "has not the right"),
]


@pytest.mark.parametrize(("said", "expected"), FROM_SERVER)
def test_no_session_is_to_be_had(monkeypatch, said, expected):
    def refuse(**_):
        raise psycopg.OperationalError(said)

    monkeypatch.setattr(psycopg, "connect", refuse)
    with pytest.raises(CheckFailed) as failed:
        stage("blocked-queries").run("setup", "check")
    assert expected in advice("blocked-queries", failed.value)


def test_a_server_that_is_really_not_there(monkeypatch):
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    monkeypatch.setenv("PGPORT", "1")
    with pytest.raises(CheckFailed) as failed:
        stage("blocked-queries").run("setup", "check")
    assert "Nothing answers at PGHOST and PGPORT" in advice("blocked-queries", failed.value)


@pytest.mark.parametrize(("error", "expected"), FROM_QUERIES)
def test_a_query_fails(error, expected):
    assert expected in advice("blocked-queries", error)


def test_a_role_without_the_right(libpq, monkeypatch):
    monkeypatch.setenv("PGUSER", "shop")
    with pytest.raises(CheckFailed) as failed:
        stage("blocked-queries").run("setup", "check")
    assert "has not the right that the message names" in advice("blocked-queries", failed.value)
    monkeypatch.setenv("PGUSER", "outage_monitor")
    with pytest.raises(CheckFailed) as failed:
        stage("blocked-queries", "change_user=outage_monitor").run("setup", "check")
    assert "has not the right that the message names" in advice("blocked-queries", failed.value)


def test_somebody_still_waits_after_the_change(libpq):
    """Nothing is ended, as when a second holder keeps all of them waiting."""
    lock_blocker.begin(libpq)
    plan = stage("blocked-queries", "min_wait=0.01 seconds", "time_limit=1s").plan()
    plan.saved["waiting"] = [each.statement for each in plan.scope["waiting"]]
    plan.actions = []
    with pytest.raises(CheckFailed, match="4 of 4 sessions still wait after 1 s") as failed:
        plan.apply()
    assert "there is a second holder" in advice("blocked-queries", failed.value)


def test_each_hint_stands_in_one_of_these_tests():
    told = [expected for _, expected in [*FROM_SERVER, *FROM_QUERIES]] + ["there is a second holder"]
    for hint in read_contract(RUNBOOKS / "blocked-queries.ipynb").meta.hints:
        assert any(words in hint.means for words in told), hint.means


@pytest.mark.skipif(not IS_SAMPLE, reason="a company decides for its own runbooks")
def test_each_runbook_with_hints_has_tests_of_them():
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    for path in RUNBOOKS.glob("*.ipynb"):
        hints = read_contract(path).meta.hints
        assert not hints or f'"{path.stem}"' in tests, f"{path.name}: its hints need tests"
