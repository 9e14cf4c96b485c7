"""Sync by itself: a command leaves a wish and goes on; one detached process fulfils the wishes.

Wishes that come while it works are fulfilled by one more round, not one each. What fails
is written down (``outage.sync.state``) and said by the next command.
"""

from __future__ import annotations

import atexit
import fcntl
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from outage.chat.outbox import private
from outage.errors import Failed, OutageError
from outage.sync import state
from outage.sync.share import Shared, share

_STARTED: list[subprocess.Popen[bytes]] = []  # of a long-lived caller; those that are over are let go


def request(folder: Path, remote: str, branch: str) -> None:
    """Ask for the incident in ``folder`` to be shared soon; returns at once."""
    _wish(folder).touch()
    _let_go()
    _STARTED.append(
        subprocess.Popen(
            [sys.executable, "-m", "outage.sync.background", str(folder), remote, branch],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    )


@atexit.register
def _let_go() -> None:
    """Take note of the children that are over: none stays a zombie, or is called running when we end."""
    _STARTED[:] = [process for process in _STARTED if process.poll() is None]


def share_and_remember(
    incidents: Path, names: list[str], remote: str, branch: str, *, receive: bool = False
) -> Shared:
    """Share some incidents, and write down beside each how it went; raises as ``share``."""
    try:
        shared = share(incidents, names, remote, branch, receive=receive)
    except OutageError as error:
        for name in names:
            state.save_failure(incidents / name, datetime.now(UTC), error)
        raise
    for name in shared.folders:
        state.save_success(incidents / name, datetime.now(UTC), shared.notes)
    return shared


def work(folder: Path, remote: str, branch: str) -> None:
    """Fulfil the wishes for one incident, unless another process is at it."""
    while _wish(folder).exists():
        with (private(folder / state.FOLDER) / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # whoever holds it looks for wishes again before and after letting go
            while _wish(folder).exists():
                _wish(folder).unlink(missing_ok=True)
                _once(folder, remote, branch)


def _once(folder: Path, remote: str, branch: str) -> None:
    try:
        share_and_remember(folder.parent, [folder.name], remote, branch)
    except OutageError:
        pass  # it is written down
    except Exception as error:  # noqa: BLE001  nobody watches: a fault of ours must be found there too
        fault = Failed(f"a fault in the tool itself: {type(error).__name__}: {error}")
        state.save_failure(folder, datetime.now(UTC), fault)


def _wish(folder: Path) -> Path:
    return private(folder / state.FOLDER) / "wanted"


if __name__ == "__main__":
    work(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
