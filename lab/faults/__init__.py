"""The faults by name."""

from __future__ import annotations

from lab.faults import lock_blocker
from lab.faults.model import Fault, Symptom
from outage.errors import Refused

FAULTS: dict[str, Fault] = {fault.id: fault for fault in (lock_blocker.FAULT,)}

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
