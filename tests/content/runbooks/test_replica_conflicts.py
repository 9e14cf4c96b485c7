"""Queries on the replica that hold replay up, and those that it cancels: told, counted and hinted at."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import psycopg
import pytest

from outage.lab import control
from outage.lab.parts import replica
from outage.lab.postgres import ADMIN
from tests.content.runbooks.cells import advice, stage

ABOUT = ("runbooks/replica-lag.ipynb",)
NAME = "replica-lag"
SNAPSHOT = ("update stock set on_hand = on_hand", "vacuum stock")  # rows that an older snapshot still sees
LOCK = ("begin", "lock table stock in access exclusive mode", "update stock set on_hand = on_hand", "commit")
CANCELLED = """
select coalesce(sum(confl_tablespace + confl_lock + confl_snapshot + confl_bufferpin + confl_deadlock), 0)
from pg_stat_database_conflicts
"""


@pytest.fixture
def pair(libpq, monkeypatch):
    """The lab with a replica, and the service file that leads to both."""
    control.require(libpq, "replica")
    monkeypatch.setenv("PGSERVICEFILE", control.build_environment(libpq)["PGSERVICEFILE"])
    return libpq


@contextmanager
def patience(lab, span):
    """Let replay wait for queries at most so long."""
    with replica.server(lab).connect(ADMIN) as standby:
        standby.execute(f"alter system set max_standby_streaming_delay = '{span}'")
        standby.execute("select pg_reload_conf()")
        try:
            yield
        finally:
            standby.execute("alter system reset max_standby_streaming_delay")
            standby.execute("select pg_reload_conf()")


@contextmanager
def reader(lab):
    """A transaction on the replica that has read the stock, and sees it as it was then."""
    with replica.server(lab).connect("shop", name="month's report") as session:
        session.execute("begin isolation level repeatable read")
        session.execute("select count(*) from stock")
        yield session
        if not session.broken:
            session.execute("rollback")


def on_primary(lab, statements):
    with lab.server.connect(ADMIN) as primary:
        for statement in statements:
            primary.execute(statement)


def one(session, query):
    return session.execute(query).fetchone()[0]


def eventually(true):
    until = time.monotonic() + 40
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def cancelled(lab):
    with replica.server(lab).connect(ADMIN) as standby:
        return one(standby, CANCELLED)


def test_a_statement_that_replay_cancels_is_counted_and_its_error_leads_to_what_it_means(pair):
    before = cancelled(pair)
    with patience(pair, "200ms"), reader(pair) as session:
        begun = threading.Timer(0.5, on_primary, (pair, SNAPSHOT))
        begun.start()
        with pytest.raises(
            psycopg.Error, match="canceling statement due to conflict with recovery"
        ) as failed:
            session.execute("select pg_sleep(60)")
        begun.join()
    assert "replay needed rows or locks that it used" in advice(NAME, failed.value)
    eventually(lambda: cancelled(pair) == before + 1)
    told = stage(NAME, "watch=1s").plan()
    assert f"Queries that replay has cancelled since the statistics began: {before + 1}." in told.text
    assert told.actions == [], "nobody paused it"


def test_a_session_that_replay_ends_while_it_is_idle_is_told_the_same(pair):
    before = cancelled(pair)
    with patience(pair, "200ms"), reader(pair) as session:
        on_primary(pair, SNAPSHOT)
        eventually(lambda: cancelled(pair) == before + 1)
        with pytest.raises(psycopg.Error, match="terminating connection due to conflict with recovery") as it:
            session.execute("select 1")
    assert "replay needed rows or locks that it used" in advice(NAME, it.value)


@pytest.mark.parametrize("conflict", [SNAPSHOT, LOCK], ids=["rows", "lock"])
def test_a_query_that_replay_waits_for_now_is_named_with_how_long_it_may_hold_it_up(pair, conflict):
    with patience(pair, "55s"), reader(pair):
        on_primary(pair, conflict)
        told = stage(NAME, "watch=1s").plan()
    assert "Replay waits for a query now, for at most 55s" in told.text
    assert "month's report, for " in told.text
    assert told.actions == [], "nobody paused it"
