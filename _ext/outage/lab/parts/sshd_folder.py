"""The folder /run/sshd, which sshd wants to be there when root starts it; made if need be, and taken back.

Debian makes it when its own ssh service starts, with mode 0755. One of mode 0700 is a lab's: sshd takes
that too; starting the real service gives it the usual mode, after which it is not ours to
remove. Every lab holds a shared lock on it while its sshd run; the last to leave removes it.

Run as a program it holds the lock until it is asked to stop.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

from outage import locks

FOLDER = Path("/run/sshd")
_OURS = 0o700


def make(folder: Path = FOLDER) -> None:
    """Make the folder if it is not there."""
    with suppress(FileExistsError):
        folder.mkdir(mode=_OURS)


def hold(folder: Path = FOLDER) -> int:
    """Say that a lab needs the folder; returns the descriptor that says so until it is closed."""
    return locks.open_current(folder, lambda: _open(folder), shared=True)


def _open(folder: Path) -> int:
    make(folder)
    return os.open(folder, os.O_RDONLY | os.O_CLOEXEC)


def leave(handle: int, folder: Path = FOLDER) -> None:
    """Give up the folder, and remove it if a lab made it and no other lab needs it."""
    try:
        if locks.take(handle, wait=0) and os.fstat(handle).st_mode & 0o777 == _OURS:
            folder.rmdir()
    except OSError:  # it is gone or no longer empty
        pass
    finally:
        os.close(handle)


def main() -> None:
    """Hold it until SIGTERM."""
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    handle = hold()
    signal.sigwait(signals)
    leave(handle)


if __name__ == "__main__":
    main()
