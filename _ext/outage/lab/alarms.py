"""What a responder would be told now: the alerts that fire, as Alertmanager and the dead man's switch say."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from outage.lab.parts import alertmanager
from outage.proxies import open_url

if TYPE_CHECKING:
    from outage.lab.model import Lab

_OFTEN = 0.2  # seconds between two looks


@dataclass(frozen=True)
class Alarm:
    """One alert that fires.

    Attributes:
        name: of its rule.
        labels: all of them.
        annotations: ``summary``, ``runbook_url``.
    """

    name: str
    labels: dict[str, str] = field(hash=False)
    annotations: dict[str, str] = field(hash=False)


def list_firing(lab: Lab) -> list[Alarm]:
    """Return the alerts that fire now, except ``Watchdog``, which always does; none if nothing answers."""
    if not lab.has("alertmanager"):
        return []
    places = (alertmanager.url(lab), alertmanager.switch(lab))
    return [alarm for place in places for alarm in _list_raised(place) or () if alarm.name != "Watchdog"]


def _list_raised(place: str) -> list[Alarm] | None:
    """Return what fires at one of the two; None if it does not answer."""
    try:
        with open_url(f"{place}/api/v2/alerts?active=true", 2) as answer:
            raised = json.load(answer)
    except (OSError, ValueError):
        return None
    return [Alarm(one["labels"]["alertname"], one["labels"], one["annotations"]) for one in raised]


class Watch:
    """Looks all the time whether one alert fires, so that the moment it did is known afterwards.

    Args:
        lab: with Alertmanager up.
        name: of the alert.
    """

    def __init__(self, lab: Lab, name: str) -> None:
        self._lab, self._name = lab, name
        self._change = threading.Condition()
        self._fires = False
        self._since = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def until(self, *, fires: bool, patience: float) -> float | None:
        """Wait until it fires, or no longer does.

        Returns:
            The moment (:func:`time.monotonic`) when that was first seen; None: not in ``patience`` seconds.
        """
        with self._change:
            self._change.wait_for(lambda: self._fires == fires, patience)
            return self._since if self._fires == fires else None

    def _look(self) -> None:
        while not self._over.wait(_OFTEN):
            fires = self._seen()
            with self._change:
                if fires is not None and fires != self._fires:
                    self._fires, self._since = fires, time.monotonic()
                    self._change.notify_all()

    def _seen(self) -> bool | None:
        """Return whether it fires; None while Alertmanager is silent and the switch knows nothing of it."""
        told, known = _list_raised(alertmanager.url(self._lab)), _list_raised(alertmanager.switch(self._lab))
        if any(alarm.name == self._name for alarm in (*(told or ()), *(known or ()))):
            return True
        return None if told is None else False
