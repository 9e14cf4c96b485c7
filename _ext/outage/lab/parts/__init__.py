"""The services of the lab, by id, in the order of listings. What breaks them is in ``faults``."""

from __future__ import annotations

from collections.abc import Iterable

from outage.errors import Refused
from outage.lab.parts import (
    alertmanager,
    backup,
    chat,
    database_metrics,
    dispatch,
    haproxy,
    load,
    postgres,
    prometheus,
    redis,
    replica,
    sshd,
    web,
)
from outage.lab.parts.model import PYPI, Part, find_program
from outage.source import nearest

PARTS: dict[str, Part] = {
    part.id: part
    for part in (
        postgres.PART,
        replica.PART,
        backup.PART,
        dispatch.PART,
        database_metrics.PART,
        redis.PART,
        web.PART,
        haproxy.PART,
        load.PART,
        alertmanager.PART,
        prometheus.PART,
        sshd.PART,
        chat.PART,
    )
}

__all__ = ["PARTS", "Part", "require_programs", "resolve"]


def resolve(ids: Iterable[str]) -> tuple[Part, ...]:
    """Return those parts and all that they need, in the order of :data:`PARTS`.

    Raises:
        Refused: there is no such part; the hint names the nearest.
    """
    wanted: set[str] = set()
    waiting = list(ids)
    while waiting:
        name = waiting.pop()
        if name not in PARTS:
            raise Refused(f"the lab has no part '{name}'", hint=nearest(name, list(PARTS)))
        if name not in wanted:
            wanted.add(name)
            waiting.extend(PARTS[name].needs)
    return tuple(part for part in PARTS.values() if part.id in wanted)


def require_programs(parts: Iterable[Part]) -> None:
    """Look for every program before anything is started.

    Raises:
        Refused: some are not installed; it names them and what to install.
    """
    absent = {
        name: package
        for part in parts
        for name, package in part.packages.items()
        if find_program(name) is None
    }
    if not absent:
        return
    debian = sorted({package for package in absent.values() if not package.startswith(PYPI)})
    python = sorted({package.removeprefix(PYPI) for package in absent.values() if package.startswith(PYPI)})
    steps = [f"'make packages' installs {', '.join(debian)} and starts none of them"] if debian else []
    steps += [f"'make venv' installs {', '.join(python)}"] if python else []
    raise Refused(f"not installed: {', '.join(absent)}; nothing was started", hint="; ".join(steps))
