"""The faults of the lab, by name: how each breaks, is fixed, and shows. Services are in ``parts``."""

from __future__ import annotations

from outage.errors import Refused
from outage.lab.faults import (
    backup_broken,
    bad_release,
    chat_down,
    disk_full,
    flag_reused,
    lock_blocker,
    monitoring_down,
    one_server_down,
    replica_paused,
    slow_query,
    stale_server,
)
from outage.lab.faults.model import Fault, Symptom
from outage.source import nearest

_ALL = (
    lock_blocker.FAULT,
    slow_query.FAULT,
    replica_paused.FAULT,
    backup_broken.FAULT,
    disk_full.FAULT,
    stale_server.FAULT,
    flag_reused.FAULT,
    bad_release.FAULT,
    one_server_down.FAULT,
    chat_down.FAULT,
    monitoring_down.FAULT,
)
FAULTS: dict[str, Fault] = {fault.id: fault for fault in _ALL}

__all__ = ["FAULTS", "Fault", "Symptom", "find_fault"]


def find_fault(name: str) -> Fault:
    """Return the fault of that name.

    Raises:
        Refused: there is none; the hint names the nearest.
    """
    if name not in FAULTS:
        raise Refused(f"the lab knows no fault '{name}'", hint=nearest(name, list(FAULTS)))
    return FAULTS[name]
