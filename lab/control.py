"""The lab as a whole: up, down, status. Everything about one lab is in its run folder.

``lab.json`` is written before the first process starts, so that whatever was left by a
crash can be found and cleared by the next ``up`` or ``down``.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lab import postgres, processes
from outage.errors import Refused

STATE = "lab.json"
_NEW_STATE = "lab.json.new"
_HOW_TO_START = "start it with 'outage lab up'"


@dataclass(frozen=True)
class Lab:
    """A lab that is up.

    Attributes:
        folder: its run folder.
        server: its PostgreSQL.
        since: when it was started, with its zone.
    """

    folder: Path
    server: postgres.Server
    since: datetime

    def record(self, name: str) -> Path:
        """The process record of one part, for :mod:`lab.processes`."""
        return self.folder / f"{name}.process"

    def log(self, name: str) -> Path:
        """What one part has written."""
        return self.folder / f"{name}.log"

    def start(self, name: str, script: Path, *arguments: str, user: str) -> None:
        """Start a script of the lab as a process of its own; libpq's variables make it ``user``."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        env = kept | self.server.environment(user)
        argv = [sys.executable, str(script), *arguments]
        processes.start(self.record(name), argv, log=self.log(name), env=env, cwd=self.folder)


def run_folder(root: Path) -> Path:
    """``$OUTAGE_LAB``, else ``_build/lab`` in the handbook at ``root``."""
    return Path(os.environ.get("OUTAGE_LAB") or root / "_build" / "lab").resolve()


def up(folder: Path) -> tuple[Lab, bool]:
    """Start the lab in ``folder``; one that runs already is left as it is.

    Returns:
        The lab, and whether it had to be started.

    Raises:
        Refused: the folder holds something else.
        Failed: a part did not start; what had started was stopped and removed.
    """
    with _locked(folder):
        _refuse_foreign(folder)
        lab = running(folder)
        if lab is not None:
            return lab, False
        _clear(folder)
        try:
            return _start(folder), True
        except BaseException:
            _clear(folder)
            folder.rmdir()
            raise


def down(folder: Path) -> bool:
    """Stop everything of the lab in ``folder`` and remove the folder.

    Returns:
        True if there was something to remove.

    Raises:
        Refused: the folder holds something else.
    """
    if not folder.exists():
        return False
    with _locked(folder):
        _refuse_foreign(folder)
        found = (folder / STATE).exists()
        _clear(folder)
        folder.rmdir()
    return found


def find(folder: Path) -> Lab:
    """The lab that is up in ``folder``.

    Raises:
        Refused: there is none, or its server has died.
    """
    if not (folder / STATE).exists():
        raise Refused("the lab is not up", hint=_HOW_TO_START)
    lab = running(folder)
    if lab is None:
        raise Refused(f"the lab in {folder} has died", hint="'outage lab up' clears it and starts a new one")
    return lab


def running(folder: Path) -> Lab | None:
    """The lab that is up in ``folder``; None if there is none, or its server has died."""
    state = _read(folder)
    if "port" not in state or not postgres.alive(Path(state["home"])):
        return None
    home, port = Path(state["home"]), int(state["port"])
    server = postgres.Server(home, folder / "pgpass", folder / "admin.pgpass", port)
    return Lab(folder, server, datetime.fromisoformat(state["since"]))


def _start(folder: Path) -> Lab:
    _write(folder, {"v": 1})
    home = postgres.new_home(folder)
    _write(folder, {"v": 1, "home": str(home)})
    server = postgres.start(home, folder)
    since = datetime.now(UTC)
    _write(folder, {"v": 1, "home": str(home), "port": server.port, "since": since.isoformat()})
    return Lab(folder, server, since)


def _clear(folder: Path) -> None:
    """End what runs from ``folder`` and empty it; ``lab.json`` goes last, for it leads to the rest."""
    for record in folder.glob("*.process"):
        processes.end(record)
    home = _read(folder).get("home")
    if home is not None:
        postgres.stop(Path(home))
        shutil.rmtree(home, ignore_errors=True)
    for path in sorted(folder.iterdir(), key=lambda path: path.name == STATE):
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _refuse_foreign(folder: Path) -> None:
    """Never clear a folder that is not a lab's: ``$OUTAGE_LAB`` is typed by people."""
    names = {path.name for path in folder.iterdir()}
    if names and STATE not in names and names != {_NEW_STATE}:
        raise Refused(f"{folder} is not a lab's folder", hint="name an empty or new folder in OUTAGE_LAB")


def _read(folder: Path) -> dict[str, Any]:
    try:
        state = json.loads((folder / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def _write(folder: Path, state: dict[str, Any]) -> None:
    """Replace the state in one step: a reader never sees half of it."""
    new = folder / _NEW_STATE
    new.write_text(json.dumps(state), encoding="utf-8")
    new.replace(folder / STATE)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One ``up`` or ``down`` at a time in a folder, which exists meanwhile."""
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            hint = "name another folder in OUTAGE_LAB"
            raise Refused(f"{folder} cannot be a lab's folder: {error.strerror}", hint=hint) from None
        handle = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if _same(handle, folder):
                yield
                return
        finally:
            os.close(handle)


def _same(handle: int, folder: Path) -> bool:
    """Whether the locked folder is still the one of that name; a ``down`` may have removed it."""
    try:
        return os.path.samestat(os.fstat(handle), folder.stat())
    except FileNotFoundError:
        return False
