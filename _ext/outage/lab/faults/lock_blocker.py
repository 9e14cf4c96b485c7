"""Fault ``lock-blocker``: one session holds a lock and sits idle in its transaction; others wait for it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from outage.errors import Failed
from outage.lab import processes
from outage.lab.faults import lock_sessions
from outage.lab.faults.model import Fault, Symptom
from outage.lab.postgres import ADMIN, SHOP

if TYPE_CHECKING:
    from outage.lab.control import Lab

ID = "lock-blocker"
_PATIENCE = 15.0  # seconds until the fault must show

_WAITING = """
select count(*), coalesce(extract(epoch from max(clock_timestamp() - l.waitstart)), 0)
from pg_stat_activity a left join pg_locks l on l.pid = a.pid and not l.granted
where a.wait_event_type = 'Lock'
"""


def begin(lab: Lab, *, waiting: int = 4, hold: Literal["row", "table"] = "row") -> None:
    """Start the sessions in a process of their own, and return when all of them wait.

    Args:
        lab: a lab that is up.
        waiting: how many sessions wait.
        hold: what the blocker holds: one row, or a whole table (``ACCESS EXCLUSIVE``).

    Raises:
        Failed: they did not come to wait.
    """
    if processes.find_running(lab.record(ID)) is not None:
        return
    lab.start(ID, Path(lock_sessions.__file__), str(waiting), hold, user=SHOP)
    until = time.monotonic() + _PATIENCE
    while measure(lab).signals["waiting_sessions"] < waiting:
        if processes.find_running(lab.record(ID)) is None or time.monotonic() > until:
            words = lab.log(ID).read_text(encoding="utf-8", errors="replace")[-2000:]
            fix(lab)
            raise Failed(f"the fault {ID} did not take hold:\n{words}")
        time.sleep(0.05)


def fix(lab: Lab) -> bool:
    """End the process and whatever sessions it left; True if there were any."""
    ended = processes.end(lab.record(ID))
    left = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = any(%s)"
    with lab.server.connect(ADMIN) as admin:
        rows = admin.execute(left, [list(lock_sessions.APPLICATIONS)]).fetchall()
    return ended or bool(rows)


def measure(lab: Lab) -> Symptom:
    """Return how many sessions wait for a lock now, and how long the first of them has waited."""
    with lab.server.connect(ADMIN) as admin:
        row = admin.execute(_WAITING).fetchone()
    count, oldest = (0, 0.0) if row is None else (int(row[0]), float(row[1]))
    words = f"sessions that wait for a lock: {count}, the first for {oldest:.0f} s"
    signals = {"waiting_sessions": count, "oldest_wait_seconds": round(oldest, 3)}
    return Symptom(count > 0, signals, words if count else "no session waits for a lock")


def will_act(lab: Lab, values: Mapping[str, Any]) -> bool:
    """Return whether a session has waited for so long that the runbook no longer takes it for ordinary."""
    least: timedelta = values["min_wait"]
    return measure(lab).signals["oldest_wait_seconds"] >= least.total_seconds()


FAULT = Fault(
    id=ID,
    summary="A stock import holds a lock, idle in its transaction; the shop's sessions wait behind it.",
    runbook="blocked-queries",
    alert="SessionsWaitForLock",
    begin=begin,
    fix=fix,
    symptom=measure,
    acts=will_act,
)
