"""Moments as people type and read them: typed in local time, shown in UTC with local time beside."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NoReturn
from zoneinfo import ZoneInfo

from outage.errors import Refused
from outage.incident.record.event import is_believable
from outage.text import one_line

_GAP = r"(?:\s|,|and\b)*"
_AGO = re.compile(
    rf"(?:(\d{{1,3}})\s*d(?:ays?)?)?{_GAP}(?:(\d{{1,3}})\s*h(?:(?:ou)?rs?)?)?{_GAP}"
    rf"(?:(\d{{1,4}})\s*m(?:in(?:ute)?s?)?)?{_GAP}(?:(\d{{1,5}})\s*s(?:ec(?:ond)?s?)?)?\s*(?:ago)?",
    re.IGNORECASE,
)
_WRITTEN = re.compile(
    r"(?:(\d{4}-\d\d-\d\d)[T ])?((?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?)"
    r" ?(Z|UTC[+-]\d\d(?:\d\d)?|[+-]\d\d:?\d\d|[A-Z]{2,5})?",
    re.IGNORECASE,
)
_LOCAL_BESIDE = re.compile(r"(?<=UTC) \([^()]*\)$", re.IGNORECASE)
"""The local time that our own output shows in brackets behind UTC."""
_TOLERANCE = timedelta(minutes=2)
_HINT = "write 14:05, '13:05 UTC', '2026-11-20 14:05', 2026-11-20T14:05Z, '10m ago' or now"


def parse_typed(
    text: str, zone: str, now: datetime, confirm: Callable[[str], bool] | None = None
) -> datetime:
    """Read the moment (UTC) that someone typed; without a zone it is the company's local time.

    It reads whatever our own output prints. A time of day is today's. Where that lies in the future,
    yesterday's may be meant: ``confirm`` is asked, which puts a question to the person. Where the
    clocks show a time of day twice, the latest that is past is meant.

    Raises:
        Refused: it cannot be read, or lies in the future; or it names a date on which the clocks
            show that time twice, or skip it.
    """
    text = _LOCAL_BESIDE.sub("", " ".join(text.split()))
    found = (
        now if text.lower() == "now" else _parse_ago(text, now) or _parse_written(text, ZoneInfo(zone), now)
    )
    if found is None or not is_believable(found):
        wrong = "in the future" if found and found > now else "not a time"
        raise Refused(f"'{one_line(text)[:60]}' is {wrong}", hint=_HINT)
    if found <= now + _TOLERANCE:
        return min(found, now)
    yesterday = None if _has_date(text) else _parse_written(text, ZoneInfo(zone), now, days_ago=1)
    future = f"{format_full(found, zone)} is in the future"
    if yesterday is None:
        raise Refused(future, hint="--at says when something happened")
    if confirm is not None and confirm(f"{future}. Do you mean yesterday, {format_full(yesterday, zone)}?"):
        return yesterday
    raise Refused(future, hint=f"if it was yesterday: --at {_format_stamp(yesterday)}")


def _parse_ago(text: str, now: datetime) -> datetime | None:
    match = _AGO.fullmatch(text)
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return now - timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _has_date(text: str) -> bool:
    match = _WRITTEN.fullmatch(text)
    return match is None or match[1] is not None


def _parse_written(text: str, zone: ZoneInfo, now: datetime, days_ago: int = 0) -> datetime | None:
    """Return the moment that a date and a time, or a time alone, names; None if it is neither."""
    match = _WRITTEN.fullmatch(text)
    try:
        if match is None:
            found = datetime.fromisoformat(text)
            return found.astimezone(UTC) if found.tzinfo else _resolve_dated(found, zone, now)
        clock_time, named = time.fromisoformat(match[2] if match[2][1] != ":" else f"0{match[2]}"), match[3]
        fixed = _parse_offset(named)
        day = date.fromisoformat(match[1]) if match[1] else now.astimezone(fixed or zone).date()
        local = datetime.combine(day - timedelta(days=days_ago), clock_time)
        if fixed:
            return local.replace(tzinfo=fixed).astimezone(UTC)
        if named:
            return next((one for one in _list_readings(local, zone) if _is_named(one, zone, named)), None)
        return _resolve_dated(local, zone, now) if match[1] else _find_latest(local, zone, now)
    except (ValueError, OverflowError):
        return None


def _parse_offset(named: str | None) -> tzinfo | None:
    """UTC or an offset from it, by the way in which it is written; None for a name or for nothing."""
    if not named or named.upper() in ("Z", "UTC"):
        return UTC if named else None
    return datetime.strptime(named, "%z").tzinfo if named[0] in "+-" else None


def _is_named(at: datetime, zone: ZoneInfo, name: str) -> bool:
    return _name_zone(at.astimezone(zone)).lower() == name.lower()


def _list_readings(local: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return the moments (UTC) at which clocks show a local time: one, or two or none where they change."""
    both = sorted({local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)})
    return [one for one in both if one.astimezone(zone).replace(tzinfo=None) == local]


def _resolve_dated(local: datetime, zone: ZoneInfo, now: datetime) -> datetime:
    """Return the moment at which the clocks show a local time on its date; Refused if that is not plain."""
    found = _list_readings(local, zone)
    past = [one for one in found if one <= now + _TOLERANCE]
    if len(past) > 1:
        raise Refused(
            f"the clocks in {zone.key} show {local:%Y-%m-%d %H:%M} twice", hint=_describe_choices(past, zone)
        )
    return _describe_skipped(local, zone) if not found else (past or found)[0]


def _find_latest(local: datetime, zone: ZoneInfo, now: datetime) -> datetime:
    """Return the latest past moment at which clocks show a local time on its date, or else a future one."""
    found = _list_readings(local, zone) or [_describe_skipped(local, zone)]
    past = [one for one in found if one <= now + _TOLERANCE]
    return past[-1] if past else found[0]


def _describe_skipped(local: datetime, zone: ZoneInfo) -> NoReturn:
    both = sorted({local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)})
    raise Refused(
        f"the clocks in {zone.key} skip {local:%Y-%m-%d %H:%M}: they go forward over it",
        hint=_describe_choices(both, zone),
    )


def _describe_choices(both: list[datetime], zone: ZoneInfo) -> str:
    said = [f"--at {_format_stamp(one)} for {format_full(one, zone.key)}" for one in both]
    return " or ".join(said)


def _format_stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z".replace(":00Z", "Z")


def format_full(at: datetime, zone: str) -> str:
    """``2026-06-17 09:40 UTC (10:40 BST)``; local time only where it differs, its date likewise."""
    utc, local = at.astimezone(UTC), at.astimezone(ZoneInfo(zone))
    if local.utcoffset() == timedelta(0):
        return f"{utc:%Y-%m-%d %H:%M} UTC"
    day = "" if utc.date() == local.date() else f"{local:%d %b} "
    return f"{utc:%Y-%m-%d %H:%M} UTC ({day}{local:%H:%M} {_name_zone(local)})"


def format_clock(at: datetime, zone: str) -> str:
    """``09:40 UTC (10:40 BST)``, where the date is plain from what is around it."""
    return format_full(at, zone)[11:]


def format_near(at: datetime, other: datetime, zone: str) -> str:
    """Write a moment as :func:`format_clock` on the UTC day of ``other``, else as :func:`format_full`."""
    same = at.astimezone(UTC).date() == other.astimezone(UTC).date()
    return format_clock(at, zone) if same else format_full(at, zone)


def format_ago(at: datetime, now: datetime) -> str:
    """``12 min ago``; a moment that has not come yet is never called past."""
    if at <= now:
        return f"{format_span(now - at)} ago"
    return f"{format_span(at - now)} ahead of this machine's clock"


def _name_zone(local: datetime) -> str:
    name = local.tzname() or ""
    return f"UTC{name}" if name[:1] in "+-" else name


def format_span(length: timedelta) -> str:
    """``45 s``, ``12 min``, ``2 h 05 min`` or ``3 days``: a length as one glances at it."""
    seconds = int(abs(length.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02d} min" if hours < 48 else f"{hours // 24} days"


@dataclass(frozen=True)
class Times:
    """Writes moments for the people of one time zone.

    Attributes:
        zone: IANA name of the company's time zone (``Europe/London``).
    """

    zone: str = "UTC"

    def time(self, at: datetime) -> str:
        """``09:42 UTC (10:42 BST)``."""
        return format_clock(at, self.zone)

    def moment(self, at: datetime) -> str:
        """``2026-06-17 09:42 UTC (10:42 BST)``."""
        return format_full(at, self.zone)

    def near(self, at: datetime, other: datetime) -> str:
        """:meth:`time` when ``at`` is on the UTC day of ``other``, else :meth:`moment`."""
        return format_near(at, other, self.zone)

    def local(self, at: datetime) -> tuple[str, str]:
        """Return local time and zone name at a moment: ``("10:42", "BST")``; empty where that is UTC's."""
        _, opened, local = self.time(at).rstrip(")").partition(" (")
        hour, _, name = local.rpartition(" ")
        return (hour, name) if opened else ("", "")

    def explained(self, at: datetime) -> str:
        """Return one sentence on which times a page shows, true at ``at``."""
        _, name = self.local(at)
        place = self.zone.rsplit("/", 1)[-1].replace("_", " ")
        if name:
            return f"Times are UTC, with the time in {place} ({name}) in brackets."
        same = ZoneInfo(self.zone).key not in ("UTC", "Etc/UTC")
        return f"All times are UTC, which is the time in {place}." if same else "All times are UTC."


def format_day(at: datetime) -> str:
    """Return the UTC day: ``2026-06-17``."""
    return f"{at.astimezone(UTC):%Y-%m-%d}"


def format_stamp(at: datetime) -> str:
    """Return the moment for a script, to the second: ``2026-11-20T09:42:00Z``."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
