"""Business days: which days a company works, and moments that are so many of them away."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from outage.errors import Refused

if TYPE_CHECKING:
    from outage.policy import Duration, Policy
    from outage.policy.models import Calendar

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LONGEST_REST = 60
"""Days without a single business day after which a calendar is not believed."""


def add_length(start: datetime, length: Duration, policy: Policy) -> datetime:
    """Return the moment (UTC) that lies ``length`` after ``start`` (aware).

    An exact length is simply added. So many business days end with the last minute, in
    the company's time zone, of the so-manieth business day after the day of ``start``.
    """
    if length.exact is not None:
        return start.astimezone(UTC) + length.exact
    zone = ZoneInfo(policy.company.timezone)
    day = start.astimezone(zone).date()
    for _ in range(length.business_days or 0):
        day = find_next_business_day(day, policy.calendar)
    # One minute before the next day begins: in some zones the clocks change in the day's last hour.
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC) - timedelta(minutes=1)


def find_next_business_day(day: date, calendar: Calendar) -> date:
    """Return the first business day after ``day``; Refused if the calendar leaves none."""
    for _ in range(_LONGEST_REST):
        day += timedelta(days=1)
        if is_business_day(day, calendar):
            return day
    raise Refused("calendar: it leaves no business day in two months", hint="look at weekend and holidays")


def is_business_day(day: date, calendar: Calendar) -> bool:
    """Return whether the company works on ``day``: no weekend, public holiday or day off of its own."""
    if _WEEKDAYS[day.weekday()] in calendar.weekend or day in calendar.holidays:
        return False
    return calendar.country is None or day not in _list_public(calendar.country, calendar.region, day.year)


@lru_cache(maxsize=64)
def _list_public(country: str, region: str | None, year: int) -> frozenset[date]:
    import holidays  # half a second: only for those who count business days

    return frozenset(holidays.country_holidays(country, subdiv=region, years=year))
