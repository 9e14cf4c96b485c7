"""The folder /run/sshd, which sshd wants to be there when root starts it; made if need be, and taken back.

Debian makes it when its own ssh service starts, with mode 0755. One of mode 0700 is a lab's: sshd takes
that too, and whoever starts the real service gives it the usual mode, after which it is not ours to
remove. Every lab holds a shared lock on it while its sshd run; the last to leave removes it.

Run as a program it holds the lock until it is asked to stop.
"""

from __future__ import annotations

import fcntl
import os
import signal
from contextlib import suppress
from pathlib import Path

FOLDER = Path("/run/sshd")
_OURS = 0o700


def make(folder: Path = FOLDER) -> None:
    """Make the folder if it is not there."""
    with suppress(FileExistsError):
        folder.mkdir(mode=_OURS)


def hold(folder: Path = FOLDER) -> int:
    """Say that a lab needs the folder; returns the descriptor that says so until it is closed."""
    while True:
        make(folder)
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(handle, fcntl.LOCK_SH)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), folder.stat()):
                return handle
        os.close(handle)


def leave(handle: int, folder: Path = FOLDER) -> None:
    """Give up the folder, and remove it if a lab made it and no other lab needs it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(handle).st_mode & 0o777 == _OURS:
            folder.rmdir()
    except OSError:  # another lab holds it, or it is gone or no longer empty
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
