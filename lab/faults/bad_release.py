"""Fault ``bad-release``: a release that fails a third of the checkouts was rolled out, its servers well."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lab.faults import fleet
from lab.faults.model import Fault, Symptom
from lab.parts import web
from lab.shop import manifest, releases
from outage.errors import Failed

if TYPE_CHECKING:
    from lab.model import Lab

ID = "bad-release"
MOST = 1.0  # per cent of the answers that may be errors
_PATIENCE = 30.0  # seconds until a customer has met it


def begin(lab: Lab, *, servers: Sequence[str] = web.SERVERS) -> None:
    """Roll it out to those servers, write that into the manifest, and return when checkouts fail.

    Raises:
        Failed: no customer met it.
    """
    if manifest.history(lab)[-1] != releases.BAD:
        manifest.write(lab, [*manifest.history(lab), releases.BAD])
    runs = fleet.running(lab)
    fleet.deploy(lab, [n for n in servers if runs.get(n, {}).get("version") != releases.BAD], releases.BAD)
    until = time.monotonic() + _PATIENCE
    while not symptom(lab).sick:
        if time.monotonic() > until:
            mend(lab)
            raise Failed(f"the fault {ID} did not take hold: no customer met it")
        time.sleep(0.2)


def mend(lab: Lab) -> bool:
    """Give every server the release before it; False if it ran nowhere."""
    if not lab.has("sshd"):
        return False
    told = manifest.history(lab) != [releases.OLD, releases.CURRENT]
    manifest.write(lab, [releases.OLD, releases.CURRENT])
    return fleet.restore(lab) or told


def symptom(lab: Lab) -> Symptom:
    """Answers that were errors, of all that the servers gave since each of them started."""
    found = {name: fleet.answers(lab, name) for name in fleet.running(lab)}
    requests, errors = (sum(column) for column in zip((0, 0), *found.values(), strict=True))
    share = 100 * errors / requests if requests else 0.0
    words = f"{errors} of {requests} answers were errors ({share:.1f} %)"
    return Symptom(share > MOST, {"answers": requests, "errors": errors}, words)


FAULT = Fault(
    id=ID,
    summary="A release that fails a third of the checkouts was rolled out; its servers look healthy.",
    runbook="rolling-release",
    begin=begin,
    mend=mend,
    symptom=symptom,
    alert="ErrorRate",
    parts=fleet.PARTS,
    parameters=lambda lab: {"away_from": releases.BAD, "watch": "3s", "least": "3", "batch": "4"},
)
