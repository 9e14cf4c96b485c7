"""Fault ``one-server-down``: the process of one web server was stopped, and nothing starts it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outage.lab.faults import fleet
from outage.lab.faults.model import Fault, Symptom
from outage.lab.parts import web

if TYPE_CHECKING:
    from outage.lab.model import Lab

ID = "one-server-down"
DOWN = "web4"


def begin(lab: Lab) -> None:
    """Stop it."""
    lab.supervisor.stop(DOWN)


def fix(lab: Lab) -> bool:
    """Start it; False if it runs."""
    if not lab.has("web") or lab.supervisor.state(DOWN).runs:
        return False
    lab.supervisor.start(DOWN)
    fleet.wait_until_answering(lab, [DOWN])
    return True


def measure(lab: Lab) -> Symptom:
    """Return how many servers answer."""
    answering = fleet.list_running(lab)
    silent = [name for name in web.SERVERS if name not in answering]
    words = f"no answer from {', '.join(silent)}" if silent else f"all {len(web.SERVERS)} servers answer"
    return Symptom(bool(silent), {"servers_that_answer": len(answering)}, words)


FAULT = Fault(
    id=ID,
    summary="The process of one web server was stopped; HAProxy sends its customers to the others.",
    runbook="dead-process",
    begin=begin,
    fix=fix,
    symptom=measure,
    alert="ServerDown",
    parts=("web", "haproxy", "load"),
    parameters=lambda lab: {"program": DOWN},
)
