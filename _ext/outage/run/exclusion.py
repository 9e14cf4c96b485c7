"""Two applies of one runbook against one target exclude each other, on one machine."""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from outage.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from outage.run.lines import TargetData


@contextmanager
def exclusive(runs: Path, runbook: str, target: TargetData, run: str) -> Iterator[None]:
    """Hold the lock of a runbook and a target; the kernel gives it up when this process ends.

    Args:
        runs: the project's folder of runs; locks are files in a hidden folder there.
        runbook: name of the runbook.
        target: what is changed.
        run: id of the run, told to whoever finds the lock taken.

    Raises:
        Refused: another run holds it. Runs on other machines are not seen.
    """
    same = "\n".join([runbook, target.kind, target.host, target.port or "", target.database or ""])
    folder = runs / ".locks"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{runbook}-{hashlib.sha256(same.encode()).hexdigest()[:16]}"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 200, 0).decode("utf-8", "replace").strip() or "another run"
            hint = "wait for it to end, and look at what it did: outage runs"
            raise Refused(f"'{runbook}' is being applied to this target by {holder}", hint=hint) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{run}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
