"""The time axis of a drawing: where a moment is, with long silences cut short.

An incident is an hour of work and a day of watching. Drawn to one scale, the hour would be a
smudge; so a long stretch in which nothing happens takes a small, marked piece of the width.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

LONG_SILENCE = timedelta(hours=1)
"""A stretch without events is cut short only when it is longer than this,"""
SHARE = 0.4
"""and longer than this share of all that is drawn to scale."""
BREAK_WIDTH = 44.0
STEPS = [timedelta(minutes=m) for m in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the axis: from ``x0`` to ``x1`` (user units) runs ``start`` to ``end``."""

    start: datetime
    end: datetime
    x0: float
    x1: float
    cut: bool

    def x(self, at: datetime) -> float:
        """Return where a moment of this stretch is."""
        share = (at - self.start) / (self.end - self.start)
        return self.x0 + share * (self.x1 - self.x0)


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment that is written on the axis, and where."""

    at: datetime
    x: float


@dataclass(frozen=True, slots=True)
class Axis:
    """The whole axis, its pieces in order and without gaps."""

    pieces: tuple[Piece, ...]

    @property
    def start(self) -> datetime:
        """The first moment that can be drawn."""
        return self.pieces[0].start

    @property
    def end(self) -> datetime:
        """The last moment that can be drawn."""
        return self.pieces[-1].end

    def x(self, at: datetime) -> float:
        """Return where a moment is; moments outside are at the nearer end."""
        at = min(max(at, self.start), self.end)
        index = bisect_right([piece.start for piece in self.pieces], at) - 1
        return round(self.pieces[index].x(at), 1)

    @property
    def cuts(self) -> tuple[Piece, ...]:
        """The silences that were cut short."""
        return tuple(piece for piece in self.pieces if piece.cut)

    def ticks(self, room: float) -> tuple[Tick, ...]:
        """Return round moments, at least ``room`` units apart, none inside a cut."""
        found: list[Tick] = []
        for piece in self.pieces:
            if not piece.cut:
                found += _list_ticks(piece, room)
        kept: list[Tick] = []
        for tick in found:
            if not kept or tick.x - kept[-1].x >= room:
                kept.append(tick)
        return tuple(kept)


def make_axis(moments: Iterable[datetime], x0: float, x1: float) -> Axis:
    """Return an axis from ``x0`` to ``x1`` on which all ``moments`` (at least one, aware) are placed."""
    points = sorted(set(moments))
    if points[-1] - points[0] < timedelta(minutes=1):
        points.append(points[0] + timedelta(minutes=1))
    stretches = _join([(a, b, cut) for (a, b), cut in zip(pairwise(points), _find_cuts(points), strict=True)])
    cuts = sum(cut for _, _, cut in stretches)
    drawn = sum((b - a for a, b, cut in stretches if not cut), timedelta())
    width = min(BREAK_WIDTH, (x1 - x0) / 2 / max(cuts, 1))
    scale = (x1 - x0 - width * cuts) / drawn.total_seconds() if drawn else 0.0
    pieces, x = [], x0
    for start, end, cut in stretches:
        after = x + (width if cut else scale * (end - start).total_seconds())
        pieces.append(Piece(start, end, x, after, cut))
        x = after
    return Axis(tuple(pieces))


def _find_cuts(points: list[datetime]) -> list[bool]:
    """Return for each gap between neighbours whether it is a long silence; never all of them."""
    gaps = [b - a for a, b in pairwise(points)]
    drawn = timedelta()
    limit = LONG_SILENCE
    for gap in sorted(gaps):
        if gap > max(LONG_SILENCE, SHARE * drawn):
            break
        drawn += gap
        limit = max(limit, gap)
    return [gap > limit and bool(drawn) for gap in gaps]


def _join(stretches: list[tuple[datetime, datetime, bool]]) -> list[tuple[datetime, datetime, bool]]:
    """Join neighbouring stretches that are drawn to scale."""
    out: list[tuple[datetime, datetime, bool]] = []
    for start, end, cut in stretches:
        if out and not cut and not out[-1][2]:
            out[-1] = (out[-1][0], end, False)
        else:
            out.append((start, end, cut))
    return out


def _list_ticks(piece: Piece, room: float) -> list[Tick]:
    span = piece.end - piece.start
    fitting = [step for step in STEPS if (piece.x1 - piece.x0) * (step / span) >= room]
    step = fitting[0] if fitting else STEPS[-1]
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    at = epoch + -(-(piece.start - epoch) // step) * step
    found = []
    while at <= piece.end:
        found.append(Tick(at, round(piece.x(at), 1)))
        at += step
    return found
