"""Work that goes on after its command has ended: one detached process a folder, never two at once.

A command leaves a wish in a private folder, starts a process and goes on. The process that holds the
The process that holds the the wishes; those that come meanwhile are fulfilled by one more round, not
by one each. A process that is killed leaves the lock free and what it worked on where it was, so
the next wish takes it along.
"""

from __future__ import annotations

import atexit
import errno
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from outage import locks

_WISH = "wanted"
_LOCK = "lock"
_STARTED: list[subprocess.Popen[bytes]] = []  # of a long-lived caller; those that are over are let go


def ensure_private(folder: Path) -> Path:
    """Make a folder that git ignores, wherever it is, and return it.

    Raises OSError where that cannot be, as when a link is in its place: it may lead anywhere.
    """
    if folder.is_symlink():
        raise NotADirectoryError(errno.ENOTDIR, "it is a link; delete it", str(folder))
    folder.mkdir(exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
    return folder


def request(folder: Path, module: str, *arguments: str) -> None:
    """Leave a wish in ``folder`` and start ``python -m module`` to fulfil it; return at once.

    The arguments are shown by ``ps``, so no secret belongs in them; the environment is passed on.

    Raises:
        OSError: the wish cannot be written, or no process can be started.
    """
    leave_wish(folder)
    _let_go()
    _STARTED.append(
        subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    )


def leave_wish(folder: Path) -> None:
    """Leave a wish in ``folder`` for the process that holds its lock, or takes it next."""
    (ensure_private(folder) / _WISH).touch()


def fulfil_wishes(folder: Path, once: Callable[[], None], *, wait: float = 0.0) -> bool:
    """Call ``once`` until no wish is left in ``folder``; False when another process is at it.

    Args:
        folder: the private folder with wishes and lock.
        once: one round of work.
        wait: seconds to wait for another process that holds the lock.
    """
    end = time.monotonic() + wait
    while (folder / _WISH).exists():
        with locks.hold(ensure_private(folder) / _LOCK, wait=end - time.monotonic()) as is_ours:
            if not is_ours:
                return False  # it looks for wishes again, before and after it lets go
            while (folder / _WISH).exists():
                (folder / _WISH).unlink(missing_ok=True)
                once()
    return True


def paused(folder: Path, wait: float) -> AbstractContextManager[bool]:
    """Keep processes from working in ``folder`` meanwhile; False if one still does after ``wait`` seconds."""
    return locks.hold(ensure_private(folder) / _LOCK, wait=wait)


@atexit.register
def _let_go() -> None:
    """Take note of the children that are over: none stays a zombie, or is called running when we end."""
    _STARTED[:] = [process for process in _STARTED if process.poll() is None]
