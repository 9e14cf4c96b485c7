"""File locks (flock): taken at once, waited for, or held on a file that may be replaced meanwhile.

A lock goes with its process, however that ends, so a lock file that was left behind excludes no one.
Only the standard library is imported here: a kernel boots beside our imports.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_PAUSE = 0.02  # seconds between two attempts; flock itself knows no timeout
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC


def take(file: int, *, shared: bool = False, wait: float | None = None) -> bool:
    """Take the lock of an open file and return whether it is ours.

    Args:
        file: its descriptor; closing it releases the lock.
        shared: others may hold it shared too.
        wait: seconds to try while another process holds it; None for as long as it takes.
    """
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    if wait is None:
        fcntl.flock(file, kind)
        return True
    end = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= end:
                return False
            time.sleep(_PAUSE)


def release(file: int) -> None:
    """Release the lock of an open file."""
    fcntl.flock(file, fcntl.LOCK_UN)


def open_current(
    path: Path, open_file: Callable[[], int], *, shared: bool = False, wait: float | None = None
) -> int:
    """Open a file or folder, lock it and return its descriptor.

    While we wait, another process may replace or remove it. The lock that we then get is on something
    that no one else will open, and excludes no one: we begin again.

    Args:
        path: its name.
        open_file: opens what has that name now; called again after a replacement.
        shared: as for :func:`take`.
        wait: as for :func:`take`.

    Raises:
        BlockingIOError: another process holds it.
        OSError: what ``open_file`` raises.
    """
    while True:
        file = open_file()
        try:
            if not take(file, shared=shared, wait=wait):
                raise BlockingIOError(f"another process holds {path}")
            if is_current(file, path):
                return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)


def is_current(file: int, path: Path) -> bool:
    """Return whether an open file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


@contextmanager
def hold(path: Path, *, wait: float | None = None) -> Iterator[bool]:
    """Hold the lock of a file, made if need be, while the block runs; yield whether it is ours."""
    file = os.open(path, _FLAGS, 0o644)
    try:
        yield take(file, wait=wait)
    finally:
        os.close(file)
