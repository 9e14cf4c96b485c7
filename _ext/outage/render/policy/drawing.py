"""The planned timeline as numbers: a lane for each subject, on one axis that starts with the declaration.

Two frames serve one plan, as for an incident's own drawing: one for a desk, one for a phone.
What is counted in business days, or from the end, has no place on the axis; it is listed below.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from outage.render.policy.plan import Row
from outage.render.timeline.axis import Axis, make_axis
from outage.render.timeline.shapes import AxisText, Frame, Sheet, fit_text, list_cuts, measure_text

if TYPE_CHECKING:
    from collections.abc import Iterable

WIDE = Frame("wide", width=730, gutter=214, row=36, bar=12, head=30, size=12, tick_room=58)
NARROW = Frame("narrow", width=350, gutter=0, row=20, bar=12, head=30, size=12, tick_room=52)

ZERO = datetime(1970, 1, 1, tzinfo=UTC)
SHOWN_ROUNDS = 2
"""Repeated things are drawn so many times at least; that decides how much is drawn to scale."""
LONGEST = timedelta(days=2)
"""What comes later than this after the declaration is told in words only."""
GAP, STEP = 6.0, 22.0
"""User units: the room between lanes, the height of a step."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A subject's lane.

    Attributes:
        name: whose it is, or what.
        note: the times, in words.
        until: where the first deadline is, or None.
        again: where the repetitions are.
        y: top of the lane; bars and marks are at ``middle``.
    """

    name: str
    note: str
    until: float | None
    again: tuple[float, ...]
    y: float
    middle: float


@dataclass(frozen=True, slots=True)
class Step:
    """A deadline that is counted from the end: a line below the lanes."""

    y: float
    text: str
    note: str


@dataclass(frozen=True, slots=True)
class Drawing(Sheet):
    """Everything that the template needs."""

    lanes: tuple[Lane, ...]
    steps: tuple[Step, ...]


def list_drawn(found: Iterable[Row]) -> list[Row]:
    """Return the rows that have a place on the axis."""
    return [row for row in found if row.when != "after" and row.limit.exact and row.limit.exact <= LONGEST]


def draw(found: tuple[Row, ...], frame: Frame) -> Drawing:
    """Return the drawing of a severity's rows, at least one of which must be :func:`list_drawn`."""
    placed = list_drawn(found)
    scale = _find_scale(placed)
    firsts = [row.limit.length for row in placed if row.when == "by"]
    along = make_axis(
        [ZERO, *(ZERO + at for at in [*firsts, *_list_rounds(placed, scale)])], frame.left, frame.right
    )
    lanes, y = [], frame.head
    for subject in dict.fromkeys(row.subject for row in placed):  # rows come soonest first
        lanes.append(_place_lane([row for row in placed if row.subject == subject], along, scale, frame, y))
        y += frame.name_height + frame.row + GAP
    bottom = y - GAP
    steps = [
        Step(round(bottom + 44 + STEP * index, 1), str(row.limit), row.lane)
        for index, row in enumerate(row for row in found if row.when == "after")
    ]
    return Drawing(
        frame=frame,
        height=round(steps[-1].y + 8 if steps else bottom + 8, 1),
        bottom=round(bottom, 1),
        lanes=tuple(lanes),
        ticks=_place_ticks(along, [ZERO + at for at in firsts], frame),
        cuts=list_cuts(along),
        steps=tuple(steps),
    )


def _place_ticks(along: Axis, deadlines: list[datetime], frame: Frame) -> tuple[AxisText, ...]:
    """Return round times where time runs evenly, and the deadlines between which it was cut."""
    beyond = min((piece.start for piece in along.cuts), default=along.end)
    round_times = [tick for tick in along.ticks(frame.tick_room) if tick.at <= beyond]
    found = [(tick.at, tick.x) for tick in round_times]
    found += [(at, along.x(at)) for at in sorted(set(deadlines)) if at > beyond]
    return tuple(AxisText(x, format_elapsed(at - ZERO)) for at, x in found)


def _find_scale(placed: list[Row]) -> timedelta:
    """Return how much of the beginning shows repetitions: some rounds of the slowest of them."""
    every = [row.limit.length for row in placed if row.when == "every"]
    return SHOWN_ROUNDS * max(every, default=timedelta(hours=1))


def _list_rounds(placed: list[Row], scale: timedelta) -> list[timedelta]:
    return [
        at for row in placed if row.when == "every" for at in _repeat(row.limit.length, timedelta(0), scale)
    ]


def _repeat(every: timedelta, start: timedelta, until: timedelta) -> list[timedelta]:
    return [start + every * count for count in range(1, int((until - start) / every) + 1)]


def _place_lane(subject: list[Row], along: Axis, scale: timedelta, frame: Frame, y: float) -> Lane:
    first = next((row for row in subject if row.when == "by"), None)
    again = next((row for row in subject if row.when == "every"), None)
    start = first.limit.length if first else timedelta(0)
    repeated = _repeat(again.limit.length, start, scale) if again else []
    words = [f"{first.limit}" if first else "", f"every {again.limit.often}" if again else ""]
    note = ", then ".join(part for part in words if part)
    room = frame.gutter - 8 if frame.gutter else frame.width - measure_text(note, frame.size) - 12
    return Lane(
        name=fit_text(subject[0].lane, room, frame.size * 1.06),
        note=note,
        until=along.x(ZERO + start) if first else None,
        again=tuple(along.x(ZERO + at) for at in repeated),
        y=round(y, 1),
        middle=round(y + frame.name_height + frame.row / 2, 1),
    )


def format_elapsed(since: timedelta) -> str:
    """Return a time after the declaration, as an axis shows it: ``0``, ``45m``, ``2h``, ``1h30``."""
    minutes = round(since.total_seconds() / 60)
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest}m" if rest else "0"
    return f"{hours}h{rest:02}" if rest else f"{hours}h"
