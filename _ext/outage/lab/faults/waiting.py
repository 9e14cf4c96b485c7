"""Waiting until a fault shows; where it does not, it is taken back and said, with what its process wrote."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from outage.errors import Failed

if TYPE_CHECKING:
    from outage.lab.control import Lab
    from outage.lab.faults.model import Fault

_PATIENCE = 15.0  # seconds until a fault must show


def wait_until(lab: Lab, fault: Fault, shows: Callable[[], bool], patience: float = _PATIENCE) -> None:
    """Return once ``shows()`` is true.

    Raises:
        Failed: it was not within ``patience`` seconds; the fault is fixed again.
    """
    end = time.monotonic() + patience
    while not shows():
        if time.monotonic() > end:
            log = lab.log(fault.id)
            words = log.read_text(encoding="utf-8", errors="replace")[-2000:] if log.exists() else ""
            fault.fix(lab)
            raise Failed(f"the fault {fault.id} did not take hold:\n{words}")
        time.sleep(0.05)
