"""The lab's programs run under supervisord (the PyPI package ``supervisor``), one for each lab.

It is reached through XML-RPC on a unix socket for its owner alone. Each part is a process group of
its own, read from a file of its own, so that a part can be added to a lab that is up.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
import threading
import time
import xmlrpc.client
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from outage import files
from outage.errors import Failed
from outage.kit import rpc
from outage.lab import processes

_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "USER", "LOGNAME")
_ALIVE = {"RUNNING", "STARTING", "BACKOFF"}  # what supervisor can stop, and does not start
_UNSAFE = re.compile(r"[\s][;#]|[\n\r]")  # supervisor's configuration would end there
_SPAWNED = re.compile(r"^(\S+ \S+),\d+ INFO spawned: '.*' with pid (\d+)$", re.MULTILINE)
_ONE_AT_A_TIME = threading.RLock()  # supervisord must not read what another thread is writing
PATIENCE = 20.0
"""Seconds that supervisord may be silent; on a busy machine it is slow, and that is no fault."""
_STOP_SECONDS = 5  # until a program that does not stop is killed
_SAME_START = 2.0  # seconds between the start of a process and the whole second that the log names


@dataclass(frozen=True)
class Program:
    """One supervised process. It stays in the foreground and writes to its standard output.

    Attributes:
        name: unique in the lab, for example ``web3``; its output is in ``lab.log(name)``.
        command: program, by absolute path, and arguments.
        environment: added to a small one (``PATH``, ``HOME``, the language); values hold no quotes.
        directory: where it runs; the lab's folder if None.
        restart: whether the supervisor brings it back when it ends by itself.
        signal: the one that asks it to stop.
        user: the account it runs under when the lab is root's; root's own if None.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None
    restart: bool = True
    signal: str = "TERM"
    user: str | None = None


@dataclass(frozen=True)
class State:
    """What the supervisor says of one program.

    Attributes:
        part: the part it belongs to.
        state: supervisor's word: RUNNING, STARTING, BACKOFF, STOPPED, EXITED, FATAL, ...
        pid: its process, 0 if it has none.
        words: supervisor's description, such as ``pid 77, uptime 0:00:05``.
    """

    part: str
    state: str
    pid: int
    words: str

    @property
    def runs(self) -> bool:
        """Whether there is a process that has not failed so far."""
        return self.state in {"RUNNING", "STARTING"}


@dataclass(frozen=True)
class Supervisor:
    """The supervisor of the lab in ``folder``, which may not have been started.

    Attributes:
        folder: the lab's run folder.
        sockets: a folder with a short path.
    """

    folder: Path
    sockets: Path

    @property
    def url(self) -> str:
        """What supervisor's own clients take, ``unix:///...``."""
        return f"unix://{self.sockets / 'supervisor'}"

    def alive(self) -> bool:
        """Return whether supervisord runs."""
        return processes.find_running(self._record) is not None

    def was_started(self) -> bool:
        """Return whether this lab has a supervisor, dead or alive."""
        return self._record.exists()

    # ------------------------------------------------------------ programs, by name

    def states(self) -> dict[str, State]:
        """Return every program by name.

        Raises:
            Failed: the supervisor does not answer.
        """
        if not self.was_started():
            return {}
        found = self._call("getAllProcessInfo")
        return {
            one["name"]: State(one["group"], one["statename"], one["pid"], one["description"])
            for one in found
        }

    def state(self, name: str) -> State:
        """Return one program.

        Raises:
            Failed: there is none of that name.
        """
        found = self.states().get(name)
        if found is None:
            raise Failed(f"the lab runs no program '{name}'", hint="'outage lab status' lists them")
        return found

    def start(self, name: str, *, wait: bool = True) -> None:
        """Start a program that does not run; return when it has run for a second, or at once."""
        if self.state(name).state not in _ALIVE:
            self._call("startProcess", f"{self.state(name).part}:{name}", wait)

    def stop(self, name: str) -> None:
        """Stop a program, and keep it stopped; return when it has ended."""
        if self.state(name).state in _ALIVE:
            self._call("stopProcess", f"{self.state(name).part}:{name}", False)
        self._until_stopped(lambda one, _: one == name)

    def restart(self, name: str, *, wait: bool = True) -> None:
        """Stop and start a program; return when it has run for a second, or at once."""
        self.stop(name)
        self.start(name, wait=wait)

    # ------------------------------------------------------------ parts

    def add(self, part: str, programs: Iterable[Program]) -> None:
        """Start the programs of a part, whatever ran under its name before."""
        programs = tuple(programs)
        lines = "\n".join(_write_configuration(self.folder, part, programs))
        with _ONE_AT_A_TIME:
            self.remove(part)
            self.begin()
            files.replace(self._config(part), lines, mode=0o600, durable=False)
            self._call("reloadConfig")
            self._call("addProcessGroup", part)

    def remove(self, part: str) -> None:
        """Stop the programs of a part and forget them."""
        with _ONE_AT_A_TIME:
            if not self.alive() or not self._config(part).exists():
                return
            self._config(part).unlink()
            self._call("reloadConfig")
            if any(state.part == part for state in self.states().values()):
                self._call("stopProcessGroup", part, False)
                self._until_stopped(lambda _, state: state.part == part)
                self._call("removeProcessGroup", part)

    # ------------------------------------------------------------ supervisord itself

    def begin(self, patience: float = 15.0) -> None:
        """Start supervisord, unless it runs; return when it answers.

        Raises:
            Failed: it does not; its words are in the message.
        """
        if self.alive():
            return
        own = self.folder / "supervisor"
        own.mkdir(mode=0o700, exist_ok=True)
        config = own / "supervisord.conf"
        config.write_text(self._main(own), encoding="utf-8")
        argv = [sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "-c", str(config)]
        env = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {"TZ": "UTC"}
        processes.start(self._record, argv, log=own / "output", env=env, cwd=self.folder)
        until = time.monotonic() + patience
        while not self._answers():
            if not self.alive() or time.monotonic() > until:
                words = (own / "output").read_text(encoding="utf-8", errors="replace")[-2000:]
                raise Failed(f"the supervisor did not start:\n{words}")
            time.sleep(0.02)

    def end(self) -> None:
        """End supervisord and every process that it or its programs started, dead or alive as it may be."""
        left = list(self._descendants())
        own = processes.find_running(self._record)
        if own is not None and processes.is_halted(own):
            own.resume()  # it ends its programs better than we do
        if self._answers():
            with suppress(Failed):  # what is left is killed below
                self._call("stopAllProcesses", False)
                self._until_stopped(lambda *_: True)
                self._call("shutdown")
        processes.end(self._record)
        processes.end_all(left)

    def _until_stopped(self, which: Callable[[str, State], bool]) -> None:
        """Wait for programs that were told to stop; supervisord kills those that take too long.

        Asked to wait itself, it would look once a second; every question makes it look at once.
        """
        until = time.monotonic() + 2 * _STOP_SECONDS
        while any(state.pid and which(name, state) for name, state in self.states().items()):
            if time.monotonic() > until:
                raise Failed("the supervisor could not stop a program, and could not kill it either")
            time.sleep(0.02)

    def _descendants(self) -> Iterator[psutil.Process]:
        """Yield supervisord's processes; if it was killed, those that its log says it started, and theirs."""
        own = processes.find_running(self._record)
        if own is not None:
            yield from own.children(recursive=True)
            return
        log = self.folder / "supervisor" / "log"
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        for when, pid in _SPAWNED.findall(text):
            try:
                process = psutil.Process(int(pid))
                started = datetime.strptime(f"{when}Z", "%Y-%m-%d %H:%M:%S%z").timestamp()
                if abs(process.create_time() - started) < _SAME_START:
                    yield process
                    yield from process.children(recursive=True)
            except (psutil.NoSuchProcess, ValueError):
                continue

    @property
    def _record(self) -> Path:
        return self.folder / "supervisor.pid"

    def _config(self, part: str) -> Path:
        return self.folder / "supervisor" / f"{part}.conf"

    def _answers(self) -> bool:
        try:
            self._call("getState")
        except Failed:
            return False
        return True

    def _main(self, own: Path) -> str:
        account = "user=root\n" if os.geteuid() == 0 else ""  # says that root is meant; it warns otherwise
        return (
            f"[unix_http_server]\nfile={_escape(self.sockets / 'supervisor')}\nchmod=0600\n"
            f"[supervisord]\nlogfile={_escape(own / 'log')}\nlogfile_maxbytes=0\n"
            f"pidfile={_escape(own / 'pid')}\nnocleanup=true\n{account}"
            "[rpcinterface:supervisor]\n"
            "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n"
            f"[include]\nfiles = *.conf\n"
        )

    def _call(self, method: str, *arguments: Any) -> Any:
        """Make one request; starting waits until the program has run for a second.

        Raises:
            Failed: it refuses, or does not answer; that it is halted is seen without waiting.
        """
        own = processes.find_running(self._record)
        hint = "'outage lab down' ends it and all that it runs"
        if own is not None and processes.is_halted(own):
            go_on = f"'kill -CONT {own.pid}' lets it go on, {hint}"
            raise Failed(f"the supervisor is halted (process {own.pid}) and answers nobody", hint=go_on)
        try:
            return rpc.call(self.url, method, *arguments, seconds=PATIENCE)
        except xmlrpc.client.Fault as fault:
            raise Failed(f"the supervisor refuses {method}{arguments}: {fault.faultString}") from None
        except rpc.TROUBLE as error:
            words = f"{type(error).__name__}: {error}"
            raise Failed(f"the supervisor does not answer: {words}", hint=hint) from None


def _write_configuration(folder: Path, part: str, programs: Iterable[Program]) -> Iterator[str]:
    """Yield the lines of a part's own configuration file."""
    programs = tuple(programs)
    for program in programs:
        pairs = ",".join(f'{name}="{_quote_value(value)}"' for name, value in program.environment.items())
        yield f"[program:{program.name}]"
        yield f"command={_escape(shlex.join(program.command))}"
        yield f"directory={_escape(program.directory or folder)}"
        yield f"stdout_logfile={_escape(folder / f'{program.name}.log')}"
        yield "redirect_stderr=true\nstdout_logfile_maxbytes=10MB\nstdout_logfile_backups=1"
        yield f"autorestart={'true' if program.restart else 'false'}"
        yield f"stopsignal={program.signal}\nstopwaitsecs={_STOP_SECONDS}\nstopasgroup=true\nkillasgroup=true"
        if pairs:
            yield f"environment={pairs}"
        if program.user is not None and os.geteuid() == 0:
            yield f"user={program.user}"
    yield f"[group:{part}]\nprograms={','.join(program.name for program in programs)}\n"


def _escape(value: Path | str) -> str:
    """Return a value as supervisor's configuration wants it.

    Raises:
        Failed: it cannot be written there.
    """
    text = str(value)
    if _UNSAFE.search(text):
        raise Failed(
            f"the supervisor cannot be told '{text}'",
            hint="move the handbook to a folder without '#' and ';'",
        )
    return text.replace("%", "%%")


def _quote_value(text: str) -> str:
    """Return the value of an environment variable between double quotes.

    Raises:
        ValueError: it has quotes, which supervisor would drop.
    """
    if '"' in text or "'" in text:
        raise ValueError("supervisor drops quotes from the values of environment variables")
    return _escape(text)
