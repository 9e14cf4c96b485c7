"""Every hint of every runbook of ours, met by the error that it is about, in the runbook's own words."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from outage.kit import CheckFailed
from outage.runbook.contract import read_contract
from tests.content.runbooks.cells import RUNBOOKS, stage

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


def advice(error: BaseException) -> str:
    """What the runner would say to this error of blocked-queries."""
    hint = read_contract(RUNBOOKS / "blocked-queries.ipynb").meta.hint_for(f"{type(error).__name__}: {error}")
    assert hint is not None, error
    return hint.means


@pytest.mark.parametrize(("said", "expected"), FROM_SERVER)
def test_no_session_is_to_be_had(monkeypatch, said, expected):
    def refuse(**_):
        raise psycopg.OperationalError(said)

    monkeypatch.setattr(psycopg, "connect", refuse)
    with pytest.raises(CheckFailed) as failed:
        stage("blocked-queries").run("setup", "check")
    assert expected in advice(failed.value)


def test_a_server_that_is_really_not_there(monkeypatch):
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    monkeypatch.setenv("PGPORT", "1")
    with pytest.raises(CheckFailed) as failed:
        stage("blocked-queries").run("setup", "check")
    assert "Nothing answers at PGHOST and PGPORT" in advice(failed.value)


@pytest.mark.parametrize(("error", "expected"), FROM_QUERIES)
def test_a_query_fails(error, expected):
    assert expected in advice(error)


def test_a_role_without_the_right(libpq, monkeypatch):
    monkeypatch.setenv("PGUSER", "shop")
    with pytest.raises(CheckFailed) as failed:
        stage("blocked-queries").run("setup", "check")
    assert "has not the right that the message names" in advice(failed.value)
    monkeypatch.setenv("PGUSER", "outage_monitor")
    with pytest.raises(CheckFailed) as failed:
        stage("blocked-queries", "change_user=outage_monitor").run("setup", "check")
    assert "has not the right that the message names" in advice(failed.value)


def test_somebody_still_waits_after_the_change(libpq):
    done = stage("blocked-queries", "time_limit=1s").run("setup", "check")
    source = next(cell.source for cell, tag in done.contract.steps if tag == "verify")
    assert "sessions still wait after" in source
    assert "there is a second holder" in advice(CheckFailed("2 of 3 sessions still wait after 30 s"))


def test_each_hint_stands_in_one_of_these_tests():
    told = [expected for _, expected in [*FROM_SERVER, *FROM_QUERIES]] + ["there is a second holder"]
    for hint in read_contract(RUNBOOKS / "blocked-queries.ipynb").meta.hints:
        assert any(words in hint.means for words in told), hint.means


def test_each_runbook_with_hints_has_tests_of_them():
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    for path in RUNBOOKS.glob("*.ipynb"):
        hints = read_contract(path).meta.hints
        assert not hints or f'"{path.stem}"' in tests, f"{path.name}: its hints need tests"
