"""Runbooks that only look: which fault each is shown in its proof, for it fixes none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from outage.lab.faults import FAULTS, Fault, bad_release, one_server_down


@dataclass(frozen=True)
class Look:
    """A runbook that looks at a fault which is another runbook's to fix.

    Attributes:
        runbook: its name.
        fault: the fault's id.
        says: what its plan must say about it.
        parameters: that it is given.
        calm: seconds that the lab is well before it is broken: something to compare with.
    """

    runbook: str
    fault: str
    says: str
    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)
    calm: float = 0.0


LOOKS = (
    Look(
        "golden-signals",
        bad_release.ID,
        says="release 4.3.1 runs on",
        parameters={"window": "2m", "recent": "5s"},
        calm=30.0,
    ),
    Look("support-bundle", one_server_down.ID, says="specs/programs.csv"),
)


def find_shown_fault(runbook: str) -> tuple[Fault, Look | None] | None:
    """Return the fault under which a runbook's stored outputs are made; None if the lab has none for it."""
    look = next((look for look in LOOKS if look.runbook == runbook), None)
    if look is not None:
        return FAULTS[look.fault], look
    return next(((fault, None) for fault in FAULTS.values() if fault.runbook == runbook), None)
