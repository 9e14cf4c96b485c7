"""The types a runbook's parameters may have, read from annotations without evaluating them.

An annotation becomes a small tree (:data:`Type`); text from a command line, values from a
YAML file and defaults become Python values by it. Limits (``Field(ge=1)``) are pydantic's
to check: :func:`build_annotation` gives it the ordinary Python type.
"""

from __future__ import annotations

import json
import math
import re
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from outage.secrets import FORMS, PATTERN, is_reference

if TYPE_CHECKING:
    pass


SCALARS: dict[str, tuple[type, str]] = {
    "int": (int, "a whole number"),
    "float": (float, "a number"),
    "str": (str, "a text"),
    "bool": (bool, "true or false"),
    "date": (date, "a date, as 2026-01-31"),
    "datetime": (datetime, "a date and time, as 2026-01-31T09:30+00:00"),
    "timedelta": (timedelta, "a length of time, as 20m or 1h30m"),
    "Path": (Path, "a path"),
    "SecretStr": (str, f"a reference to a secret, as {FORMS}"),
}
_TRUTH = {"true": True, "yes": True, "false": False, "no": False}
_WHOLE = re.compile(r"[-+]?\d{1,300}")
_MOST_SHOWN = 80
_LONGEST = timedelta(days=36_500)
"""A longer time is written in seconds: a policy's durations end at a hundred years."""


class Reference(str):
    """What ``SecretStr("...")`` holds as a default: a reference, never the secret."""

    __slots__ = ()


@dataclass(frozen=True)
class ScalarType:
    """One of :data:`SCALARS`, with the limits that ``Field`` set."""

    name: str
    limits: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class LiteralType:
    """``Literal[...]``."""

    options: tuple[str | int | bool, ...]


@dataclass(frozen=True)
class ListType:
    """``list[item]``, with the limits that ``Field`` set on the list."""

    item: Type
    limits: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class UnionType:
    """``A | B``; with ``| None`` the parameter may be none."""

    members: tuple[Type, ...]
    none: bool
    limits: dict[str, Any] = field(default_factory=dict, hash=False)


Type = ScalarType | LiteralType | ListType | UnionType


def describe_type(kind: Type) -> str:
    """Describe what a value of this type is: ``a whole number``, ``one of 'a', 'b'``."""
    if isinstance(kind, ScalarType):
        return SCALARS[kind.name][1]
    if isinstance(kind, LiteralType):
        return f"one of {', '.join(str(option) for option in kind.options)}"
    if isinstance(kind, ListType):
        return f"a list, each {describe_type(kind.item)}"
    return " or ".join([*map(describe_type, kind.members), *(["none"] if kind.none else [])])


def is_secret(kind: Type) -> bool:
    """Whether a value of this type is a reference to a secret: what was given for it is never repeated."""
    if isinstance(kind, UnionType):
        return any(map(is_secret, kind.members))
    return is_secret(kind.item) if isinstance(kind, ListType) else getattr(kind, "name", "") == "SecretStr"


def build_annotation(kind: Type) -> Any:
    """Build the Python type that pydantic checks, limits included."""
    from pydantic import Field, StringConstraints

    if isinstance(kind, LiteralType):
        return Literal[kind.options]
    if isinstance(kind, ScalarType):
        plain: Any = SCALARS[kind.name][0]
        if kind.name == "SecretStr":
            plain = Annotated[str, StringConstraints(pattern=f"^{PATTERN}$")]
    elif isinstance(kind, ListType):
        plain = list[build_annotation(kind.item)]  # type: ignore[misc]
    else:
        plain = build_annotation(kind.members[0])
        for member in kind.members[1:]:
            plain = plain | build_annotation(member)
        plain = plain | None if kind.none else plain
    return Annotated[plain, Field(**kind.limits)] if kind.limits else plain


def from_text(kind: Type, text: str) -> Any:
    """Read the value that someone typed after ``-p name=``.

    Lists are ``a,b,c`` or JSON; ``none`` is none where the type allows it.

    Raises:
        ValueError: it is no value of this type, in words.
    """
    if isinstance(kind, LiteralType):
        for option in kind.options:
            if text == (str(option).lower() if isinstance(option, bool) else str(option)):
                return option
        raise _refuse(kind, text)
    if isinstance(kind, ListType):
        return _list_from_text(kind, text)
    if isinstance(kind, UnionType):
        return _read_member(kind, text, from_text)
    return _scalar(kind, text)


def from_data(kind: Type, value: Any) -> Any:
    """Read a value of a YAML or JSON file; text in it may stand for dates, paths and the like.

    Raises:
        ValueError: it is no value of this type, in words.
    """
    if isinstance(kind, LiteralType):
        if any(type(value) is type(option) and value == option for option in kind.options):
            return value
    elif isinstance(kind, ListType):
        if isinstance(value, list):
            return [from_data(kind.item, item) for item in value]
    elif isinstance(kind, UnionType):
        return _read_member(kind, value, from_data)
    else:
        if isinstance(value, str) and kind.name not in {"int", "float", "bool"}:
            return _scalar(kind, value)
        if kind.name == "float" and type(value) in {int, float}:
            with suppress(ValueError, OverflowError):
                return _number(value)
        elif type(value) is SCALARS[kind.name][0]:
            return value
    raise _refuse(kind, value)


def fits(kind: Type, value: Any) -> bool:
    """Whether a Python value, as a default in the cell has it, is of this very type."""
    if isinstance(kind, LiteralType):
        return any(type(value) is type(option) and value == option for option in kind.options)
    if isinstance(kind, ListType):
        return isinstance(value, list) and all(fits(kind.item, item) for item in value)
    if isinstance(kind, UnionType):
        return (kind.none and value is None) or any(fits(member, value) for member in kind.members)
    if kind.name == "SecretStr":
        return isinstance(value, Reference) and is_reference(value)
    if kind.name == "float":
        return type(value) in {int, float} and abs(value) <= sys.float_info.max
    if kind.name == "Path":
        return isinstance(value, Path) and "\0" not in str(value) and _is_text(str(value))
    if kind.name == "str":
        return type(value) is str and _is_text(value)
    return type(value) is SCALARS[kind.name][0]


def to_text(value: Any) -> str:
    """Format a value as the text that :func:`from_text` reads back."""
    if isinstance(value, list):
        plain = [to_data(item) for item in value]
        return json.dumps(plain, ensure_ascii=False)
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    return str(to_data(value))


def to_data(value: Any) -> Any:
    """Make the JSON form of a value, as the journal keeps it; :func:`from_data` reads it back."""
    if isinstance(value, timedelta):
        from outage.policy.duration import Duration

        if timedelta(seconds=1) <= value <= _LONGEST and not value.microseconds:
            return Duration(exact=value).short
        return f"{value.total_seconds():.6f}".rstrip("0").rstrip(".") + " seconds"
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    return [to_data(item) for item in value] if isinstance(value, list) else value


def _read_member(kind: UnionType, value: Any, read: Any) -> Any:
    """Read a value by the first member type that takes it; none first, where it may be none."""
    if kind.none and (value is None or value == "none"):
        return None
    for member in kind.members:
        try:
            return read(member, value)
        except ValueError:
            continue
    raise _refuse(kind, value)


def _refuse(kind: Type, value: Any) -> ValueError:
    """Make an error that a value isn't of the type; what may be a secret is not repeated."""
    if is_secret(kind):
        return ValueError(f"what was given is not {describe_type(kind)}")
    return ValueError(f"{_shorten(value)} is not {describe_type(kind)}")


def _shorten(value: Any) -> str:
    """Shorten what was given, for a message that repeats it."""
    shown = f"'{value}'" if isinstance(value, str) else json.dumps(value, default=str)
    return shown if len(shown) <= _MOST_SHOWN else f"{shown[:_MOST_SHOWN]}… ({len(shown)} characters)"


def _is_text(text: str) -> bool:
    """Whether it can be written down: no half of a surrogate pair, no byte that was not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _list_from_text(kind: ListType, text: str) -> list[Any]:
    if text.lstrip().startswith("["):
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError(f"{_shorten(text)} starts as a JSON list and is none") from None
        return list(from_data(kind, data))
    return [from_text(kind.item, item.strip()) for item in text.split(",")] if text.strip() else []


def _scalar(kind: ScalarType, text: str) -> Any:
    """One value from text."""
    if not _is_text(text):
        raise ValueError("what was given is not UTF-8 text")
    try:
        if kind.name in _READERS:
            return _READERS[kind.name](text)
    except (ValueError, OverflowError):
        raise _refuse(kind, text) from None
    return text


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text.strip()):
        raise ValueError(text)
    return int(text)


def _number(value: str | float) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def _truth(text: str) -> bool:
    if text.strip().lower() not in _TRUTH:
        raise ValueError(text)
    return _TRUTH[text.strip().lower()]


_NONE_AT_ALL = re.compile(r"\s*0+\s*(?:[smhd]|(?:second|minute|hour|day)s?)\s*")


def _duration(text: str) -> timedelta:
    from outage.policy.duration import Duration

    if part := re.fullmatch(r"\s*(-?\d+(?:\.\d+)?(?:e-?\d+)?) seconds\s*", text):
        return timedelta(seconds=float(part[1]))
    if _NONE_AT_ALL.fullmatch(text):  # for a policy that is no length of time; a parameter may allow it
        return timedelta(0)
    exact = Duration.parse(text).exact
    if exact is None:
        raise ValueError(text)
    return exact


def _path(text: str) -> Path:
    if not text or "\0" in text:
        raise ValueError(text)
    return Path(text)


def _reference(text: str) -> str:
    if not is_reference(text):
        raise ValueError(text)
    return text


_READERS: dict[str, Any] = {
    "int": _whole,
    "float": _number,
    "bool": _truth,
    "date": lambda text: date.fromisoformat(text.strip()),
    "datetime": lambda text: datetime.fromisoformat(text.strip()),
    "timedelta": _duration,
    "Path": _path,
    "SecretStr": _reference,
}


_LIMITS = {
    "ge": "at least",
    "gt": "more than",
    "le": "at most",
    "lt": "less than",
    "multiple_of": "a multiple of",
    "min_length": "length at least",
    "max_length": "length at most",
    "pattern": "of the pattern",
}


def describe_limits(kind: Type) -> list[str]:
    """Describe the limits of a type, and of the types it is made of: ``at least 1``, ``at most 72``."""
    found = [
        f"{_LIMITS[name]} {to_text(value)}"
        for name, value in getattr(kind, "limits", {}).items()
        if name in _LIMITS
    ]
    inner = (
        kind.members if isinstance(kind, UnionType) else (kind.item,) if isinstance(kind, ListType) else ()
    )
    return [*found, *(limit for member in inner for limit in describe_limits(member))]
