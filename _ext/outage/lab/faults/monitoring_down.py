"""Fault ``monitoring-down``: Prometheus was stopped. Nothing alerts, which looks like a quiet night."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from outage.errors import Failed
from outage.lab.faults.model import Fault, Symptom
from outage.lab.parts import prometheus

if TYPE_CHECKING:
    from outage.lab.model import Lab

ID = "monitoring-down"
PROGRAM = "prometheus"
_PATIENCE = 20.0  # seconds until it answers again


def begin(lab: Lab) -> None:
    """Stop it."""
    lab.supervisor.stop(PROGRAM)


def fix(lab: Lab) -> bool:
    """Start it; False if it runs."""
    if not lab.has("prometheus") or lab.supervisor.state(PROGRAM).runs:
        return False
    lab.supervisor.start(PROGRAM)
    until = time.monotonic() + _PATIENCE
    while measure(lab).sick:
        if time.monotonic() > until:
            raise Failed("Prometheus does not answer again", hint=f"look at {lab.log(PROGRAM)}")
        time.sleep(0.1)
    return True


def measure(lab: Lab) -> Symptom:
    """Return whether it serves queries."""
    try:
        well = prometheus.is_answering(lab)
    except OSError:
        well = False
    words = "Prometheus answers" if well else "Prometheus does not answer: nothing can alert"
    return Symptom(not well, {"monitors_that_answer": int(well)}, words)


FAULT = Fault(
    id=ID,
    summary="Prometheus was stopped: nothing can alert, and that looks like a quiet night.",
    runbook="dead-process",
    begin=begin,
    fix=fix,
    symptom=measure,
    alert="MonitoringDown",  # raised by the dead man's switch, for nothing else is left to
    parts=("prometheus",),
    parameters=lambda lab: {"program": PROGRAM},
)
