"""Every hint of the database's runbooks, met by the error that it is about, in the programs' own words."""

from __future__ import annotations

import subprocess

import psycopg
import pytest

from outage.kit import CheckFailed
from outage.lab import control, postgres
from outage.runbook.contract import read_contract
from tests.content.runbooks.cells import RUNBOOKS, advice, stage

ABOUT = (
    "runbooks/disk-full.ipynb",
    "runbooks/replica-lag.ipynb",
    "runbooks/restore-drill.ipynb",
    "runbooks/slow-queries.ipynb",
)
FAILED = 'connection failed: connection to server at "10.0.0.5", port 5432 failed: '
REFUSED = FAILED + "Connection refused\n\tIs the server running on that host?"
PASSWORD = FAILED + 'FATAL:  password authentication failed for user "outage_monitor"'
NO_SERVICE = 'definition of service "replica" not found'

ON_CONNECTING = [  # runbook, what libpq says, words of the hint that must come
    ("slow-queries", REFUSED, "Nothing answers"),
    ("slow-queries", PASSWORD, "does not accept the password"),
    ("replica-lag", REFUSED, "does not answer"),
    ("replica-lag", PASSWORD, "does not accept the password"),
    ("replica-lag", NO_SERVICE, "named by a section"),
    ("restore-drill", REFUSED, "Nothing answers"),
    ("restore-drill", PASSWORD, "does not accept the password"),
]
IN_THEIR_WORDS = [  # runbook, the error as its kernel shows it, words of the hint
    (
        "slow-queries",
        psycopg.errors.InsufficientPrivilege("must be owner of table orders"),
        "has not the right",
    ),
    (
        "slow-queries",
        psycopg.errors.LockNotAvailable("canceling statement due to lock timeout"),
        "a transaction that will not end",
    ),
    (
        "slow-queries",
        CheckFailed("not built: could not extend file: No space left on device"),
        "no room for the index",
    ),
    (
        "slow-queries",
        CheckFailed("not built: canceling statement due to statement timeout"),
        "within time_limit",
    ),
    ("slow-queries", CheckFailed("it is still slow: 2.1 s, not below 150 ms"), "as slow as before"),
    (
        "slow-queries",
        CheckFailed("it is faster, and not yet fast: 160 ms, not below 150 ms"),
        "Keep the index",
    ),
    (
        "replica-lag",
        psycopg.errors.QueryCanceled("canceling statement due to conflict with recovery"),
        "replay needed rows or locks that it used",
    ),
    (
        "replica-lag",
        RuntimeError("requested WAL segment 000000010000000000000007 has already been removed"),
        "built anew",
    ),
    ("replica-lag", CheckFailed("it has not caught up after 60 s: to replay 9 MiB"), "not fast enough yet"),
    ("restore-drill", CheckFailed("pg_dump failed: could not write: No space left on device"), "no room"),
    ("restore-drill", CheckFailed("the scratch server does not come up: FATAL"), "would not start"),
    ("restore-drill", CheckFailed("the fresh backup does not restore either"), "without a backup"),
    ("disk-full", OSError(30, "Read-only file system"), "mounted for reading only"),
    ("disk-full", OSError(28, "No space left on device"), "is full. Find which disk"),
    ("disk-full", CheckFailed("the disk is still not written to by its service"), "may need a restart"),
    ("disk-full", CheckFailed("still too little room: 5% is free"), "Allow more"),
    ("disk-full", PermissionError(13, "Permission denied"), "may not read or remove"),
]
MET = [*ON_CONNECTING, *IN_THEIR_WORDS]
CHECKED = [  # runbook, parameters that its check cannot accept, words of the hint
    ("replica-lag", ["change_user=shop"], "has not the right"),
    ("replica-lag", ["replica=primary"], "names the wrong server"),
    ("restore-drill", ["folder=/tmp", "backup_user=outage_monitor"], "may not read or write"),
    ("restore-drill", ["folder=/tmp", "programs=/tmp"], "own programs"),
    ("disk-full", ["path=/nowhere"], "not there on this machine"),
    ("disk-full", ["path=/tmp", 'may_go=["../*"]'], "only name files below path"),
]


@pytest.mark.parametrize(("runbook", "said", "expected"), ON_CONNECTING)
def test_no_session_is_to_be_had(monkeypatch, tmp_path, runbook, said, expected):
    def refuse(**_):
        raise psycopg.OperationalError(said)

    monkeypatch.setattr(psycopg, "connect", refuse)
    monkeypatch.setenv("OUTAGE_BACKUPS", str(tmp_path))
    with pytest.raises(CheckFailed) as failed:
        stage(runbook).run("setup", "check")
    assert expected in advice(runbook, failed.value)


@pytest.mark.parametrize(("runbook", "error", "expected"), IN_THEIR_WORDS)
def test_an_error_on_the_way(runbook, error, expected):
    assert expected in advice(runbook, error)


@pytest.mark.parametrize(("runbook", "assignments", "expected"), CHECKED)
def test_a_check_that_does_not_hold(libpq, monkeypatch, runbook, assignments, expected):
    if runbook == "replica-lag":
        control.require(libpq, "replica")
        monkeypatch.setenv("PGSERVICEFILE", control.build_environment(libpq)["PGSERVICEFILE"])
    with pytest.raises(CheckFailed) as failed:
        stage(runbook, *assignments).run("setup", "check")
    assert expected in advice(runbook, failed.value)


def test_no_folder_of_backups(monkeypatch):
    monkeypatch.delenv("OUTAGE_BACKUPS", raising=False)
    with pytest.raises(CheckFailed) as failed:
        stage("restore-drill").run("setup", "check")
    assert "No backup was found" in advice("restore-drill", failed.value)


@pytest.mark.parametrize("content", [b"", b"<html>503</html>" * 40])
def test_what_pg_restore_says_of_a_file_that_is_no_backup(tmp_path, content):
    file = tmp_path / "shop.dump"
    file.write_bytes(content)
    command = [postgres.find_programs() / "pg_restore", "--list", file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "The file is no backup" in advice("restore-drill", CheckFailed(done.stderr))


def test_what_an_older_pg_dump_says(libpq):
    older = postgres.find_programs().parents[1] / "pginstall" / "bin" / "pg_dump"
    done = subprocess.run([older], capture_output=True, text=True, check=False)
    assert "older than the server" in advice("restore-drill", CheckFailed(done.stderr))


def test_each_hint_stands_in_one_of_these_tests():
    told = [expected for *_, expected in [*MET, *CHECKED]]
    told += ["No backup was found", "The file is no backup", "older than the server"]
    for runbook in ("slow-queries", "replica-lag", "restore-drill", "disk-full"):
        for hint in read_contract(RUNBOOKS / f"{runbook}.ipynb").meta.hints:
            assert any(words in hint.means for words in told), (runbook, hint.means)
