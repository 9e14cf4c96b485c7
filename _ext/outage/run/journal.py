"""``journal.jsonl``: the truth about a run. Written ahead of what it tells, never rewritten.

Each line carries the hash of the line before it. That shows accidents and careless edits;
someone who can write the file can also forge the whole chain, which signed commits answer, not we.
A line is given to the system before what it tells of is done, so it outlives this process. It
outlives a loss of power from the moment it is on the disk: before a change, at a gate and at the
end we wait for that; other lines get there in the background, a few milliseconds later.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from outage import files, locks
from outage.errors import Failed, Refused
from outage.incident.record.event import format_moment, parse_moment, replace_surrogates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from outage.run.lines import Data

FILE = "journal.jsonl"
ALIVE = "alive.lock"
NO_LINE = "0" * 64
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
_PATIENCE = 1.0
_TOGETHER_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Line:
    """One line that could be read.

    Attributes:
        number: 1-based line in the file.
        at: when it was written, aware.
    """

    number: int
    at: datetime
    kind: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Trouble:
    """A line that could not be read, or at which the chain of hashes is broken (``edited``)."""

    line: int
    message: str
    edited: bool = False


@dataclass(frozen=True, slots=True)
class Lines:
    """A journal as read: its good lines, what is wrong, and the hash of its last line."""

    lines: tuple[Line, ...]
    troubles: tuple[Trouble, ...]
    head: str


class Journal:
    """Appends to the journal in a run's folder, and holds the lock that says its process lives.

    Another process may append between our lines (an approval): each append takes the file's
    lock and looks for what was added, so that the chain stays one chain.
    """

    def __init__(
        self,
        folder: Path,
        observe: Callable[[str, dict[str, Any]], None] | None = None,
        scrub: Callable[[Any], Any] = lambda data: data,
        *,
        runner: bool = True,
    ) -> None:
        """Open or create the journal in ``folder``, which exists.

        Args:
            folder: the run's.
            observe: called with every line that is written here.
            scrub: takes out of a line's data what may not be written.
            runner: whether this process carries the run out; an approver does not.

        Raises:
            Refused: another process carries the run out.
        """
        self._scrub = scrub
        self.path = folder / FILE
        self._observe = observe
        self._file = os.open(self.path, _FLAGS, 0o644)
        self._alive = _claim(folder) if runner else None
        self._size = -1
        self.head = NO_LINE
        self._syncing = _Syncing(self._file)
        files.flush_folder(folder)

    def append(self, data: Data, *, wait: bool = True) -> None:
        """Write one line; with ``wait`` it is on the disk when this returns, else soon after.

        Raises:
            Failed: it could not be written; what it tells of must then not be done.
        """
        self.decide(lambda: [data], wait=wait)

    def decide(self, decide: Callable[[], Iterable[Data]], *, wait: bool = True) -> None:
        """Write the lines that ``decide`` returns, while no other process can write one.

        What is decided on the journal's state is decided here: read it in ``decide``, which is called
        under the file's lock. What was read earlier may have been overtaken by another process.

        Args:
            decide: returns the lines, perhaps none; what it raises is raised, and nothing is written.
            wait: as for :meth:`append`.

        Raises:
            Failed: they could not be written; what they tell of must then not be done.
        """
        written: list[tuple[str, dict[str, Any]]] = []
        try:
            self._lock()
            try:
                for data in decide():
                    plain = self._scrub(replace_surrogates(data.model_dump(mode="json", exclude_none=True)))
                    self._write(data.kind, plain)
                    written.append((data.kind, plain))
            finally:
                locks.release(self._file)
            if not written:
                return
            if wait:
                os.fdatasync(self._file)
            else:
                self._syncing.soon()
        except OSError as error:
            hint = "nothing more is run; make room or fix the rights, then see what was done: outage runs"
            raise Failed(
                f"the journal cannot be written: {error.strerror}", file=self.path, hint=hint
            ) from error
        for kind, plain in written:
            self.tell(kind, plain)

    def _lock(self) -> None:
        """Take the lock of the file that has the name now: a sync may have put a merged one in its place."""
        locks.take(self._file)
        while not locks.is_current(self._file, self.path):
            current = os.open(self.path, _FLAGS, 0o644)
            os.dup2(current, self._file, inheritable=False)
            os.close(current)
            locks.take(self._file)

    def was_added_to(self) -> bool:
        """Return whether another process wrote lines after our last one."""
        return not locks.is_current(self._file, self.path) or os.fstat(self._file).st_size != self._size

    def tell(self, kind: str, data: dict[str, Any]) -> None:
        """Call the observer; one that can't show something (a closed pipe) never stops a run."""
        try:
            if self._observe:
                self._observe(kind, data)
        except (OSError, ValueError):
            self._observe = None

    def _write(self, kind: str, data: dict[str, Any]) -> None:
        gap = b""
        if os.fstat(self._file).st_size != self._size:
            content = _read_all(self._file)
            self.head = _hash_last_line(content)
            gap = b"\n" if content and not content.endswith(b"\n") else b""
        line = {"v": 1, "at": format_moment(datetime.now(UTC)), "kind": kind, "prev": self.head, "data": data}
        raw = _encode(line)
        files.write_all(self._file, gap + raw + b"\n")
        self.head = hashlib.sha256(raw).hexdigest()
        self._size = os.fstat(self._file).st_size

    def close(self) -> None:
        """Give up file and lock."""
        self._syncing.end()
        os.close(self._file)
        if self._alive is not None:
            os.close(self._alive)


class _Syncing:
    """Brings a file's content to the disk in the background, so that looking waits for no disk."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._asked = threading.Event()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._error: OSError | None = None

    def soon(self) -> None:
        """Ask for it; raises the OSError of an earlier asking that failed."""
        if self._error is not None:
            raise self._error
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()
        self._asked.set()

    def end(self) -> None:
        """See to it that what was asked for is done."""
        self._over.set()
        self._asked.set()
        if self._thread is not None:
            self._thread.join()
            with suppress(OSError):  # a device that does not sync; what had to be safe was synced before
                os.fdatasync(self._file)

    def _work(self) -> None:
        while not self._over.wait(_TOGETHER_SECONDS):  # what is asked for meanwhile is done at once
            self._asked.wait()
            self._asked.clear()
            try:
                os.fdatasync(self._file)
            except OSError as error:
                self._error = error
                return


def _claim(folder: Path) -> int:
    """Take the lock that says that a run's process lives; someone who only looks holds it for an instant."""
    descriptor = os.open(folder / ALIVE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    if locks.take(descriptor, wait=_PATIENCE):
        return descriptor
    os.close(descriptor)
    raise Refused(f"another process carries out {folder.name}", hint="'outage runs' shows it")


def read_journal(folder: Path) -> Lines:
    """Read the journal in a run's folder; a torn tail or a broken chain is trouble, not an error.

    Raises:
        Failed: there is no journal, or it cannot be opened.
    """
    path = folder / FILE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Failed(f"the journal cannot be read: {error.strerror}", file=path) from error
    return parse_journal(content)


def parse_journal(content: bytes) -> Lines:
    """Return lines, troubles and head of a journal's content."""
    lines: list[Line] = []
    troubles: list[Trouble] = []
    head = NO_LINE
    for number, raw in enumerate(_split_lines(content), 1):
        try:
            values = json.loads(raw)
            line = Line(number, parse_moment(values["at"]), str(values["kind"]), dict(values["data"]))
            prev, known = values.get("prev"), values.get("v") == 1
        except (ValueError, KeyError, TypeError, RecursionError):
            troubles.append(Trouble(number, "this line is torn or is no line of a journal, and is left out"))
        else:
            if prev != head:
                message = "the chain is broken here: a line before this one was changed, added or removed"
                troubles.append(Trouble(number, message, edited=True))
            if not known:
                troubles.append(Trouble(number, f"written in version {values.get('v')!r} of the format"))
            lines.append(line)
        head = hashlib.sha256(raw).hexdigest()
    return Lines(tuple(lines), tuple(troubles), head)


def is_alive(folder: Path) -> bool:
    """Return whether the process that writes the run in ``folder`` lives, on this machine."""
    try:
        descriptor = os.open(folder / ALIVE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not locks.take(descriptor, shared=True, wait=0)
    finally:
        os.close(descriptor)


def _encode(line: dict[str, Any]) -> bytes:
    """Encode a line as JSON; escaped throughout if it holds what a terminal would obey, so cat is safe."""
    text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
    if not text.isprintable():
        text = json.dumps(line, separators=(",", ":")).replace("\x7f", "\\u007f")
    return text.encode()


def _split_lines(content: bytes) -> list[bytes]:
    lines = content.split(b"\n")
    return lines[:-1] if not lines[-1] else lines


def _hash_last_line(content: bytes) -> str:
    lines = _split_lines(content)
    return hashlib.sha256(lines[-1]).hexdigest() if lines else NO_LINE


def _read_all(descriptor: int) -> bytes:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)
