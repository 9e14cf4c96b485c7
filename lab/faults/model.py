"""What every fault of the lab has: a way to break, a way to mend, and a signal that shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.control import Lab


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


@dataclass(frozen=True)
class Fault:
    """A fault that can really be injected.

    Attributes:
        id: its name on the command line.
        summary: what goes wrong, in a sentence.
        runbook: the runbook that mends it.
        begin: injects it and returns when its symptom shows.
        mend: ends it without the runbook; False if there was nothing to end.
        symptom: measures it, whether it was injected or not.
    """

    id: str
    summary: str
    runbook: str
    begin: Callable[[Lab], None]
    mend: Callable[[Lab], bool]
    symptom: Callable[[Lab], Symptom]
