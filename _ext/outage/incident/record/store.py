"""The file of a record: append an event so that it lasts, read whatever is there.

Appends are locked and flushed to the disk. Readers never write, and a line that
was torn by a crash or a full disk costs that line only.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from outage import files, locks
from outage.errors import Failed, Refused
from outage.incident.record.conflict_markers import is_marker
from outage.incident.record.event import (
    MOST_N,
    VERSION,
    Event,
    is_believable,
    parse_event,
    replace_surrogates,
)

FILE = "record.jsonl"
_START = '{"v":'
_N = re.compile(rb'"n"\s*:\s*(\d{1,9})(?!\d)')
"""An ``n``, found without reading every event at each append; in a text its quotes would be escaped."""
_MARKED = "a conflict marker of git; both sides are read, and 'outage sync' takes it out"
_SAFELY = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
"""A link may lead anywhere, and a pipe in a record's place would be waited for without end."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a record that could not be read or believed; the rest of it holds.

    ``line`` is 0 when it is about an event rather than a line.
    """

    file: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a record file holds: events in the order of the file, and what could not be read."""

    events: tuple[Event, ...]
    problems: tuple[Problem, ...]


def append(
    folder: Path,
    kind: str,
    data: Mapping[str, Any],
    *,
    by: str,
    at: datetime | None = None,
    writer: str = "outage",
    check: Callable[[], object] = lambda: None,
) -> Event:
    """Add one event to the record in ``folder`` and return it when it is on the disk.

    ``at`` is aware; without it the event happened now. ``check`` is called while no one else can write
    to the record, so that what is decided on its state is decided there; what it raises is raised.
    Raises Refused for a kind or data that ``outage.incident.record.kinds`` does not allow or a time
    that readers would not believe, Failed if the file cannot be written.
    """
    from outage.incident.record.kinds import check_data  # pydantic, which reading can do without

    said = check_data(kind, replace_surrogates(dict(data)))
    if at is not None and not is_believable(at):
        raise Refused(f"an event cannot have happened in the year {at.year}", hint="look at the clock")

    def event_after(written: bytes) -> Event:
        check()
        now = datetime.now(UTC)  # under the lock, so that it is not before what it follows
        n = min(1 + max(map(int, _N.findall(written)), default=0), MOST_N)
        return Event(
            VERSION, str(uuid.uuid4()), at or now, now, replace_surrogates(by), writer, kind, said, n=n
        )

    return _write(folder, event_after)


def write(folder: Path, event: Event) -> None:
    """Append an event as it is, locked and flushed (Failed if it cannot be)."""
    _write(folder, lambda _: event)


def _write(folder: Path, event_after: Callable[[bytes], Event]) -> Event:
    """Append the event that is made of what the record holds, while no one else writes to it."""
    path = folder / FILE
    try:
        with lock_record(path) as descriptor:
            written = _read_all(descriptor)
            event = event_after(written)
            line = event.to_line()
            files.write_all(descriptor, line if written[-1:] in (b"", b"\n") else b"\n" + line)
            os.fsync(descriptor)
            return event
    except OSError as error:
        raise Failed(
            f"the event could not be written: {_explain(error)}",
            file=path,
            hint="nothing of it was recorded for certain; fix the disk or its rights, then say it again",
        ) from error


def _explain(error: OSError) -> str:
    """Return the system's words, or ours where those would puzzle."""
    links = error.errno == errno.ELOOP
    return "it is a link, and a record is written and read through none" if links else str(error.strerror)


@contextmanager
def lock_record(path: Path) -> Iterator[int]:
    """Hold the record's lock: yields a descriptor that reads and appends, through no link.

    The file may be replaced while we wait (a merge renames a new one into its place), so
    that the lock we got is on a file no one reads any more: then we begin again.
    """
    new = not path.exists()
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | _SAFELY
    descriptor = locks.open_current(path, lambda: os.open(path, flags, 0o644))
    try:
        if new:
            files.flush_folder(path.parent)
        yield descriptor
    finally:
        os.close(descriptor)


def is_plain(path: Path) -> bool:
    """Return whether a file is there itself: not a link, a folder or anything else."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _read_all(descriptor: int) -> bytes:
    """Return everything that an open file holds, wherever it is read or written."""
    return b"".join(iter(lambda: os.read(descriptor, 1 << 20), b""))


def read(folder: Path) -> Reading:
    """Read the record in ``folder``. A missing file is an empty record; Failed if it is unreadable."""
    path = folder / FILE
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | _SAFELY), "rb") as file:
            content = file.read()
    except FileNotFoundError:
        return Reading((), ())
    except OSError as error:
        raise Failed(f"the record cannot be read: {_explain(error)}", file=path) from error
    return read_bytes(content, path)


def read_bytes(content: bytes, path: Path) -> Reading:
    """Read a record's content; ``path`` is named in problems."""
    events: list[Event] = []
    problems: list[Problem] = []
    for number, raw in enumerate(content.split(b"\n"), start=1):
        if not raw.strip():
            continue
        if is_marker(raw):
            problems.append(Problem(path, number, _MARKED))
            continue
        try:
            events.append(parse_event(json.loads(raw)))
        except (ValueError, RecursionError) as error:
            saved = list(_salvage(raw))
            events += saved
            problems.append(Problem(path, number, _describe_error(error, len(saved))))
    return Reading(tuple(events), tuple(problems))


def _describe_error(error: Exception, saved: int) -> str:
    torn = isinstance(error, json.JSONDecodeError | UnicodeDecodeError | RecursionError)
    reason = "this line is torn or is not JSON, and is left out" if torn else f"left out: {error}"
    return f"{reason}; {saved} whole event(s) on it are kept" if saved else reason


def _salvage(raw: bytes) -> Iterator[Event]:
    """Yield whole events on a line that is not one, as when another program joined two lines.

    A quote inside a JSON text is escaped, so what looks like a start is one.
    """
    text = raw.decode("utf-8", "replace")
    start = text.find(_START)
    while start >= 0:
        try:
            value, end = json.JSONDecoder().raw_decode(text, start)
            yield parse_event(value)
        except (ValueError, RecursionError):
            end = start + 1
        start = text.find(_START, end)
