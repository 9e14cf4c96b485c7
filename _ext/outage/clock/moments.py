"""Moments as people type and read them: typed in local time, shown in UTC with local time beside."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from outage.errors import Refused
from outage.text import one_line

_AGO = re.compile(r"(?:(\d{1,3})\s*h)?\s*(?:(\d{1,4})\s*m(?:in)?)?\s*(?:ago)?")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
_TOLERANCE = timedelta(minutes=2)
_HINT = "write 14:05, '2026-11-20 14:05', 2026-11-20T14:05Z or '10m ago'"


def typed(text: str, zone: str, now: datetime) -> datetime:
    """The moment (UTC) that somebody typed; without a zone it is the company's local time.

    ``14:05`` is the latest 14:05 that is past. Raises Refused if it cannot be read, or if
    it lies in the future.
    """
    text = text.strip()
    found = _ago(text, now) or _clock(text, ZoneInfo(zone), now) or _dated(text, ZoneInfo(zone))
    if found is None:
        raise Refused(f"'{one_line(text)[:60]}' is not a time", hint=_HINT)
    if found > now + _TOLERANCE:
        raise Refused(f"{shown(found, zone)} is in the future", hint="--at says when something happened")
    return found


def _ago(text: str, now: datetime) -> datetime | None:
    match = _AGO.fullmatch(text)
    if match is None or not any(match.groups()):
        return None
    hours, minutes = (int(part or 0) for part in match.groups())
    return now - timedelta(hours=hours, minutes=minutes)


def _clock(text: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    hour, minute, second = (int(part or 0) for part in match.groups())
    today = now.astimezone(zone).date()
    found = datetime.combine(today, time(hour, minute, second), zone).astimezone(UTC)
    if found > now + _TOLERANCE:
        yesterday = today - timedelta(days=1)
        found = datetime.combine(yesterday, time(hour, minute, second), zone).astimezone(UTC)
    return found


def _dated(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def shown(at: datetime, zone: str) -> str:
    """``2026-06-17 09:40 UTC (10:40 BST)``; local time only where it differs, its date likewise."""
    utc, local = at.astimezone(UTC), at.astimezone(ZoneInfo(zone))
    if local.utcoffset() == timedelta(0):
        return f"{utc:%Y-%m-%d %H:%M} UTC"
    day = "" if utc.date() == local.date() else f"{local:%d %b} "
    return f"{utc:%Y-%m-%d %H:%M} UTC ({day}{local:%H:%M} {_zone_name(local)})"


def clock(at: datetime, zone: str) -> str:
    """``09:40 UTC (10:40 BST)``, where the date is plain from what is around it."""
    return shown(at, zone)[11:]


def _zone_name(local: datetime) -> str:
    name = local.tzname() or ""
    return f"UTC{name}" if name[:1] in "+-" else name


def span(length: timedelta) -> str:
    """``45 s``, ``12 min``, ``2 h 05 min`` or ``3 days``: a length as one glances at it."""
    seconds = int(abs(length.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02d} min" if hours < 48 else f"{hours // 24} days"
