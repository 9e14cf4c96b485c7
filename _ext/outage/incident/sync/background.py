"""Sync by itself: a command leaves a wish and goes on; one detached process fulfils the wishes.

What fails is written down (``outage.incident.sync.state``) and said by the next command.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from outage import background
from outage.errors import Failed, OutageError
from outage.incident.sync import state
from outage.incident.sync.share import Shared, share


def request(folder: Path, remote: str, branch: str) -> None:
    """Ask for the incident in ``folder`` to be shared soon; return at once."""
    background.request(folder / state.FOLDER, "outage.incident.sync.background", str(folder), remote, branch)


def share_and_remember(
    incidents: Path, names: list[str], remote: str, branch: str, *, receive: bool = False
) -> Shared:
    """Share some incidents, and write down beside each how it went; raises as ``share``."""
    try:
        shared = share(incidents, names, remote, branch, receive=receive)
    except OutageError as error:
        for name in names:
            with suppress(OSError):  # where nothing can be written, the caller still gets the error
                state.save_failure(incidents / name, datetime.now(UTC), error)
        raise
    for name in shared.folders:
        with suppress(OSError):
            state.save_success(incidents / name, datetime.now(UTC), shared.notes)
    return shared


def work(folder: Path, remote: str, branch: str) -> None:
    """Fulfil the wishes for one incident, unless another process is at it."""
    background.fulfil_wishes(folder / state.FOLDER, lambda: _share_once(folder, remote, branch))


def _share_once(folder: Path, remote: str, branch: str) -> None:
    try:
        share_and_remember(folder.parent, [folder.name], remote, branch)
    except OutageError:
        pass  # it is written down
    except Exception as error:  # noqa: BLE001  no one watches: a fault of ours must be found there too
        fault = Failed(f"a fault in the tool itself: {type(error).__name__}: {error}")
        state.save_failure(folder, datetime.now(UTC), fault)


if __name__ == "__main__":
    work(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
