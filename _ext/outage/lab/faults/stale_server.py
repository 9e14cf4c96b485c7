"""Fault ``stale-server``: one of eight servers was left out when the release was rolled out.

After Knight Capital, 2012: new code on seven servers of eight, and no one looked at the eighth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from outage.lab.faults import fleet
from outage.lab.faults.model import Fault, Symptom
from outage.lab.parts import web
from outage.lab.shop import releases

if TYPE_CHECKING:
    from outage.lab.model import Lab

ID = "stale-server"
STALE = "web5"


def begin(lab: Lab) -> None:
    """Let one server run the old release."""
    if releases.find_deployed(web.folder(lab, STALE)) != releases.OLD:
        fleet.deploy(lab, [STALE], releases.OLD)


def fix(lab: Lab) -> bool:
    """Give every server the release that the manifest expects; False if all had it."""
    return fleet.restore(lab)


def measure(lab: Lab) -> Symptom:
    """Return how many different artefacts the servers say that they run."""
    found = fleet.list_running(lab)
    digests = {known["digest"] for known in found.values()}
    words = ", ".join(f"{name} runs {known['version']}" for name, known in found.items())
    signals = {"different_artefacts": float(len(digests)), "servers_that_answer": float(len(found))}
    return Symptom(len(digests) > 1, signals, words or "no server answers")


FAULT = Fault(
    id=ID,
    summary="A release was rolled out, and one server of eight still runs the old one.",
    runbook="fleet-drift",
    begin=begin,
    fix=fix,
    symptom=measure,
    alert="FleetDrift",
    parts=fleet.PARTS,
)
