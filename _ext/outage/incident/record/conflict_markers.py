"""Git's conflict markers in an append-only file that was committed with them.

The lines between them are events like any other: both sides hold, and an event that both have
counts once. So a marker is only ever left out, never what is beside it.
"""

from __future__ import annotations

import re

_MARKER = re.compile(rb"(?:(?:<{7}|>{7}|\|{7})(?: .*)?|={7})\r?")


def is_marker(line: bytes) -> bool:
    """Return whether a line is a conflict marker; no line of JSON is one."""
    return _MARKER.fullmatch(line) is not None


def find_markers(content: bytes) -> list[int]:
    """Return the numbers of the lines that are conflict markers, from 1."""
    return [number for number, line in enumerate(content.split(b"\n"), start=1) if is_marker(line)]


def strip_markers(content: bytes) -> bytes:
    """Return the same content without its conflict markers, every other line as it is."""
    return b"\n".join(line for line in content.split(b"\n") if not is_marker(line))
