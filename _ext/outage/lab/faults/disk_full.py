"""Fault ``disk-full``: a debug log that was left on, and exports that no one fetched, fill a disk."""

from __future__ import annotations

import errno
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from outage.errors import Refused
from outage.lab import control
from outage.lab.faults.model import Fault, Symptom
from outage.lab.faults.waiting import wait_until
from outage.lab.parts import dispatch

if TYPE_CHECKING:
    from outage.lab.control import Lab

ID = "disk-full"
_DAY = 86400.0  # seconds
_BLOCK = b"debug: order line considered\n" * 2340  # 67,860 bytes
_EXPORTS, _LOGS = 3, 12  # files; the last log takes what is left


def begin(lab: Lab) -> None:
    """Fill the disk to the last byte; return when the service cannot write.

    Raises:
        Refused: this machine gives us no disk of limited size.
        Failed: the service writes all the same.
    """
    control.require(lab, *FAULT.parts)
    disk = dispatch.disk(lab)
    if _measure_disk(disk)[0] > dispatch.SIZE:
        hint = "allow user namespaces (sysctl user.max_user_namespaces; in a container, its security profile)"
        raise Refused("this machine lets nobody but root mount a small disk: nothing was filled", hint=hint)
    names = [f"exports/stock-{number}.csv" for number in range(_EXPORTS, 0, -1)]
    names += [f"log/debug.log.{number}" for number in range(_LOGS, 0, -1)]
    _find_record(lab).write_text(json.dumps(names), encoding="utf-8")
    for age, name in zip(range(len(names), 0, -1), names, strict=True):
        _fill(disk / name, None if name == names[-1] else 1_000_000)
        then = time.time() - age * _DAY
        os.utime(disk / name, (then, then))

    def shows() -> bool:
        """Return the service may have freed a page meanwhile: that goes too."""
        _fill(disk / names[-1], None)
        return measure(lab).sick

    wait_until(lab, FAULT, shows)
    os.utime(disk / names[-1], (time.time() - _DAY, time.time() - _DAY))


def fix(lab: Lab) -> bool:
    """Remove what filled the disk; True if there was anything of it."""
    if not _find_record(lab).exists():
        return False
    for name in json.loads(_find_record(lab).read_text(encoding="utf-8")):
        (dispatch.disk(lab) / name).unlink(missing_ok=True)
    _find_record(lab).unlink()
    wait_until(lab, FAULT, lambda: not measure(lab).sick)
    return True


def measure(lab: Lab) -> Symptom:
    """Return whether the service could write its last order, and what the disk has left."""
    if not lab.has(dispatch.ID):
        return Symptom(False, {"free_bytes": 0, "failed_writes": 0}, "this lab has no dispatch service")
    size, free = _measure_disk(dispatch.disk(lab))
    health = dispatch.health(lab)
    state = f"it cannot write: {health['error']}" if health["error"] else "it writes orders"
    words = f"dispatch: {state}; {free} of {size} bytes are free"
    return Symptom(bool(health["error"]), {"free_bytes": free, "failed_writes": health["failed"]}, words)


def _measure_disk(disk: Path) -> tuple[int, int]:
    """Return bytes of the file system, and how many of them are free."""
    found = os.statvfs(disk)
    return found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize


def _fill(file: Path, size: int | None) -> None:
    """Write ``size`` bytes, or as much as there is room for."""
    with file.open("ab", buffering=0) as out:
        try:
            while size is None or out.tell() < size:
                if not out.write(_BLOCK):
                    return
        except OSError as error:
            if error.errno != errno.ENOSPC or size is not None:
                raise


def _make_parameters(lab: Lab) -> dict[str, str]:
    """Return the alert's path, the service's address, and a folder on another disk, so that undo can work."""
    aside = lab.place("aside")
    return {"path": str(dispatch.disk(lab)), "health": dispatch.health_url(lab), "aside": str(aside)}


def _find_record(lab: Lab) -> Path:
    return lab.folder / f"{ID}.files"


FAULT = Fault(
    id=ID,
    summary="A debug log that was left on has filled the disk of the dispatch service: no order is written.",
    runbook="disk-full",
    alert="DiskAlmostFull",
    parts=(dispatch.ID,),
    parameters=_make_parameters,
    begin=begin,
    fix=fix,
    symptom=measure,
)
