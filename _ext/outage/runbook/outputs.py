"""Outputs of a cell, bounded: what the journal keeps of them, and in words what it does not.

Streams are gathered and handed on a few times a second; of a long one, head and tail are kept.
Only text, Markdown and PNG are kept: pages show nothing else, for the rest can carry scripts.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD_CHARS = 192_000
TAIL_CHARS = 64_000
TEXT_CHARS = 64_000
IMAGE_BYTES = 1_000_000
IMAGE_PIXELS = 25_000_000
MOST_OUTPUTS = 200
EVERY = 0.2
KEPT = ("text/plain", "text/markdown", "image/png")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

Emit = "Callable[[dict[str, Any], str | None], None]"


@dataclass
class _Stream:
    """What of one stream is gathered, how much was handed on, and the tail of the rest."""

    gathered: str = ""
    kept: int = 0
    tail: str = ""
    dropped: int = 0


class CellOutputs:
    """Takes a cell's outputs as they come, and gives ``emit`` what is kept, in order.

    ``emit(output, cut)`` gets the notebook format's form and, if something of it was left out,
    what in words.
    """

    def __init__(self, emit: Callable[[dict[str, Any], str | None], None]) -> None:
        self._emit = emit
        self._streams: dict[str, _Stream] = {}
        self._flushed = monotonic()
        self._count = 0
        self._left_out = 0

    def stream(self, name: str, text: str) -> None:
        """Text on ``stdout`` or ``stderr``."""
        name = "stderr" if name == "stderr" else "stdout"
        for other in [each for each in self._streams if each != name]:
            self._hand_on(other)
        stream = self._streams.setdefault(name, _Stream())
        room = HEAD_CHARS - stream.kept - len(stream.gathered)
        stream.gathered += text[: max(room, 0)]
        if rest := text[max(room, 0) :]:
            joined = stream.tail + rest
            stream.tail = joined[-TAIL_CHARS:]
            stream.dropped += len(joined) - len(stream.tail)
        if monotonic() - self._flushed >= EVERY:
            self.flush()

    def rich(self, output_type: str, data: dict[str, Any]) -> None:
        """Display data or a result: its texts and its PNG, within limits."""
        self.flush()
        kept: dict[str, Any] = {}
        cuts: list[str] = []
        for mime, value in data.items():
            if mime in KEPT and isinstance(value, str):
                self._part(mime, value, kept, cuts)
            elif not mime.startswith("application/vnd.outage."):
                cuts.append(f"{mime} is not kept")
        output = {"output_type": output_type, "data": kept, "metadata": {}}
        if self._has_room():
            self._emit(output, "; ".join(cuts) or None)

    def error(self, name: str, value: str, traceback: list[str]) -> dict[str, str]:
        """What the cell raised; returns it without colours and bounded, as the cell's line has it."""
        self.flush()
        text, _ = _middle_out(without_colours("\n".join(traceback)), TEXT_CHARS)
        value, _ = _middle_out(without_colours(value), TEXT_CHARS)
        self._emit(
            {"output_type": "error", "ename": name, "evalue": value, "traceback": text.split("\n")}, None
        )
        return {"name": name, "value": value, "traceback": text}

    def flush(self) -> None:
        """Hand on what was gathered."""
        self._flushed = monotonic()
        for name in self._streams:
            self._hand_on(name)

    def finish(self) -> str | None:
        """Hand on everything, tails included; returns in words how much was left out, or None."""
        self.flush()
        for name, stream in self._streams.items():
            if stream.tail:
                cut = f"{stream.dropped} characters of {name} are left out here" if stream.dropped else None
                self._emit({"output_type": "stream", "name": name, "text": stream.tail}, cut)
        if self._left_out:
            return f"{self._left_out} further outputs are left out"
        return None

    def _hand_on(self, name: str) -> None:
        stream = self._streams[name]
        if stream.gathered:
            text, stream.gathered = stream.gathered, ""
            stream.kept += len(text)
            self._emit({"output_type": "stream", "name": name, "text": text}, None)

    def _has_room(self) -> bool:
        self._count += 1
        if self._count > MOST_OUTPUTS:
            self._left_out += 1
        return self._count <= MOST_OUTPUTS

    def _part(self, mime: str, value: str, kept: dict[str, Any], cuts: list[str]) -> None:
        if mime == "image/png":
            if reason := _bad_image(value):
                cuts.append(f"an image is not kept: {reason}")
            else:
                kept[mime] = value
            return
        kept[mime], dropped = _middle_out(value, TEXT_CHARS)
        if dropped:
            cuts.append(f"{dropped} characters of {mime} are left out")


def without_colours(text: str) -> str:
    """Text without the escapes that only colour it; others stay, to be shown as what they are."""
    return _COLOUR.sub("", text)


def _middle_out(text: str, most: int) -> tuple[str, int]:
    """The text, or its two ends around a mark; and how many characters are gone."""
    if len(text) <= most:
        return text, 0
    dropped = len(text) - most
    return f"{text[: most // 2]}\n… {dropped} characters are left out …\n{text[-(most // 2) :]}", dropped


def _bad_image(encoded: str) -> str | None:
    """Why a PNG is not kept: too long, too many pixels, or no PNG; None if it is fine."""
    if len(encoded) * 3 // 4 > IMAGE_BYTES:
        return f"more than {IMAGE_BYTES} bytes"
    try:
        head = base64.b64decode(encoded[:48])
    except (binascii.Error, ValueError):
        return "it is not base64"
    if head[:8] != b"\x89PNG\r\n\x1a\n" or head[12:16] != b"IHDR":
        return "it is no PNG"
    width, height = int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
    return f"{width} by {height} pixels" if width * height > IMAGE_PIXELS else None
