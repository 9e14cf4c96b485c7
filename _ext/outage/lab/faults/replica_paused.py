"""Fault ``replica-paused``: someone paused the replica's replay and forgot it; its readers see old rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from outage.lab import control, processes
from outage.lab.faults import heartbeat
from outage.lab.faults.model import Fault, Symptom
from outage.lab.faults.waiting import wait_until
from outage.lab.parts import replica
from outage.lab.postgres import ADMIN, SHOP

if TYPE_CHECKING:
    from outage.lab.control import Lab

ID = "replica-paused"
BEHIND = 2.0  # seconds; an ordinary replica of the lab is behind by milliseconds
_WHERE = """
select pg_last_wal_replay_lsn()::text, pg_get_wal_replay_pause_state() <> 'not paused',
       extract(epoch from clock_timestamp()
               - coalesce(pg_last_xact_replay_timestamp(), pg_postmaster_start_time()))
"""


def begin(lab: Lab) -> None:
    """Pause the replay while the primary goes on writing; return when the replica is behind.

    Raises:
        Failed: it did not fall behind.
    """
    control.require(lab, *FAULT.parts)
    with replica.server(lab).connect(ADMIN) as standby:
        standby.execute("select pg_wal_replay_pause()")
    if processes.find_running(lab.record(ID)) is None:
        lab.start(ID, Path(heartbeat.__file__), user=SHOP)
    wait_until(lab, FAULT, lambda: measure(lab).sick)


def fix(lab: Lab) -> bool:
    """Let the replica replay, and end what wrote; True if either was needed."""
    if not lab.has(replica.ID):
        return False
    ended = processes.end(lab.record(ID))
    with replica.server(lab).connect(ADMIN) as standby:
        paused = standby.execute("select pg_is_wal_replay_paused()").fetchone() == (True,)
        standby.execute("select pg_wal_replay_resume()")
    return ended or paused


def measure(lab: Lab) -> Symptom:
    """Return how far the replica's answers are behind the primary, in bytes of log and in seconds."""
    if not lab.has(replica.ID):
        return Symptom(False, {"behind_bytes": 0, "behind_seconds": 0.0}, "this lab has no replica")
    with lab.server.connect(ADMIN) as primary, replica.server(lab).connect(ADMIN) as standby:
        lsn, paused, age = standby.execute(_WHERE).fetchone() or ("0/0", False, 0)
        row = primary.execute("select pg_wal_lsn_diff(pg_current_wal_lsn(), %s::pg_lsn)", [lsn]).fetchone()
    count = max(0, int(row[0])) if row else 0
    seconds = float(age) if count else 0.0
    state = "its replay is paused" if paused else "it replays"
    words = f"the replica is {seconds:.1f} s and {count} bytes behind; {state}"
    signals = {"behind_bytes": count, "behind_seconds": round(seconds, 3), "paused": float(paused)}
    return Symptom(seconds > BEHIND, signals, words)


FAULT = Fault(
    id=ID,
    summary="The replica's replay was paused for a look at yesterday's rows, and nobody resumed it.",
    runbook="replica-lag",
    alert="ReplicaFallsBehind",
    parts=("postgres", replica.ID),
    begin=begin,
    fix=fix,
    symptom=measure,
)
