"""Standard streams that are closed, full or missing: what was asked for is done all the same, and said.

A stream that cannot be written is remembered instead of raised. An error in the middle of a command would
leave undone what comes after the words, and what is done would look as if it had failed: anyone who tries
again then has two incidents.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Buffer

_NOTHING = "  hint: send it where there is room; nothing was changed"
_DONE = "  What you asked for was carried out all the same, so don't repeat it."
_LOOK = "  hint: 'outage status' and 'outage runs' show what was done"


class _Forgiving(io.FileIO):
    """A file that remembers what went wrong when it was written, and takes the rest as written."""

    problem: OSError | None = None

    def write(self, data: Buffer, /) -> int:
        """Write what can be written."""
        try:
            return super().write(data)
        except OSError as error:
            self.problem = self.problem or error
            return memoryview(data).nbytes


class Streams:
    """The standard streams of this process, made safe to write to."""

    def __init__(self) -> None:
        """Open what is closed, so that no other file gets its number, and forgive what cannot be written.

        Streams that something else has put in their place (a test, a notebook) stay.
        """
        closed = {number for number in (0, 1, 2) if _reopen(number)}
        if sys.stdin is None:
            sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - as long as the process
        self._out: _Forgiving | None = None
        if sys.stdout is sys.__stdout__:
            sys.stdout, self._out = _open_forgiving(1, sys.stdout)
        if sys.stderr is sys.__stderr__:
            sys.stderr, _ = _open_forgiving(2, sys.stderr)
        if self._out and 1 in closed:
            self._out.problem = OSError(errno.EBADF, "it is closed")

    def settle(self, code: int, *, looks: bool) -> int:
        """Say what could not be shown, and return the exit code.

        Args:
            code: of the command itself.
            looks: whether showing was all it had to do: then it has failed. A reader who left is none.
        """
        if self._out is None:
            return code
        sys.stdout.flush()
        problem = self._out.problem
        if problem is None or problem.errno == errno.EPIPE:
            return code
        lines = [f"outage: standard output cannot be written: {problem.strerror}"]
        lines += [_NOTHING] if looks else [_LOOK] if code else [_DONE, _LOOK]
        sys.stderr.write("".join(f"{line}\n" for line in lines))
        sys.stderr.flush()
        return code or int(looks)


def _reopen(number: int) -> bool:
    """Whether a standard stream was closed; it leads nowhere from now on."""
    try:
        os.fstat(number)
    except OSError:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, number)
        if null != number:
            os.close(null)
        os.set_inheritable(number, True)
        return True
    return False


def _open_forgiving(number: int, before: IO[str] | None) -> tuple[io.TextIOWrapper, _Forgiving]:
    """Open a text stream on a descriptor, as the one before it was."""
    raw = _Forgiving(number, "w", closefd=False)
    stream = io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=getattr(before, "encoding", None) or "utf-8",
        errors=getattr(before, "errors", None) or "backslashreplace",
        line_buffering=bool(getattr(before, "line_buffering", False)) or number == 2,
    )
    return stream, raw
