"""Fault slow-query: customers really wait for a page, until the index is there or the fault is fixed."""

from __future__ import annotations

from outage.lab import processes
from outage.lab.faults import slow_query, slow_sessions
from tests.waiting import eventually


def slow_lines(lab):
    log = (lab.server.home / "log").read_text(encoding="utf-8", errors="replace")
    return [line for line in log.splitlines() if "duration: " in line and "where is my parcel" in line]


def test_the_page_is_slow_and_stands_in_the_slow_query_log(lab):
    assert not slow_query.measure(lab).sick
    slow_query.begin(lab)
    assert slow_query.measure(lab).sick
    assert slow_query.measure(lab).signals["page_seconds"] > slow_query.SLOW
    eventually(lambda: slow_lines(lab))


def test_the_missing_index_makes_it_fast(lab):
    slow_query.begin(lab)
    with lab.server.connect("shop") as shop:
        plan = shop.execute(b"explain " + slow_sessions.STATEMENT.encode()).fetchall()
        assert any("Seq Scan on parcel_scans" in line for (line,) in plan)
        shop.execute('create index on parcel_scans ("order")')
        plan = shop.execute(b"explain " + slow_sessions.STATEMENT.encode()).fetchall()
        assert not any("Seq Scan on parcel_scans" in line for (line,) in plan)
    eventually(lambda: not slow_query.measure(lab).sick)


def test_fixing_takes_table_and_customers_away(lab):
    slow_query.begin(lab)
    assert slow_query.fix(lab)
    assert not slow_query.fix(lab)
    assert slow_query.measure(lab).words == "no page follows parcels"
    with lab.server.connect("postgres") as admin:
        left = "select count(*) from pg_stat_activity where application_name = any(%s)"
        assert admin.execute(left, [list(slow_sessions.APPLICATIONS)]).fetchone() == (0,)


def test_broken_twice_is_broken_once(lab):
    slow_query.begin(lab)
    first = processes.find_running(lab.record(slow_query.ID))
    slow_query.begin(lab)
    assert processes.find_running(lab.record(slow_query.ID)) == first
