"""Processes that outlive the command which starts them, found again by a record of pid and start time.

A pid alone is not enough: after a crash or a reboot it may belong to someone else's process.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

_SAME_START = 0.05  # seconds; the kernel's clock ticks are 0.01
_started: list[subprocess.Popen[bytes]] = []  # of a long-lived starter; those that are over are let go


def start(record: Path, argv: list[str], *, log: Path, env: dict[str, str], cwd: Path) -> None:
    """Start a process in a session of its own, and write down which one it is.

    Args:
        record: the file to write, ``{"pid": ..., "started": ...}``.
        argv: program and arguments.
        log: receives its output, appended.
        env: its whole environment.
        cwd: its working folder.
    """
    _let_go()
    with log.open("ab") as output:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            start_new_session=True,
        )
    _started.append(child)
    started = psutil.Process(child.pid).create_time()
    record.write_text(json.dumps({"pid": child.pid, "started": started}), encoding="utf-8")


@atexit.register
def _let_go() -> None:
    """Take note of the children that are over: none stays a zombie, or is called running when we end."""
    _started[:] = [child for child in _started if child.poll() is None]


def find_running(record: Path) -> psutil.Process | None:
    """Return the process of a record if it still runs; None if it ended or the record is missing or torn."""
    try:
        data = json.loads(record.read_text(encoding="utf-8"))
        process = psutil.Process(int(data["pid"]))
        same = abs(process.create_time() - float(data["started"])) < _SAME_START
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, ValueError, KeyError, TypeError, psutil.NoSuchProcess):
        return None


def is_halted(process: psutil.Process) -> bool:
    """Return whether it was told to stop where it is, as ``kill -STOP`` does; False if it is over."""
    try:
        return bool(process.status() == psutil.STATUS_STOPPED)
    except psutil.NoSuchProcess:
        return False


def end_all(processes: Iterable[psutil.Process], *, patience: float = 3.0) -> None:
    """End processes, kindly and after ``patience`` seconds firmly; those that are over are passed by."""
    left = list(processes)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    stubborn = _list_left(left, patience)
    for process in stubborn:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    _list_left(stubborn, patience)


def end(record: Path, *, patience: float = 5.0) -> bool:
    """End the process of a record, kindly and after ``patience`` seconds firmly; forget the record.

    Returns:
        True if it was still running.
    """
    process = find_running(record)
    if process is not None:
        end_all([process], patience=patience)
    record.unlink(missing_ok=True)
    return process is not None


def _list_left(processes: list[psutil.Process], patience: float) -> list[psutil.Process]:
    """Return those that are not over after ``patience`` seconds, or at once, if all are.

    They are looked at again and again: psutil's own way to wait opens the process, and not every kernel
    says of one that is just going what psutil expects.
    """
    until = time.monotonic() + patience
    while (left := [process for process in processes if _is_running(process)]) and time.monotonic() < until:
        time.sleep(0.02)
    return left


def _is_running(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
