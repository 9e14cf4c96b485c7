"""Processes and folders of runs: none is left behind, also when the runner itself was killed.

Every kernel carries a mark in its environment, which whatever it starts inherits: sessions and
process groups of their own do not help a process to get away, only an emptied environment would.
Only the standard library and ``locks`` are imported here: the kernel boots beside our imports.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from pathlib import Path
from time import sleep, time

from outage import locks

MARK = "OUTAGE_KERNEL"
PREFIX = "outage-"
_LOCK = "runner.lock"
_ROUNDS = 50
_YOUNG_SECONDS = 60
_PROCESSES = Path("/proc")


def hold_runner_lock(folder: Path) -> int:
    """Take the lock that says that the runner of a kernel's folder lives; returns its descriptor.

    The file gets its name when it is locked already, so that no one finds it free in between.
    """
    new = folder / f"{_LOCK}.new"
    descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    locks.take(descriptor)
    new.rename(folder / _LOCK)
    return descriptor


def end_marked(mark: str, variable: str = MARK) -> int:
    """Kill every process that carries a mark in that variable; returns how many there were.

    What forks faster than it is found is hunted for a while. Where there is no ``/proc``
    (macOS), nothing is found: there only the kernel's process group is ended.
    """
    ended: set[int] = set()
    for _ in range(_ROUNDS):
        found = _find_marked(f"{variable}={mark}")
        if not found:
            break
        for process in found:
            _kill(process, f"{variable}={mark}")
        ended |= set(found)
        sleep(0.005)
    return len(ended)


def sweep(parent: Path) -> int:
    """End kernels whose runner was killed, with all that they started, and clear their folders.

    Args:
        parent: the folder in which runners make their kernels' private folders.

    Returns:
        How many there were.
    """
    count = 0
    for folder in parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if folder.stat().st_uid == os.getuid() and _is_left(folder):
                end_marked(folder.name)
                shutil.rmtree(folder, ignore_errors=True)
                count += 1
    return count


def _is_left(folder: Path) -> bool:
    """Return whether it is a kernel's folder and its runner is gone."""
    if not (folder / "connection.json").is_file():
        return False
    try:
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return time() - folder.stat().st_mtime > _YOUNG_SECONDS
    try:
        return locks.take(descriptor, wait=0)
    finally:
        os.close(descriptor)


def _find_marked(mark: str) -> list[int]:
    own = os.getpid()
    return [
        int(entry.name)
        for entry in (os.scandir(_PROCESSES) if _PROCESSES.is_dir() else ())
        if entry.name.isdigit() and int(entry.name) != own and _carries(int(entry.name), mark)
    ]


def _carries(process: int, mark: str) -> bool:
    try:
        environment = (_PROCESSES / str(process) / "environ").read_bytes()
    except OSError:
        return False
    return mark.encode() in environment.split(b"\0")


def _kill(process: int, mark: str) -> None:
    """Kill a process if it still carries the mark: its number may belong to another one by now."""
    with contextlib.suppress(OSError):
        handle = os.pidfd_open(process)
        try:
            if _carries(process, mark):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
        finally:
            os.close(handle)
