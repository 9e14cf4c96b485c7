"""Fault lock-blocker: sessions of the shop really wait, and really go on when the blocker is gone."""

from __future__ import annotations

import time

import pytest

from outage.errors import Failed, Refused
from outage.lab import processes
from outage.lab.faults import find_fault, lock_blocker
from outage.lab.faults.lock_sessions import BLOCKER, CHAIN
from tests.waiting import eventually

WHO_WAITS_FOR_WHOM = """
select a.application_name, b.application_name, a.wait_event_type from pg_stat_activity a
join pg_stat_activity b on b.pid = any (pg_blocking_pids(a.pid))
"""


def ask(lab, query, *values):
    with lab.server.connect("postgres") as admin:
        return admin.execute(query, values).fetchall()


def test_the_shops_sessions_wait_in_a_chain_behind_one_that_does_nothing(lab):
    lock_blocker.begin(lab)
    waits = set(ask(lab, WHO_WAITS_FOR_WHOM))
    assert (CHAIN[0], BLOCKER, "Lock") in waits
    assert (CHAIN[1], CHAIN[0], "Lock") in waits
    blocker = ask(lab, "select state, query from pg_stat_activity where application_name = %s", BLOCKER)
    assert blocker[0][0] == "idle in transaction"
    assert "update stock" in blocker[0][1]


def test_its_symptom_is_measured_by_the_server(lab):
    well = lock_blocker.measure(lab)
    assert (well.sick, well.signals["waiting_sessions"]) == (False, 0)
    lock_blocker.begin(lab, waiting=3)
    time.sleep(0.2)
    sick = lock_blocker.measure(lab)
    assert (sick.sick, sick.signals["waiting_sessions"]) == (True, 3)
    assert sick.signals["oldest_wait_seconds"] >= 0.2


def test_a_held_table_stops_even_those_who_only_read(lab):
    lock_blocker.begin(lab, waiting=1, hold="table")
    with lab.server.connect("shop") as reader:
        reader.execute("set lock_timeout = '100ms'")
        with pytest.raises(Exception, match="lock timeout"):
            reader.execute("select * from stock")


def test_the_waiting_statements_complete_when_the_blocker_is_ended(lab):
    before = ask(lab, "select on_hand from stock where sku = 'TEA-250'")[0][0]
    lock_blocker.begin(lab, waiting=4)
    ask(lab, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = %s", BLOCKER)
    record = lab.record(lock_blocker.ID)
    assert eventually(lambda: processes.find_running(record) is None), "the fault's process ends by itself"
    words = lab.log(lock_blocker.ID).read_text(encoding="utf-8")
    assert words.count("went on after") >= 4
    assert f"{BLOCKER}: was ended by the server" in words
    assert ask(lab, "select on_hand from stock where sku = 'TEA-250'")[0][0] == before - 3
    assert not lock_blocker.measure(lab).sick


def test_it_can_be_fixed_without_a_runbook(lab):
    lock_blocker.begin(lab)
    assert lock_blocker.fix(lab)
    assert not lock_blocker.measure(lab).sick
    assert (
        ask(lab, "select pid from pg_stat_activity where application_name = any (%s)", [BLOCKER, *CHAIN])
        == []
    )
    assert not lock_blocker.fix(lab)


def test_broken_twice_is_broken_once(lab):
    lock_blocker.begin(lab)
    lock_blocker.begin(lab)
    assert lock_blocker.measure(lab).signals["waiting_sessions"] == 4


def test_a_fault_that_does_not_take_hold_is_a_failure_with_the_programs_words(lab, monkeypatch):
    monkeypatch.setattr(lock_blocker, "SHOP", "nobody_of_that_name")
    with pytest.raises(Failed, match="did not take hold"):
        lock_blocker.begin(lab)
    assert not lock_blocker.measure(lab).sick


def test_a_mistyped_fault_is_refused_with_the_nearest():
    with pytest.raises(Refused, match="lock-blokker") as refused:
        find_fault("lock-blokker")
    assert refused.value.hint == "did you mean 'lock-blocker'?"
