"""Fault ``slow-query``: a release brings a large table without the index that its page needs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from outage.lab import control, processes
from outage.lab.faults import slow_sessions
from outage.lab.faults.model import Fault, Symptom
from outage.lab.faults.waiting import wait_until
from outage.lab.postgres import ADMIN, SHOP, Connection

if TYPE_CHECKING:
    from outage.lab.control import Lab

ID = "slow-query"
TABLE = "parcel_scans"
SLOW = 0.15  # seconds; a page may take this long and no customer minds
_MAKE = f"""
create table {TABLE} (
    id       integer primary key,
    "order"  integer not null references orders,
    place    text not null,
    scanned  timestamptz not null
) with (autovacuum_enabled = off);  -- its worker would hold up whatever builds or drops an index
insert into {TABLE}
select n, 1 + (n * 7) % 500, 'depot ' || n % 9, timestamptz '2026-01-01 08:00+00' + n * interval '1 minute'
from generate_series(1, 120000) as n;
analyze {TABLE}
"""


def begin(lab: Lab) -> None:
    """Bring the table and the customers; return when their page is slow.

    Raises:
        Failed: it did not become slow.
    """
    control.require(lab, *FAULT.parts)
    if processes.find_running(lab.record(ID)) is not None:
        return
    with lab.server.connect(SHOP) as shop:
        shop.execute(f"drop table if exists {TABLE}".encode())
        shop.execute(_MAKE.encode())
    lab.start(ID, Path(slow_sessions.__file__), user=SHOP)
    wait_until(lab, FAULT, lambda: measure(lab).sick)


def fix(lab: Lab) -> bool:
    """Send the customers home and take the table back; True if there was anything of it."""
    if not lab.has("postgres"):
        return False
    ended = processes.end(lab.record(ID))
    with lab.server.connect(ADMIN) as admin:
        left = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = any(%s)"
        admin.execute(left, [list(slow_sessions.APPLICATIONS)])
        there = admin.execute("select to_regclass(%s) is not null", [TABLE]).fetchone()
        admin.execute(f"drop table if exists {TABLE}".encode())
    return ended or there == (True,)


def measure(lab: Lab) -> Symptom:
    """Return how long the customers' page takes: its own statement, run as the shop, the fastest of three.

    One run may be slow because the machine is busy with something else; three are not.
    """
    with lab.server.connect(SHOP) as shop:
        if shop.execute("select to_regclass(%s)", [TABLE]).fetchone() == (None,):
            return Symptom(False, {"page_seconds": 0.0}, "no page follows parcels")
        took = _time_statement(shop)
        for _ in range(2):
            took = took if took <= SLOW else min(took, _time_statement(shop))
    words = f"'where is my parcel' takes {took * 1000:.0f} ms"
    return Symptom(took > SLOW, {"page_seconds": round(took, 4)}, words)


def _time_statement(shop: Connection) -> float:
    """Return how long one run of the statement takes."""
    began = time.monotonic()
    shop.execute(slow_sessions.STATEMENT.encode()).fetchall()
    return time.monotonic() - began


FAULT = Fault(
    id=ID,
    summary="A release brought a table without the index that its page needs; the page reads all of it.",
    runbook="slow-queries",
    alert="SlowStatements",
    parameters=lambda lab: {"slow_log": str(lab.server.home / "log")},
    begin=begin,
    fix=fix,
    symptom=measure,
)
