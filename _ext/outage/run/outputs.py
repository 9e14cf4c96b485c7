"""Outputs of a cell, bounded: what the journal keeps of them, and in words what it does not.

Streams are gathered and handed on a few times a second; of a long one, head and tail are kept.
Of many displays the first and the last are kept. Of one that is updated in place the journal keeps the
first and the last state; the run that is folded from it shows the last, and nothing that was cleared.
Only text, Markdown and PNG are kept: pages show nothing else, for the rest can carry scripts.
Secrets are left out before anything is cut, so that no cut can hide half of one.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from outage.errors import Refused
from outage.kit import ACTIONS_MIME, SAVED_MIME, SECRET_MIME
from outage.redact.known import learn
from outage.redact.scrub import Scrubber
from outage.run import lines
from outage.secrets import resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from outage.run.runner import Runner
    from outage.runbook.notebook import Cell


HEAD_CHARS = 192_000
TAIL_CHARS = 64_000
TEXT_CHARS = 64_000
IMAGE_BYTES = 1_000_000
IMAGE_PIXELS = 25_000_000
HEAD_OUTPUTS = 100
TAIL_OUTPUTS = 100
EVERY = 0.2
GLIMPSE_EVERY = 1.0
KEPT = ("text/plain", "text/markdown", "image/png")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class _Stream:
    """One stream of a cell.

    Attributes:
        raw: came in, and may hold a secret.
        kept: characters that were handed on.
        tail: raw as well: the end of all that came when the head was full.
        over: characters that came when the head was full.
        lines: how many line ends came in.
    """

    raw: str = ""
    kept: int = 0
    tail: str = ""
    over: int = 0
    lines: int = 0


class CellOutputs:
    """Takes a cell's outputs as they come, and gives ``take`` what is kept, in order.

    ``take(output, cut, display, clears)`` gets the notebook format's form; if something of it was left
    out, what in words; the number of the display that it shows, if it has one; and True if the cell
    cleared all that it had shown before.
    """

    def __init__(
        self,
        take: Callable[[dict[str, Any], str | None, int | None, bool], None],
        scrubber: Scrubber | None = None,
        glimpse: Callable[[int, str], None] | None = None,
    ) -> None:
        """``glimpse`` is told, now and then, how many lines there are so far and the latest of them."""
        self._take = take
        self._scrubber = scrubber or Scrubber()
        self._glimpse = glimpse
        self._streams: dict[str, _Stream] = {}
        self._flushed = monotonic()
        self._glimpsed = monotonic()
        self._count = 0
        self._last: deque[tuple[dict[str, Any], str | None, int | None]] = deque()
        self._left_out = 0
        self._displays: dict[str, int] = {}
        self._updated: dict[int | None, tuple[dict[str, Any], str | None, int | None]] = {}
        self._cleared = False

    def stream(self, name: str, text: str) -> None:
        """Take text on ``stdout`` or ``stderr``."""
        name = "stderr" if name == "stderr" else "stdout"
        for other in [each for each in self._streams if each != name]:
            self._hand_on(other)
        stream = self._streams.setdefault(name, _Stream())
        stream.lines += text.count("\n")
        room = max(HEAD_CHARS - stream.kept, 0)
        if stream.over or not room:
            held, stream.raw = stream.raw, ""
            self._to_tail(stream, held + text)
        else:
            stream.raw += text
            if len(stream.raw) >= room + self._scrubber.longest:
                self._hand_on(name)
        if monotonic() - self._flushed >= EVERY:
            self.flush()

    def rich(
        self, output_type: str, data: dict[str, Any], display: str | None = None, *, update: bool = False
    ) -> None:
        """Take display data or a result: its texts and its PNG, within limits.

        Args:
            output_type: as the notebook format has it.
            data: by media type.
            display: the display that it shows, if that can be updated.
            update: whether it takes the place of what that display showed; only the last such is kept.
        """
        self.flush()
        if SECRET_MIME in data:  # a cell has read a secret of its own: from now on we know it too
            with suppress(Refused, TypeError):
                learn(self._scrubber, resolve(data[SECRET_MIME]))
            return
        kept: dict[str, Any] = {}
        cuts: list[str] = []
        for mime, value in data.items():
            if mime in KEPT and isinstance(value, str):
                self._part(mime, value, kept, cuts)
            elif not mime.startswith("application/vnd.outage."):
                cuts.append(f"{mime} is not kept")
        output = {"output_type": output_type, "data": kept, "metadata": {}}
        number = None if display is None else self._displays.setdefault(display, len(self._displays))
        kept_now = (output, "; ".join(cuts) or None, number)
        if update:
            self._updated.pop(number, None)
            self._updated[number] = kept_now
            if len(self._updated) > TAIL_OUTPUTS:
                del self._updated[next(iter(self._updated))]
                self._left_out += 1
        else:
            self._keep(*kept_now)

    def clear(self) -> None:
        """Give up what was gathered; what is handed on next takes the place of all before it."""
        for stream in self._streams.values():
            stream.raw = stream.tail = ""
            stream.over = 0
        self._last.clear()
        self._updated.clear()
        self._left_out, self._cleared = 0, True

    def error(self, name: str, value: str, traceback: list[str]) -> dict[str, str]:
        """Take what the cell raised; return it without colours and bounded, as the cell's line has it."""
        self.flush()
        self._emit_last()
        name = self._scrubbed(name)
        text, _ = _cut_middle(self._scrubbed("\n".join(traceback)), TEXT_CHARS)
        value, _ = _cut_middle(self._scrubbed(value), TEXT_CHARS)
        self._emit(
            {"output_type": "error", "ename": name, "evalue": value, "traceback": text.split("\n")}, None
        )
        return {"name": name, "value": value, "traceback": text}

    def flush(self) -> None:
        """Hand on what was gathered; what may be the beginning of a secret waits."""
        self._flushed = monotonic()
        for name in self._streams:
            self._hand_on(name)
        if self._glimpse and self._flushed - self._glimpsed >= GLIMPSE_EVERY:
            self._glimpsed = self._flushed
            self._glimpse(sum(stream.lines for stream in self._streams.values()), self._latest())

    def finish(self) -> None:
        """Hand on everything, tails included."""
        for name in self._streams:
            self._hand_on(name, whole=True)
        for name, stream in self._streams.items():
            if stream.tail:
                whole = len(stream.tail) == stream.over
                text = (self._scrubber.output if whole else self._scrubber.end)(stream.tail)[-TAIL_CHARS:]
                dropped = stream.over - len(text)
                cut = f"{dropped} characters of {name} are left out here" if dropped > 0 else None
                self._emit({"output_type": "stream", "name": name, "text": text}, cut)
        self._emit_last()

    def _to_tail(self, stream: _Stream, text: str) -> None:
        """Keep the end: enough of it that a secret across the cut is still seen whole."""
        stream.over += len(text)
        stream.tail += text
        most = TAIL_CHARS + self._scrubber.longest
        if len(stream.tail) > 2 * most:  # not every time: that would copy it all for each line
            stream.tail = stream.tail[-most:]

    def _hand_on(self, name: str, *, whole: bool = False) -> None:
        stream = self._streams[name]
        if not stream.raw:
            return
        text, held = self._scrubber.split(stream.raw)
        if whole:
            text, held = self._scrubber.output(stream.raw), ""
        room = HEAD_CHARS - stream.kept
        if len(text) > room:  # what is over is scrubbed already; that it is scrubbed again does no harm
            self._to_tail(stream, text[room:] + held)
            text, held = text[:room], ""
        stream.raw = held
        stream.kept += len(text)
        if text:
            self._emit({"output_type": "stream", "name": name, "text": text}, None)

    def _latest(self) -> str:
        """Return the last whole line of what is beyond the head, or nothing."""
        for stream in self._streams.values():
            lines = stream.tail[-2000:].split("\n")
            if len(lines) > 2:
                return self._scrubber.output(lines[-2])
        return ""

    def _scrubbed(self, text: str) -> str:
        return self._scrubber.output(strip_colours(text))

    def _emit(self, output: dict[str, Any], cut: str | None, display: int | None = None) -> None:
        self._take(output, cut, display, self._cleared)
        self._cleared = False

    def _keep(self, output: dict[str, Any], cut: str | None, display: int | None) -> None:
        """Hand on the first outputs at once; of the others remember the last."""
        self._count += 1
        if self._count <= HEAD_OUTPUTS:
            self._emit(output, cut, display)
            return
        self._last.append((output, cut, display))
        if len(self._last) > TAIL_OUTPUTS:
            self._last.popleft()
            self._left_out += 1

    def _emit_last(self) -> None:
        """Hand on the last displays, and the last state of each one that was updated in place."""
        gone = f"{self._left_out} outputs are left out here" if self._left_out else None
        for output, cut, display in [*self._last, *self._updated.values()]:
            self._emit(output, "; ".join(each for each in (gone, cut) if each) or None, display)
            gone = None
        self._left_out = 0
        self._last.clear()
        self._updated.clear()

    def _part(self, mime: str, value: str, kept: dict[str, Any], cuts: list[str]) -> None:
        if mime == "image/png":
            if reason := _refuse_image(value):
                cuts.append(f"an image is not kept: {reason}")
            else:
                kept[mime] = value
            return
        kept[mime], dropped = _cut_middle(self._scrubber.output(value), TEXT_CHARS)
        if dropped:
            cuts.append(f"{dropped} characters of {mime} are left out")


def strip_colours(text: str) -> str:
    """Return text without the escapes that only colour it; others stay, to be shown as what they are."""
    return _COLOUR.sub("", text)


def _cut_middle(text: str, most: int) -> tuple[str, int]:
    """Return the text, or its two ends around a mark; and how many characters are gone."""
    if len(text) <= most:
        return text, 0
    dropped = len(text) - most
    return f"{text[: most // 2]}\n… {dropped} characters are left out …\n{text[-(most // 2) :]}", dropped


def _refuse_image(encoded: str) -> str | None:
    """Return why a PNG is not kept: too long, too many pixels, or no PNG; None if it is fine."""
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


class CellSink:
    """Where the client puts a cell's outputs."""

    def __init__(self, runner: Runner, cell: Cell, tag: str) -> None:
        self.runner, self.cell, self.tag = runner, cell, tag
        journal = runner.journal
        self.outputs = CellOutputs(
            self._emit,
            runner.prepared.scrubber,
            lambda lines, latest: journal.tell(
                "glimpse", {"cell": cell.index, "lines": lines, "latest": latest}
            ),
        )
        self.stream = self.outputs.stream
        self.error = self.outputs.error
        self.clear = self.outputs.clear

    def _emit(self, output: dict[str, Any], cut: str | None, display: int | None, clears: bool) -> None:
        line = lines.OutputLine(
            cell=self.cell.index, output=output, cut=cut, display=display, clears=clears or None
        )
        self.runner.journal.append(line, wait=False)

    def rich(
        self, output_type: str, data: dict[str, Any], display: str | None = None, *, update: bool = False
    ) -> None:
        """Take display data; proposals count in read cells only."""
        with contextlib.suppress(KeyError, TypeError, ValidationError):  # not the kit's: it counts as output
            if ACTIONS_MIME in data and self.tag == "read":
                self.runner.propose(self.cell, data[ACTIONS_MIME])
            if SAVED_MIME in data:
                self.runner.save(self.cell, data[SAVED_MIME])
        self.outputs.rich(output_type, data, display, update=update)
