"""The lab's exporter: what alerts about database, replica, backups and the small disk are made of.

    python database_exporter.py LAB_FOLDER PORT LOG PG_RESTORE

Everything is measured when Prometheus asks. What is not there (no replica, no backups, no disk) has no
metric. Where the primary is, is the ordinary libpq environment; it logs in as a role that only looks.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from prometheus_client import REGISTRY, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from outage.kit.postgres import connect

_WAITING = """
select count(*), coalesce(extract(epoch from max(clock_timestamp() - l.waitstart)), 0)
from pg_stat_activity a left join pg_locks l on l.pid = a.pid and not l.granted
where a.wait_event_type = 'Lock'
"""
_REPLAYED = """
select pg_last_wal_replay_lsn()::text, pg_get_wal_replay_pause_state() <> 'not paused',
       extract(epoch from clock_timestamp()
               - coalesce(pg_last_xact_replay_timestamp(), pg_postmaster_start_time()))
"""
_BEHIND = "select greatest(0, pg_wal_lsn_diff(pg_current_wal_lsn(), %s::pg_lsn))"
_SLOW = re.compile(rb" LOG:  duration: [0-9.]+ ms ")


class Database(Collector):
    """All metrics, measured anew at each scrape."""

    def __init__(self, folder: Path, log: Path, pg_restore: str) -> None:
        self._folder, self._log, self._pg_restore = folder, log, pg_restore
        self._sessions: dict[str, psycopg.Connection[tuple[Any, ...]]] = {}
        self._read = self._slow = 0
        self._checked: tuple[Path, bool] | None = None
        self._one_at_a_time = threading.Lock()

    def collect(self) -> Iterable[Metric]:
        """Measure; prometheus-client calls this for each scrape."""
        with self._one_at_a_time:
            return [*self._primary(), *self._replica(), *self._backups(), *self._disk()]

    def _primary(self) -> Iterator[Metric]:
        up = _make_gauge("pg_up", "Whether the primary answers.")
        try:
            row = self._session("").execute(_WAITING).fetchone() or (0, 0)
        except psycopg.Error:
            self._sessions.clear()
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield _make_gauge("pg_waiting_sessions", "Sessions that wait for a lock.", row[0])
        yield _make_gauge("pg_oldest_wait_seconds", "How long the first of them has waited.", row[1])
        slow = CounterMetricFamily("pg_slow_statements", "Statements in the slow-query log.")
        slow.add_metric([], self._slow_statements())
        yield slow

    def _slow_statements(self) -> int:
        """Return lines of the slow-query log, read from where the last scrape stopped."""
        with suppress(OSError), self._log.open("rb") as log:
            log.seek(self._read)
            text = log.read()
            whole = text[: text.rfind(b"\n") + 1]
            self._read += len(whole)
            self._slow += len(_SLOW.findall(whole))
        return self._slow

    def _replica(self) -> Iterator[Metric]:
        services = self._folder / "replica" / "pg_service.conf"
        if not services.exists():
            return
        os.environ["PGSERVICEFILE"] = str(services)
        try:
            lsn, paused, age = self._session("replica").execute(_REPLAYED).fetchone() or ("0/0", False, 0)
            behind = (self._session("").execute(_BEHIND, [lsn]).fetchone() or (0,))[0]
        except psycopg.Error:
            self._sessions.clear()
            return
        yield _make_gauge(
            "pg_replica_lag_bytes", "Log that the replica has not replayed.", behind, replica="replica"
        )
        seconds = age if behind else 0
        yield _make_gauge(
            "pg_replica_lag_seconds", "Age of what its readers see.", seconds, replica="replica"
        )
        yield _make_gauge("pg_replica_paused", "Whether its replay is paused.", paused, replica="replica")

    def _backups(self) -> Iterator[Metric]:
        folder = self._folder / "backups"
        dumps = (path.with_suffix(".dump") for path in folder.glob("*.json"))
        found = sorted(path for path in dumps if path.exists())
        if not found:
            return
        newest = found[-1]
        if self._checked is None or self._checked[0] != newest:
            listed = subprocess.run([self._pg_restore, "--list", newest], capture_output=True, check=False)
            self._checked = newest, listed.returncode == 0 and b" TABLE DATA " in listed.stdout
        state = newest.stat()
        where = str(folder)
        yield _make_gauge(
            "backup_readable", "Whether pg_restore can read the newest.", self._checked[1], folder=where
        )
        yield _make_gauge("backup_bytes", "Size of the newest.", state.st_size, folder=where)
        age = datetime.now(UTC).timestamp() - state.st_mtime
        yield _make_gauge("backup_age_seconds", "Since the newest was taken.", age, folder=where)

    def _disk(self) -> Iterator[Metric]:
        disk = self._folder / "disk"
        try:
            found = os.statvfs(disk)
        except OSError:
            return
        free = found.f_bavail / found.f_blocks if found.f_blocks else 0
        yield _make_gauge("disk_free_ratio", "Free space, of all.", free, path=str(disk))

    def _session(self, service: str) -> psycopg.Connection[tuple[Any, ...]]:
        """Return the session to a server, kept between scrapes."""
        if service not in self._sessions or self._sessions[service].closed:
            where: dict[str, Any] = {"service": service} if service else {}
            session = connect("database metrics", connect_timeout=2, **where)
            session.execute("set statement_timeout = '800ms'")
            self._sessions[service] = session
        return self._sessions[service]


def _make_gauge(name: str, words: str, value: float | None = None, **labels: str) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, words, labels=list(labels))
    if value is not None:
        gauge.add_metric(list(labels.values()), float(value))
    return gauge


if __name__ == "__main__":
    REGISTRY.register(Database(Path(sys.argv[1]), Path(sys.argv[3]), sys.argv[4]))
    start_http_server(int(sys.argv[2]), addr="127.0.0.1")
    while True:
        time.sleep(3600)
