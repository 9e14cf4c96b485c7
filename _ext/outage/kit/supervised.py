"""What runbooks about programs share: the supervisor that keeps them running, and whether they answer.

The supervisor is supervisord, asked through XML-RPC at ``SUPERVISOR_URL`` (``unix:///...`` or
``http://...``).
"""

from __future__ import annotations

import xmlrpc.client
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

from outage.kit import require, rpc
from outage.text import one_line

RUNS = frozenset({"RUNNING"})
STARTS = frozenset({"STARTING", "BACKOFF"})
ENDED = frozenset({"EXITED", "FATAL", "UNKNOWN"})


@dataclass(frozen=True)
class Program:
    """Describe one program, as the supervisor sees it.

    Attributes:
        name: its own name.
        full: with its group, as the supervisor wants it.
        state: as the supervisor has it: ``RUNNING``, ``STOPPED``, ``EXITED``, ``FATAL``, ``BACKOFF``, ...
        pid: its process; 0: none.
        since: when it came into this state, in UTC; None where the supervisor doesn't know.
        code: its last exit status.
        log: the file of what it has written, on the supervisor's machine.

    Example:
        >>> program = programs(url)["web1"]
        >>> program.state, program.stopped, program.dead
        ('RUNNING', False, False)
    """

    name: str
    full: str
    state: str
    pid: int
    since: datetime | None
    code: int
    log: str

    @property
    def stopped(self) -> bool:
        """Whether someone told the supervisor to stop it, or never to start it."""
        return self.state in {"STOPPED", "STOPPING"}

    @property
    def dead(self) -> bool:
        """Whether it ended without being asked to, and not because its work was done."""
        return self.state in {"FATAL", "BACKOFF", "UNKNOWN"} or (self.state == "EXITED" and self.code != 0)

    @property
    def identity(self) -> list[Any]:
        """What makes it the same process in the same state later on."""
        return [self.full, self.state, self.pid]


def ask(url: str, method: str, *arguments: Any) -> Any:
    """Call the supervisor's XML-RPC once.

    Raises:
        CheckFailed: nothing answers there in time, or it refuses; the hint names what to look at.

    Example:
        >>> ask(url, "getState")["statename"]
        'RUNNING'
    """
    require(url, "no supervisor is named", "look at SUPERVISOR_URL: unix:///path/of/its/socket")
    form = url.startswith(("unix:///", "http://"))
    require(form, f"SUPERVISOR_URL is {one_line(url)}", "look at SUPERVISOR_URL: unix:///... or http://...")
    seconds = rpc.CHANGING if method.startswith(("start", "stop")) else rpc.LOOKING
    try:
        return rpc.call(url, method, *arguments, seconds=seconds)
    except xmlrpc.client.Fault as fault:
        what = " ".join(map(str, arguments))
        require(False, f"the supervisor refuses {method} {one_line(what)}: {one_line(fault.faultString)}")
    except ExpatError:
        raise
    except rpc.TROUBLE as error:
        words = one_line(f"{type(error).__name__}: {error}")
        hint = "look at SUPERVISOR_URL: does supervisord run, and may you use its socket?"
        require(False, f"the supervisor does not answer: {words}", hint)


def programs(url: str) -> dict[str, Program]:
    """Return every program by name; two of one name in two groups go by ``group:name``.

    Raises:
        CheckFailed: as :func:`ask`.

    Example:
        >>> [program.name for program in programs(url).values() if program.dead]
        []
    """
    found = [_program(one) for one in ask(url, "getAllProcessInfo")]
    names = [program.name for program in found]
    return {
        program.full if names.count(program.name) > 1 else program.name: program
        for program in sorted(found, key=lambda program: program.full)
    }


def last_words(url: str, program: Program, lines: int = 6) -> list[str]:
    """Return the last lines that a program has written, the oldest first; each safe to show.

    Example:
        >>> len(last_words(url, programs(url)["web1"], lines=2)) <= 2
        True
    """
    text = tail(url, program, 4000)
    return [one_line(line) for line in text.splitlines() if line.strip()][-lines:]


def tail(url: str, program: Program, most: int) -> str:
    """Return the last bytes, at most ``most``, of what a program has written.

    XML can't carry control characters, and supervisor doesn't escape them: then the file itself is
    read, where it is on this machine.

    Raises:
        CheckFailed: the supervisor doesn't answer, or has no log of it.

    Example:
        >>> len(tail(url, programs(url)["web1"], 4000)) <= 4000
        True
    """
    try:
        return str(ask(url, "tailProcessStdoutLog", program.full, 0, most)[0])
    except ExpatError:
        pass
    try:
        with Path(program.log).open("rb") as file:
            file.seek(max(0, Path(program.log).stat().st_size - most))
            return file.read(most).decode(errors="replace")
    except OSError as error:
        return f"(it holds control characters, and {program.log} cannot be read here: {error.strerror})"


def _program(told: dict[str, Any]) -> Program:
    moment = told["start"] if told["statename"] in RUNS | STARTS else told["stop"] or told["start"]
    group, name = told["group"], told["name"]
    return Program(
        name=name,
        full=name if group == name else f"{group}:{name}",
        state=told["statename"],
        pid=told["pid"],
        since=datetime.fromtimestamp(moment, UTC) if moment else None,
        code=told["exitstatus"],
        log=told["stdout_logfile"],
    )
