"""Posting by itself: a command leaves a wish and goes on; one detached process delivers what waits.

It writes to the outbox only, and ends by itself, however a chat service behaves.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from outage import background
from outage.errors import OutageError
from outage.incident.notify import outbox
from outage.incident.notify.flush import LIMIT, deliver_round
from outage.policy import load_policy

_LONGEST = int(LIMIT) + 45
"""Seconds after which a round is ended by the system: beyond its limit, and a slow machine's start."""


def request(folder: Path, policy: Path) -> None:
    """Ask for what waits in the outbox of ``folder`` to be delivered now; return at once.

    Args:
        folder: the incident's folder.
        policy: the file of the policy whose channels are meant.

    Raises:
        OSError: no process can be started; the messages wait.
    """
    background.request(outbox.find_box(folder), "outage.incident.notify.background", str(folder), str(policy))


def work(folder: Path, policy: Path) -> None:
    """Deliver what waits, unless another process is at it; a failure is written beside each message."""
    background.fulfil_wishes(outbox.find_box(folder), lambda: _deliver_once(folder, policy))


def _deliver_once(folder: Path, policy: Path) -> None:
    signal.alarm(_LONGEST)
    try:
        deliver_round(folder, load_policy(policy))
    except OutageError as error:
        outbox.fail_all(folder, error.message)
    except Exception as error:  # noqa: BLE001  no one watches; its words may hold an address, so they stay out
        outbox.fail_all(folder, f"a fault in the tool itself: {type(error).__name__}")


if __name__ == "__main__":
    work(Path(sys.argv[1]), Path(sys.argv[2]))
