"""The faults by name."""

from __future__ import annotations

from lab.faults import backup_broken, disk_full, lock_blocker, replica_paused, slow_query
from lab.faults.model import Fault, Symptom
from outage.errors import Refused

_ALL = (lock_blocker.FAULT, slow_query.FAULT, replica_paused.FAULT, backup_broken.FAULT, disk_full.FAULT)
FAULTS: dict[str, Fault] = {fault.id: fault for fault in _ALL}

__all__ = ["FAULTS", "Fault", "Symptom", "fault"]


def fault(name: str) -> Fault:
    """The fault of that name.

    Raises:
        Refused: there is none; the hint names the nearest.
    """
    from outage.source import nearest

    if name not in FAULTS:
        raise Refused(f"the lab knows no fault '{name}'", hint=nearest(name, list(FAULTS)))
    return FAULTS[name]
