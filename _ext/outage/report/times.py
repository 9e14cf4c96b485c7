"""How moments are written on an incident's page: UTC first, then the company's own time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from outage.clock.moments import clock, near, shown


@dataclass(frozen=True)
class Times:
    """Writes moments for the people of one time zone.

    Attributes:
        zone: IANA name of the company's time zone (``Europe/London``).
    """

    zone: str = "UTC"

    def time(self, at: datetime) -> str:
        """``09:42 UTC (10:42 BST)``."""
        return clock(at, self.zone)

    def moment(self, at: datetime) -> str:
        """``2026-06-17 09:42 UTC (10:42 BST)``."""
        return shown(at, self.zone)

    def near(self, at: datetime, other: datetime) -> str:
        """:meth:`time` when ``at`` is on the UTC day of ``other``, else :meth:`moment`."""
        return near(at, other, self.zone)

    def local(self, at: datetime) -> tuple[str, str]:
        """Local time and the zone's name at that moment: ``("10:42", "BST")``; empty where it is UTC's."""
        _, opened, local = self.time(at).rstrip(")").partition(" (")
        hour, _, name = local.rpartition(" ")
        return (hour, name) if opened else ("", "")

    def explained(self, at: datetime) -> str:
        """One sentence on which times a page shows, true at ``at``."""
        _, name = self.local(at)
        place = self.zone.rsplit("/", 1)[-1].replace("_", " ")
        if name:
            return f"Times are UTC, with the time in {place} ({name}) in brackets."
        same = ZoneInfo(self.zone).key not in ("UTC", "Etc/UTC")
        return f"All times are UTC, which is the time in {place}." if same else "All times are UTC."


def day(at: datetime) -> str:
    """The UTC day: ``2026-06-17``."""
    return f"{at.astimezone(UTC):%Y-%m-%d}"


def stamp(at: datetime) -> str:
    """The moment for a script, to the second: ``2026-11-20T09:42:00Z``."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
