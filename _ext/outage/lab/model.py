"""A lab that is up, as its parts, faults and proofs see it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from outage.errors import Refused
from outage.lab import ports, postgres, processes, state
from outage.lab.supervise import Supervisor


@dataclass(frozen=True)
class Lab:
    """A lab that is up. Everything else is in its folder, so two of the same folder are the same lab.

    Attributes:
        folder: its run folder.
        since: when it was started, with its zone.
    """

    folder: Path
    since: datetime

    # ------------------------------------------------------------ what it consists of

    @property
    def parts(self) -> tuple[str, ...]:
        """Ids of the parts that are up, in the order in which they became ready."""
        return tuple(self._state().get("parts", ()))

    def has(self, part: str) -> bool:
        """Return whether that part was started and became ready."""
        return part in self.parts

    @property
    def server(self) -> postgres.Server:
        """The PostgreSQL primary.

        Raises:
            Refused: this lab has none.
        """
        home = self._state().get("homes", {}).get("postgres")
        port = self._state().get("ports", {}).get("postgres")
        if home is None or port is None:
            raise Refused(
                "the lab was started without PostgreSQL", hint="add it with 'outage lab up postgres'"
            )
        return postgres.Server(Path(home), self.folder / "pgpass", self.folder / "admin.pgpass", int(port))

    @property
    def supervisor(self) -> Supervisor:
        """Starts, stops and tells the state of programs by name; SUPERVISOR_URL leads to the same."""
        return Supervisor(self.folder, self.sockets)

    # ------------------------------------------------------------ places and ports

    def port(self, name: str) -> int:
        """Return a TCP port on loopback for that server; chosen when first asked for, then always the same.

        Args:
            name: begins with the id of the part, then a number or ``-words``: ``web3``, ``haproxy-metrics``.
        """
        known = self._state().get("ports", {}).get(name)
        if known is not None:
            return int(known)
        with state.change(self.folder) as lab:
            chosen = lab.setdefault("ports", {})
            if name not in chosen:
                port = ports.find_free_port()
                while port in chosen.values():
                    port = ports.find_free_port()
                chosen[name] = port
            return int(chosen[name])

    def keep_port(self, name: str, port: int) -> None:
        """Write down a port that a part chose by itself."""
        with state.change(self.folder) as lab:
            lab.setdefault("ports", {})[name] = port

    def forget_ports(self, part: str) -> None:
        """Let the next :meth:`port` choose anew for all servers of a part."""
        with state.change(self.folder) as lab:
            kept = {name: port for name, port in lab.get("ports", {}).items() if not _is_of(name, part)}
            lab["ports"] = kept

    def place(self, part: str) -> Path:
        """Return the folder of a part's files, for its owner alone; made when first asked for."""
        folder = self.folder / part
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    @property
    def sockets(self) -> Path:
        """A private folder with a short path: that of a unix socket may have 107 bytes at most."""
        known = self._state().get("sockets")
        if known is not None:
            return Path(known)
        with state.change(self.folder) as lab:
            if "sockets" not in lab:
                lab["sockets"] = tempfile.mkdtemp(prefix="lab-", dir=_find_short_folder())
            return Path(lab["sockets"])

    def new_home(self, part: str) -> Path:
        """Return an empty folder for a PostgreSQL cluster, where the account that runs PostgreSQL may enter.

        What is in it is stopped and removed with the lab, or when the same part asks again.
        """
        self.remove_home(part)
        with state.change(self.folder) as lab:
            home = postgres.make_home(self.folder, part)
            lab.setdefault("homes", {})[part] = str(home)
        return home

    def home(self, part: str) -> Path:
        """Return the folder that :meth:`new_home` gave that part."""
        return Path(self._state()["homes"][part])

    def remove_home(self, part: str) -> None:
        """Stop the PostgreSQL server of a part and remove its files, if there are any."""
        home = self._state().get("homes", {}).get(part)
        if home is None:
            return
        postgres.stop(Path(home))
        shutil.rmtree(home, ignore_errors=True)
        with state.change(self.folder) as lab:
            lab["homes"].pop(part, None)

    # ------------------------------------------------------------ processes of faults

    def record(self, name: str) -> Path:
        """Return the process record of one fault, for :mod:`outage.lab.processes`."""
        return self.folder / f"{name}.process"

    def log(self, name: str) -> Path:
        """Return what one program or fault has written."""
        return self.folder / f"{name}.log"

    def start(self, name: str, script: Path, *arguments: str, user: str) -> None:
        """Start a script of the lab as a process of its own; libpq's variables make it ``user``."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        env = kept | self.server.environment(user)
        argv = [sys.executable, str(script), *arguments]
        processes.start(self.record(name), argv, log=self.log(name), env=env, cwd=self.folder)

    def _state(self) -> dict[str, Any]:
        return state.read(self.folder)


def _is_of(name: str, part: str) -> bool:
    """Return whether a port's name is of a part: ``web3`` and ``web-admin`` are web's, ``webhook`` is not."""
    rest = name.removeprefix(part)
    return name.startswith(part) and (not rest or rest.isdigit() or rest.startswith("-"))


def _find_short_folder() -> str:
    """Return the temporary folder, or ``/tmp`` where that one's path is long."""
    folder = tempfile.gettempdir()
    return folder if len(os.fsencode(folder)) < 40 else "/tmp"
