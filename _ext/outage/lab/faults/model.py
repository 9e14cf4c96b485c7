"""What every fault of the lab has: a way to break, a way to fix, and a signal that shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from outage.lab.control import Lab


@dataclass(frozen=True)
class Symptom:
    """What the service itself shows at this moment.

    Attributes:
        sick: whether a customer would notice.
        signals: name with unit, for example ``oldest_wait_seconds``, to value.
        words: the same as a sentence.
    """

    sick: bool
    signals: dict[str, float]
    words: str


def _give_none(lab: Lab) -> dict[str, str]:  # noqa: ARG001 - every fault is asked the same
    """Return no parameters: the default for a runbook that needs none."""
    return {}


def _act_at_once(lab: Lab, values: Mapping[str, Any]) -> bool:  # noqa: ARG001 - every fault is asked the same
    """Return True: the default for a runbook that acts as soon as the symptom shows."""
    return True


@dataclass(frozen=True)
class Fault:
    """A fault that can really be injected.

    Attributes:
        id: its name on the command line.
        summary: what goes wrong, in a sentence.
        runbook: the runbook that fixes it.
        begin: injects it and returns when its symptom shows.
        fix: ends it without the runbook; False if there was nothing to end.
        symptom: measures it, whether it was injected or not; it needs the fault's parts.
        alert: the alert that fires because of it; empty if none does.
        parts: ids of the lab's parts that it needs; ``begin`` may rely on them.
        parameters: what ``outage run`` is given for it, from the alert's labels where that can be.
        acts: whether the runbook, run now with these values of its parameters, would act on it; a
            runbook may ignore what has only just begun.
    """

    id: str
    summary: str
    runbook: str
    begin: Callable[[Lab], None]
    fix: Callable[[Lab], bool]
    symptom: Callable[[Lab], Symptom]
    alert: str = ""
    parts: tuple[str, ...] = ("postgres",)
    parameters: Callable[[Lab], Mapping[str, str]] = field(default=_give_none)
    acts: Callable[[Lab, Mapping[str, Any]], bool] = _act_at_once
