"""What every part of the lab is: programs to run, what they need, and how to tell that they are ready."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from outage.lab import postgres
from outage.lab.supervise import Program as Program

if TYPE_CHECKING:
    from outage.lab.model import Lab

_SYSTEM = ("/usr/local/sbin", "/usr/sbin", "/sbin")  # not on an ordinary user's PATH in Debian
PYPI = "pypi:"
POSTGRESQL = frozenset(
    {"pg_ctl", "initdb", "psql", "pg_dump", "pg_restore", "pg_basebackup", "pg_verifybackup"}
)
"""Programs of the same version as the lab's server: Debian's own may be older, and refuse it."""


def no_programs(_lab: Lab) -> tuple[Program, ...]:
    """Return no programs: the part runs nothing under the supervisor."""
    return ()


def no_environment(_lab: Lab) -> dict[str, str]:
    """Return no variables: no one needs to be led to the part."""
    return {}


def do_nothing(_lab: Lab) -> None:
    """Do nothing: the part is complete once it is ready."""


def no_address(_lab: Lab) -> str:
    """Return no address: the part listens nowhere."""
    return ""


@dataclass(frozen=True)
class Part:
    """One part of the lab.

    Attributes:
        id: its name on the command line, in ``lab.has`` and in ``lab.place``.
        summary: what it is, in a few words.
        ready: whether it serves; asked until it does. An exception that a library raises while there is no
            answer yet counts as no.
        prepare: writes its files below ``lab.place(id)``, picks ports with ``lab.port``, and returns what
            to run. It may be called again with other ports, when someone took one of them meanwhile.
        needs: ids of parts that are ready before ``prepare`` is called.
        packages: program to the Debian package that brings it, or to ``pypi:`` and a Python package.
        address: where it can be reached, in words for people.
        environment: variables that lead programs and runbooks to it.
        after: called once it is ready, before what needs it starts.
        patience: seconds until it must be ready.
    """

    id: str
    summary: str
    ready: Callable[[Lab], bool]
    prepare: Callable[[Lab], tuple[Program, ...]] = no_programs
    needs: tuple[str, ...] = ()
    packages: Mapping[str, str] = field(default_factory=dict)
    address: Callable[[Lab], str] = no_address
    environment: Callable[[Lab], dict[str, str]] = no_environment
    after: Callable[[Lab], None] = do_nothing
    patience: float = 60.0


def find_program(name: str) -> str | None:
    """Return the absolute path of a program, or None: PostgreSQL's are in its wheel."""
    if name in POSTGRESQL:
        wheel = postgres.find_wheel()
        return None if wheel is None else shutil.which(name, path=str(wheel))
    folders = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath), *_SYSTEM]
    return shutil.which(name, path=os.pathsep.join(folders))


def require_program(name: str) -> str:
    """Return the absolute path of a program of ``Part.packages``, so that ``up`` has looked for it before."""
    found = find_program(name)
    if found is None:
        raise FileNotFoundError(f"{name}, which Part.packages must name")
    return found
