"""What a runbook's plan must leave alone, as digests: compare one before with one after."""

from __future__ import annotations

import csv
import hashlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg import sql

from outage.lab.parts import haproxy, redis, replica
from outage.lab.postgres import ADMIN, Connection

if TYPE_CHECKING:
    from outage.lab.model import Lab

_TABLES = """
select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema', 'traffic') order by 1, 2
"""
_PARTS = {
    "columns": """select table_schema, table_name, column_name, data_type, column_default
        from information_schema.columns where table_schema <> 'pg_catalog'""",
    "indexes": "select schemaname, tablename, indexdef from pg_indexes where schemaname <> 'pg_catalog'",
    "roles": "select rolname, rolsuper, rolcanlogin, rolconfig from pg_roles",
    "memberships": "select roleid::regrole, member::regrole from pg_auth_members",
    "settings": """select name, setting, null from pg_settings where source not in ('client', 'session')
        union all select setdatabase::text, setrole::text, setconfig from pg_db_role_setting""",
    "prepared transactions": "select gid, owner, database from pg_prepared_xacts",
    # Sessions come and go by themselves; those of the application must not.
    "sessions": "select pid, backend_start from pg_stat_activity where usename = 'shop'",
}


_FILES = (
    "web",
    "haproxy",
    "redis",
    "sshd",
    "prometheus",
    "alertmanager",
    "chat",
    "backup",
    "backups",
    "disk",
)
"""Folders of the lab with what is deployed, configured and kept."""
_WRITTEN = {"orders", "data", "media", "__pycache__", "appendonlydir"}  # what programs write while they run
_WRITTEN_SUFFIXES = (
    ".log",
    ".pid",
    ".sqlite",
    ".sqlite-wal",
    ".sqlite-shm",
    ".sock",
    ".new",
    ".lock",
    ".pyc",
)


def take_fingerprint(lab: Lab) -> dict[str, str]:
    """Map the name of each thing that a runbook could change to a digest or a state of it.

    That is, of the parts that are up: the database server, deployed and configuration files, flags,
    HAProxy's view of its servers, and the supervisor's programs. It does not wait: what an exclusively
    locked table keeps from being read is ``"locked"``.
    """
    found = dict(_read_files(lab)) | dict(_read_programs(lab))
    if lab.has("postgres"):
        found |= _read_database(lab)
    if lab.has("replica"):
        found |= _read_replica(lab)
    if lab.has("redis"):
        found |= _read_flags(lab)
    if lab.has("haproxy"):
        found |= dict(_read_proxy(lab))
    return found


def find_differences(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """Return the names of what isn't the same in both."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def _read_database(lab: Lab) -> dict[str, str]:
    with lab.server.connect(ADMIN) as admin:
        admin.execute("set lock_timeout = '200ms'")
        parts = {name: _compute_digest(admin, query.encode()) for name, query in _PARTS.items()}
        for schema, table in admin.execute(_TABLES).fetchall():
            query = sql.SQL("select * from {}").format(sql.Identifier(schema, table)).as_bytes(admin)
            parts[f"table {schema}.{table}"] = _compute_digest(admin, query)
    return parts


def _read_replica(lab: Lab) -> dict[str, str]:

    with replica.server(lab).connect(ADMIN) as admin:
        row = admin.execute("select pg_is_wal_replay_paused()").fetchone()
    return {"replay of the replica": "paused" if row and row[0] else "on"}


def _read_flags(lab: Lab) -> dict[str, str]:
    """Return flags and, apart from them, who set them when and why: an undo writes that anew."""
    with redis.connect(lab) as client:
        values = {f"flag {name}": str(value) for name, value in client.hgetall("flags").items()}
        reasons = {f"reason of flag {name}": str(why) for name, why in client.hgetall("flags:why").items()}
    return values | reasons


def _read_proxy(lab: Lab) -> Iterator[tuple[str, str]]:
    """Yield what HAProxy was told of each server: drained, in maintenance or neither, and its weight."""
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(5)
        channel.connect(str(haproxy.admin_socket(lab)))
        channel.sendall(b"show servers state\n")
        text = b"".join(iter(lambda: channel.recv(65536), b"")).decode()
    lines = [line.removeprefix("# ") for line in text.splitlines()[1:] if line]
    for row in csv.DictReader(lines, delimiter=" "):
        state = (
            f"administration {row['srv_admin_state']}, weight {row['srv_uweight']}, port {row['srv_port']}"
        )
        yield f"proxy {row['be_name']}/{row['srv_name']}", state


def _read_programs(lab: Lab) -> Iterator[tuple[str, str]]:
    """Yield each supervised program: whether it runs, and as which process."""
    for name, state in lab.supervisor.states().items():
        yield f"program {name}", f"{'RUNNING' if state.runs else state.state} {state.pid}"


def _read_files(lab: Lab) -> Iterator[tuple[str, str]]:
    for part in _FILES:
        top = lab.folder / part
        for folder, folders, files in os.walk(top):
            folders[:] = [name for name in folders if name not in _WRITTEN]
            links = [name for name in folders if Path(folder, name).is_symlink()]
            for name in [*links, *files]:
                path = Path(folder, name)
                if not name.endswith(_WRITTEN_SUFFIXES) and (path.is_symlink() or path.is_file()):
                    yield f"file {path.relative_to(lab.folder)}", _read_content(path)


def _read_content(path: Path) -> str:
    """Return where a link leads, or what a file holds and who may run it."""
    if path.is_symlink():
        return f"link to {path.readlink()}"
    try:
        return f"{path.stat().st_mode & 0o777:o} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    except OSError as error:
        return f"unreadable: {error.strerror}"


def _compute_digest(admin: Connection, query: bytes) -> str:
    from psycopg.errors import LockNotAvailable

    digest = b"select md5(coalesce(string_agg(part::text, '|' order by part::text), ''))"
    try:
        row = admin.execute(digest + b" from (" + query + b") as part").fetchone()
    except LockNotAvailable:
        return "locked"
    return "" if row is None else str(row[0])
