"""The replica follows; fault replica-paused: it receives, does not replay, and its readers see old rows."""

from __future__ import annotations

import psycopg
import pytest

from outage.lab import control
from outage.lab.faults import replica_paused
from outage.lab.parts import replica
from tests.waiting import eventually


@pytest.fixture
def pair(lab):
    control.require(lab, replica.ID)
    return lab


def last_seen(server):
    with server.connect("shop") as session:
        return session.execute("select last_seen from customers where id = 3").fetchone()


def write(lab):
    with lab.server.connect("shop") as shop:
        shop.execute("update customers set last_seen = clock_timestamp() where id = 3")


def test_what_the_primary_writes_reaches_the_replica_which_takes_no_writes(pair):
    write(pair)
    assert eventually(lambda: last_seen(replica.server(pair)) == last_seen(pair.server))
    with replica.server(pair).connect("shop") as reader, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        reader.execute("delete from orders")
    assert not replica_paused.measure(pair).sick


def test_paused_it_shows_old_rows_and_the_lag_grows(pair):
    replica_paused.begin(pair)
    first = replica_paused.measure(pair)
    assert (first.sick, first.signals["paused"]) == (True, 1.0)
    assert first.signals["behind_seconds"] > replica_paused.BEHIND
    write(pair)
    assert last_seen(replica.server(pair)) != last_seen(pair.server)
    assert eventually(
        lambda: replica_paused.measure(pair).signals["behind_bytes"] > first.signals["behind_bytes"]
    )


def test_fixed_it_catches_up(pair):
    replica_paused.begin(pair)
    assert replica_paused.fix(pair)
    assert eventually(lambda: not replica_paused.measure(pair).sick)
    assert not replica_paused.fix(pair)


def test_the_primary_goes_on_writing_and_no_row_changes(pair):
    def rows():
        with pair.server.connect("shop") as shop:
            return shop.execute("select sum(hashtext(customers::text)) from customers").fetchone()

    before = rows()
    replica_paused.begin(pair)
    assert rows() == before


@pytest.mark.parametrize("function", ["pg_wal_replay_pause()", "pg_wal_replay_resume()"])
def test_the_operator_may_pause_and_resume_and_the_monitor_may_not(pair, function):
    with replica.server(pair).connect("outage_monitor") as monitor:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            monitor.execute(f"select {function}")
    with replica.server(pair).connect("outage_operator") as operator:
        operator.execute(f"select {function}")
        operator.execute("select pg_wal_replay_resume()")


def test_a_lab_without_a_replica_says_so(tmp_path):
    from datetime import UTC, datetime

    from outage.lab.model import Lab

    symptom = replica_paused.measure(Lab(tmp_path, datetime.now(UTC)))
    assert (symptom.sick, symptom.words) == (False, "this lab has no replica")
