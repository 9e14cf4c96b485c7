"""Fault ``bad-release``: a release that fails a third of the checkouts was rolled out, its servers well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from outage.errors import Failed
from outage.lab.faults import fleet
from outage.lab.faults.model import Fault, Symptom
from outage.lab.parts import web
from outage.lab.shop import manifest, releases

if TYPE_CHECKING:
    from outage.lab.model import Lab

ID = "bad-release"
MOST = 1.0  # per cent of the answers that may be errors
_UNLUCKY = 3  # a customer whose number divides by three


def begin(lab: Lab, *, servers: Sequence[str] = web.SERVERS) -> None:
    """Roll it out to those servers, write that into the manifest, and let one customer at each meet it.

    Raises:
        Failed: none of them did.
    """
    if manifest.read_history(lab)[-1] != releases.BAD:
        manifest.write(lab, [*manifest.read_history(lab), releases.BAD])
    runs = fleet.list_running(lab)
    fleet.deploy(lab, [n for n in servers if runs.get(n, {}).get("version") != releases.BAD], releases.BAD)
    for name in servers:
        fleet.buy(lab, name, _UNLUCKY)
    if not measure(lab).sick:
        fix(lab)
        raise Failed(f"the fault {ID} did not take hold: customers can buy")


def fix(lab: Lab) -> bool:
    """Give every server the release before it; False if it ran nowhere."""
    if not lab.has("sshd"):
        return False
    told = manifest.read_history(lab) != [releases.OLD, releases.CURRENT]
    manifest.write(lab, [releases.OLD, releases.CURRENT])
    return fleet.restore(lab) or told


def measure(lab: Lab) -> Symptom:
    """Return errors of the release that has most of them, of all answers since its servers started."""
    counted: dict[str, tuple[int, int]] = {}
    for name, version in fleet.list_versions(lab).items():
        answers, errors = fleet.count_answers(lab, name)
        before = counted.get(version, (0, 0))
        counted[version] = before[0] + answers, before[1] + errors
    shares = {version: 100 * errors / max(1, answers) for version, (answers, errors) in counted.items()}
    worst = max(shares, key=lambda version: shares[version], default="")
    answers, errors = counted.get(worst, (0, 0))
    share = shares.get(worst, 0.0)
    words = f"release {worst or 'none'}: {errors} of {answers} answers were errors ({share:.1f} %)"
    return Symptom(share > MOST, {"answers": answers, "errors": errors}, words)


FAULT = Fault(
    id=ID,
    summary="A release that fails a third of the checkouts was rolled out; its servers look healthy.",
    runbook="rolling-release",
    begin=begin,
    fix=fix,
    symptom=measure,
    alert="ErrorRate",
    parts=fleet.PARTS,
    parameters=lambda lab: {"away_from": releases.BAD, "watch": "3s", "least": "3", "batch": "4"},
)
