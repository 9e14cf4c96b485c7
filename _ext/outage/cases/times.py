"""When something happened, as well as anyone knows: an instant, a stretch, a day, or no clock time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, StringConstraints

from outage.incident.times import Times

Kind = Literal["at", "lasted", "between", "on", "during"]

_WRITTEN = r"\d{4}(-\d{2}(-\d{2}([ T]\d{2}:\d{2}(:\d{2})?( ?(Z|UTC|[+-]\d{2}:\d{2}))?)?)?)?"
TIME = r"^" + _WRITTEN + r"$"
"""A moment as record.yml writes it: ``2012-08-01 09:30``; a day, a month or a year where no more is known."""


def _as_text(value: Any) -> Any:
    """Turn a year, which is a number to YAML, into text."""
    return str(value) if type(value) is int else value


_Pattern = Annotated[str, StringConstraints(pattern=TIME)]

Written = Annotated[
    str,
    BeforeValidator(_as_text, json_schema_input_type=int | _Pattern),
    StringConstraints(strip_whitespace=True, pattern=TIME),
]


_DAY = len("2012-08-01")


@dataclass(frozen=True, slots=True)
class When:
    """When something happened.

    Attributes:
        kind: ``at`` an instant; ``lasted`` from ``lo`` to ``hi``; ``between``: at some moment in there;
            ``on``: some time on that day, in that month or year; ``during``: as long as another event
            lasted, without a clock time of its own.
        lo, hi: the earliest and the latest moment that it can have been, or its beginning and end (UTC).
        about: the source says that the time is not exact.
        written: both ends as they were written, for a day is no moment; None for what was recorded.
    """

    kind: Kind
    lo: datetime
    hi: datetime
    about: bool = False
    written: tuple[str, str] | None = None

    @property
    def exact(self) -> bool:
        """Whether it is known to the minute."""
        return self.kind == "at" and not self.about

    def words(self, times: Times, near: datetime | None = None) -> str:
        """When it was, in words; without the day where that is the day of ``near``."""
        if self.kind == "during":
            return "no clock time known"
        first, last = self.written or ("", "")
        begun, about = _end(self.lo, first, times, near), "about " if self.about else ""
        if self.kind in ("at", "on"):
            return about + begun
        ended = _end(self.hi, last, times, self.lo)
        return (
            f"{about}{begun} to {ended}" if self.kind == "lasted" else f"{about}between {begun} and {ended}"
        )


def _end(at: datetime, written: str, times: Times, near: datetime | None) -> str:
    """One end in words: a moment, or the day, month or year that was written."""
    if written and len(written) <= _DAY:
        return _format_day(written)
    return times.near(at, near) if near else times.moment(at)


def compute_span(written: str, zone: str) -> tuple[datetime, datetime]:
    """Compute the earliest and latest moment (UTC) that a written time can mean; ValueError if none.

    Without a zone of its own it is local time in ``zone``. An instant is known to the minute or second
    and has two equal ends; a day ends where the next one begins.
    """
    if len(written) > _DAY:
        text = written.replace("UTC", "Z").replace(" ", "T", 1).replace(" ", "")
        read = datetime.fromisoformat(text)
        at = (read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
        return at, at
    year, month, day = ([int(part) for part in written.split("-")] + [0, 0])[:3]
    first = datetime(year, month or 1, day or 1, tzinfo=ZoneInfo(zone))
    if day:
        after = first + timedelta(days=1)
    else:
        after = first.replace(year=year + 1) if month in (0, 12) else first.replace(month=month + 1)
        after = after.replace(month=1) if month == 12 else after
    return first.astimezone(UTC), after.astimezone(UTC)


_MONTHS = [date(2000, month, 1).strftime("%B") for month in range(1, 13)]


def _format_day(written: str) -> str:
    """``2003``, ``October 2011`` or ``2 August 2012``."""
    year, *rest = written.split("-")
    words = [year]
    if rest:
        words.insert(0, _MONTHS[int(rest[0]) - 1])
    if rest[1:]:
        words.insert(0, str(int(rest[1])))
    return " ".join(words)


def parse_offset(offset: str) -> int:
    """Parse an offset in a recording to seconds: ``12:30`` is 750."""
    total = 0
    for part in offset.split(":"):
        total = total * 60 + int(part)
    return total
