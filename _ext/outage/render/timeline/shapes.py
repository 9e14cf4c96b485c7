"""What drawings of times consist of: numbers, and short texts that a template escapes."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from outage.render.timeline.axis import Axis, Piece
from outage.text import one_line

CHARACTER = 0.56
"""Width of an average character of a sans-serif face, in units of its size."""
SIDE = 10.0
"""Room between the plot and the edge of the drawing."""


@dataclass(frozen=True, slots=True)
class Frame:
    """How much room there is. All in user units, which are CSS pixels at full size.

    Attributes:
        name: ``wide`` or ``narrow``; ids in the template end with it.
        width: of the whole drawing.
        gutter: room for lane names left of the plot; 0 puts them above their lanes.
        row: height of one row of a lane.
        bar: height of a bar.
        head: height of the axis above the lanes.
        size: of the text, in pixels.
        tick_room: least distance between two times on the axis.
    """

    name: str
    width: float
    gutter: float
    row: float
    bar: float
    head: float
    size: float
    tick_room: float

    @property
    def name_height(self) -> float:
        """Room above a lane for its name, when there is no gutter."""
        return 0.0 if self.gutter else self.size + 7

    @property
    def left(self) -> float:
        """Where the plot begins."""
        return self.gutter + SIDE

    @property
    def right(self) -> float:
        """Where the plot ends."""
        return self.width - SIDE


@dataclass(frozen=True, slots=True)
class AxisText:
    """A time on the axis: ``text`` above the lanes, ``below`` (local time, or nothing) under them."""

    x: float
    text: str
    below: str = ""


@dataclass(frozen=True, slots=True)
class Cut:
    """A silence that was cut short: from ``x`` on, ``width`` wide, ``text`` long."""

    x: float
    width: float
    text: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What every drawing has besides its lanes.

    Attributes:
        height: of the whole drawing.
        bottom: where the lanes end; they begin below the frame's head.
        ticks: times on the axis.
        cuts: silences that were cut short.
    """

    frame: Frame
    height: float
    bottom: float
    ticks: tuple[AxisText, ...]
    cuts: tuple[Cut, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """A text beside or inside a bar; ``anchor`` is SVG's: start or end."""

    text: str
    x: float
    anchor: str = "start"
    inside: bool = True


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time in a lane.

    Attributes:
        css: class, of a fixed list.
        words: what it says, for a pointer and for a screen reader.
        event: id of the event it stands for, or the empty string.
        label: text on it, shortened to what fits, or None.
    """

    x: float
    y: float
    width: float
    height: float
    css: str
    words: str
    event: str = ""
    label: Label | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment in a lane; ``css`` names its shape."""

    x: float
    y: float
    css: str
    words: str
    event: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """A named row of the drawing.

    Attributes:
        name: in full, for a screen reader.
        heading: as much of the name as there is room for.
        note: what was promised there, or empty.
    """

    name: str
    heading: str
    note: str
    y: float
    height: float
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]


def list_cuts(along: Axis) -> tuple[Cut, ...]:
    """Return the silences that an axis cuts short."""
    return tuple(_make_cut(piece) for piece in along.cuts)


def _make_cut(piece: Piece) -> Cut:
    hours = round((piece.end - piece.start).total_seconds() / 3600)
    text = f"{hours} h" if hours < 48 else f"{round(hours / 24)} d"
    return Cut(round(piece.x0, 1), round(piece.x1 - piece.x0, 1), text)


def measure_text(text: str, size: float) -> float:
    """Estimate how wide a text is, in user units; wide East Asian characters count fully."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return size * (CHARACTER * (len(text) - wide) + wide)


def fit_text(text: str, room: float, size: float) -> str:
    """Cut a text, on one line, with an ellipsis to what fits; empty when not even three letters do."""
    text = one_line(text)
    if measure_text(text, size) <= room:
        return text
    while text and measure_text(text + "…", size) > room:
        text = text[:-1]
    return f"{text.rstrip()}…" if len(text) >= 3 else ""


def place_beside(
    text: str, x: float, width: float, *, left: float, right: float, size: float, pad: float = 5
) -> Label | None:
    """Return where the label of a bar goes: on it, right of it, left of it; cut when it fits nowhere.

    Args:
        text: the label.
        x: where the bar begins.
        width: how long the bar is.
        left: how far free space reaches to the left.
        right: how far free space reaches to the right.
        size: of the text.
        pad: room between text and edge.
    """
    need = measure_text(one_line(text), size) + 2 * pad
    if need <= width:
        return Label(one_line(text), x + pad)
    if need <= right - (x + width):
        return Label(one_line(text), x + width + pad, inside=False)
    if need <= x - left:
        return Label(one_line(text), x - pad, "end", inside=False)
    room_inside, room_right = width - 2 * pad, right - (x + width) - 2 * pad
    short = fit_text(text, max(room_inside, room_right), size)
    if not short:
        return None
    inside = room_inside >= room_right
    return Label(short, x + pad if inside else x + width + pad, inside=inside)


def place_before(text: str, x: float, width: float, *, left: float, size: float, pad: float = 5) -> Label:
    """Return a label left of a bar, over whatever is drawn there; right of it where there is no room."""
    text = one_line(text)
    if measure_text(text, size) + pad <= x - left:
        return Label(text, x - pad, "end", inside=False)
    return Label(text, x + width + pad, inside=False)
