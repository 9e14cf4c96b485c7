"""Lengths of time, as people write them: ``20m``, ``1h``, ``1h30m``, ``3 business days``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_UNITS = {
    **{short: name for name in _SECONDS for short in (name, f"{name}s", name[0])},
    **{"sec": "second", "secs": "second", "min": "minute", "mins": "minute", "hr": "hour", "hrs": "hour"},
}
_PART = re.compile(r"\s*(\d{1,6})\s*([a-z]+)\s*,?")
_BUSINESS = re.compile(r"\s*(\d{1,4})\s*(?:business|working)\s+days?\s*")
_LONGEST = 100 * 366 * 86400
"""Seconds, a hundred years: a moment that far off can still be written as a date."""
_WORKING_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Duration:
    """A length of time: exact, or a number of business days.

    Attributes:
        exact: the length, or None when it is counted in business days.
        business_days: the count of business days, or None when it is exact.
        words: the length in the units in which it was written (72 hours stay 72 hours).
    """

    exact: timedelta | None = None
    business_days: int | None = None
    words: str = field(default="", compare=False)

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read ``text``.

        Raises:
            ValueError: it is not a length of time, or it is none at all.
        """
        lower = text.strip().lower()
        if business := _BUSINESS.fullmatch(lower):
            days = int(business[1])
            if days == 0:
                raise ValueError(text)
            return cls(business_days=days, words=_count(days, "business day"))
        at, seconds, words = 0, 0, []
        while at < len(lower):
            part = _PART.match(lower, at)
            if part is None or part[2] not in _UNITS:
                raise ValueError(text)
            count, unit = int(part[1]), _UNITS[part[2]]
            seconds += count * _SECONDS[unit]
            words.append(_count(count, unit))
            at = part.end()
        if not 0 < seconds <= _LONGEST:
            raise ValueError(text)
        return cls(exact=timedelta(seconds=seconds), words=" ".join(words))

    @property
    def length(self) -> timedelta:
        """A length to compare with: a business day counts as one day."""
        return self.exact if self.exact is not None else _WORKING_DAY * (self.business_days or 0)

    def __str__(self) -> str:
        """Return the length in words: ``30 minutes``, ``1 hour 30 minutes``, ``3 business days``."""
        if self.words:
            return self.words
        if self.exact is None:
            return _count(self.business_days or 0, "business day")
        left, words = int(self.exact.total_seconds()), []
        for unit in ("day", "hour", "minute", "second"):
            count, left = divmod(left, _SECONDS[unit])
            words += [_count(count, unit)] if count else []
        return " ".join(words)

    @property
    def often(self) -> str:
        """The words after "every": ``hour``, ``30 minutes``; ``1 hour 30 minutes`` keeps its number."""
        one, _, rest = str(self).partition(" ")
        return rest if one == "1" and not any(letter.isdigit() for letter in rest) else str(self)

    @property
    def short(self) -> str:
        """The shortest notation that :meth:`parse` reads back: ``1h30m``, ``3 business days``."""
        if self.exact is None:
            return str(self)
        left, parts = int(self.exact.total_seconds()), ""
        for unit, letter in (("day", "d"), ("hour", "h"), ("minute", "m"), ("second", "s")):
            count, left = divmod(left, _SECONDS[unit])
            parts += f"{count}{letter}" if count else ""
        return parts

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Accept a Duration or its text; write text."""
        return core_schema.no_info_plain_validator_function(
            _validate, serialization=core_schema.plain_serializer_function_ser_schema(lambda d: d.short)
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return a string in JSON Schema."""
        return {"type": "string", "description": "20m, 1h30m, 2 days, 3 business days", "examples": ["30m"]}


def _validate(value: Any) -> Duration:
    if isinstance(value, Duration):
        return value
    try:
        if isinstance(value, str):
            return Duration.parse(value)
    except ValueError:
        pass
    shown = value if isinstance(value, (str, int, float)) else type(value).__name__
    context = {"shown": str(shown), "hint": "write 20m, 1h, 1h30m, 2 days or 3 business days"}
    raise PydanticCustomError("duration", "'{shown}' is not a length of time", context)


def _count(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
