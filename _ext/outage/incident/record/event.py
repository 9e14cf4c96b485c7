"""One event of an incident's record, and the line of JSON it is kept as.

This module imports the standard library only, for ``outage note`` is typed in a hurry.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

VERSION = 1
YEARS = (1970, 2199)
"""The first and the last year of a time that is believed; any other is a slip, or a broken clock."""
FIELDS = ("v", "id", "at", "recorded", "by", "writer", "kind", "data")
"""The keys that every line has; ``n`` is missing on lines of older writers."""
MOST_N = 10**9


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, as someone recorded it.

    Attributes:
        v: version of the format, 1.
        id: a UUID; an id counts once, however often it is read.
        at: when it happened (aware, UTC).
        recorded: when it was written down (aware, UTC); later than ``at`` for late entries.
        by: who recorded it, as they said; no one checks this.
        writer: the program that wrote the line.
        kind: ``note``, ``role``, ...; a kind we do not know is kept and shown as such.
        data: what the kind says, see ``outage.incident.record.kinds``; unknown keys are kept.
        extra: keys of the line that this version does not know.
        n: one more than the largest ``n`` that its writer had read; 0 where an older writer gave none.
    """

    v: int
    id: str
    at: datetime
    recorded: datetime
    by: str
    writer: str
    kind: str
    data: Mapping[str, Any]
    extra: Mapping[str, Any] = field(default_factory=dict)
    n: int = 0

    @property
    def order(self) -> tuple[datetime, datetime, str]:
        """The key by which a record is read: when it happened, when it was written, then the id."""
        return (self.at, self.recorded, self.id)

    def to_line(self) -> bytes:
        """Return a line of UTF-8 JSON with its newline; what doesn't print is escaped, so ``cat`` is safe."""
        values: dict[str, Any] = {
            "v": self.v,
            "id": self.id,
            "at": format_moment(self.at),
            "recorded": format_moment(self.recorded),
            **({"n": self.n} if self.n else {}),
            "by": self.by,
            "writer": self.writer,
            "kind": self.kind,
            "data": dict(self.data),
            **self.extra,
        }
        text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        if not text.isprintable():
            text = "".join(c if c.isprintable() else _escape(c) for c in text)
        return text.encode() + b"\n"


def _escape(character: str) -> str:
    """Return the JSON escape of one character, for use inside a JSON string."""
    return json.dumps(character)[1:-1] if character != "\x7f" else "\\u007f"


def replace_surrogates(value: Any) -> Any:
    """Return the same value without lone surrogates, which JSON can write and nothing can print.

    They come from arguments that are not UTF-8.
    """
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [replace_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {replace_surrogates(key): replace_surrogates(item) for key, item in value.items()}
    return value


def format_moment(moment: datetime) -> str:
    """Format a moment as ``2026-11-20T09:40:46.123456Z``; a naive time is a ValueError."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def parse_moment(text: object) -> datetime:
    """Parse an ISO 8601 time with a zone, as ``format_moment`` writes it, to aware UTC (else ValueError)."""
    if not isinstance(text, str):
        raise ValueError("a time is a text such as 2026-11-20T09:40:46Z")
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError(f"the time {text!r} has no zone")
    if not is_believable(read):
        raise ValueError(f"the time {text!r} is not in the years {YEARS[0]} to {YEARS[1]}")
    return read.astimezone(UTC)


def is_believable(at: datetime) -> bool:
    """Return whether a moment lies in the years in which an event of a record can lie."""
    return YEARS[0] <= at.year <= YEARS[1]


def parse_event(values: object) -> Event:
    """Return the event that a record line holds; ValueError says what is wrong with it."""
    values = replace_surrogates(values)
    if not isinstance(values, dict):
        raise ValueError("not an event: a JSON object is expected")
    missing = [name for name in FIELDS if name not in values]
    if missing:
        raise ValueError(f"not an event: {', '.join(missing)} missing")
    version, data = values["v"], values["data"]
    if type(version) is not int or not isinstance(data, dict):
        raise ValueError("not an event: v is a number and data an object")
    n = values.get("n", 0)
    if type(n) is not int or not 0 <= n <= MOST_N:
        raise ValueError(f"not an event: n is a whole number from 0 to {MOST_N}")
    for name in ("id", "by", "writer", "kind"):
        if not isinstance(values[name], str):
            raise ValueError(f"not an event: {name} is a text")
    if not values["id"] or not values["kind"]:
        raise ValueError("not an event: id and kind are not empty")
    extra = {key: value for key, value in values.items() if key not in (*FIELDS, "n")}
    known: dict[str, Any] = {name: values[name] for name in FIELDS}
    known |= {"at": parse_moment(values["at"]), "recorded": parse_moment(values["recorded"])}
    return Event(**known, extra=extra, n=n)
