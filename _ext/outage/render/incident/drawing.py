"""An incident's drawing as numbers: tracks placed on a time axis, one above the other.

Two frames serve one incident: a wide one with lane names beside the lanes, and a narrow one,
for a phone, with the names above them. A template draws either.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from outage.render.incident.tracks import OVERDUE, Stretch, Track, find_last_moment, list_tracks
from outage.render.timeline.axis import BREAK_WIDTH, Axis, make_axis
from outage.render.timeline.shapes import (
    AxisText,
    Bar,
    Cut,
    Frame,
    Label,
    Lane,
    Mark,
    Sheet,
    fit_text,
    list_cuts,
    measure_text,
    place_before,
    place_beside,
)

if TYPE_CHECKING:
    from outage.render.incident.snapshot import Snapshot

WIDE = Frame("wide", width=730, gutter=140, row=30, bar=18, head=34, size=12, tick_room=64)
NARROW = Frame("narrow", width=350, gutter=0, row=24, bar=16, head=32, size=12, tick_room=62)

LEAST_BAR = 5.0
MARK_ROOM = 7.0
GAP = 8.0
FOOT = 22.0
"""User units: the shortest bar, half a mark with air, between lanes, local times below."""

SIGNS = {
    "told": "told in time",
    "notch": "was due",
    "told late": "told late",
    OVERDUE: "overdue",
    "promise pending": "due by its end",
    "entry impact": "impact",
    "entry note": "note",
    "entry hypothesis": "hypothesis",
    "entry decision": "decision",
    "entry contact": "contact",
    "entry action": "follow-up",
    "entry other": "another entry",
}
"""What a legend calls the signs that do not speak for themselves."""


@dataclass(frozen=True, slots=True)
class Drawing(Sheet):
    """Everything that the template needs.

    Attributes:
        now: the present, while the incident is open, else None.
        place: what the local times below the lanes are called, or empty when there are none.
    """

    lanes: tuple[Lane, ...]
    now: AxisText | None
    place: str


def draw(snapshot: Snapshot, frame: Frame) -> Drawing | None:
    """Return the drawing of a snapshot; None when its record holds no event."""
    if not snapshot.incident.entries:
        return None
    shown = list_tracks(snapshot)
    along = make_axis([*_list_moments(shown), find_last_moment(snapshot)], frame.left, frame.right)
    lanes, y = [], frame.head
    for track in shown:
        lane = _place_lane(track, along, frame, y)
        lanes.append(lane)
        y += lane.height + GAP
    cuts = list_cuts(along)
    kept = [tick for tick in along.ticks(frame.tick_room) if not any(_is_near(cut, tick.x) for cut in cuts)]
    ticks = tuple(_make_tick(snapshot, tick.at, tick.x) for tick in kept)
    place = snapshot.times.local(along.end)[1]
    return Drawing(
        frame=frame,
        height=round(y + (FOOT if place else 0), 1),
        bottom=round(y - GAP, 1),
        lanes=tuple(lanes),
        ticks=ticks,
        cuts=cuts,
        now=AxisText(along.x(snapshot.now), _format_hour(snapshot.now))
        if snapshot.incident.is_open
        else None,
        place=place,
    )


def describe(snapshot: Snapshot) -> str:
    """Describe the drawing for people who can't see it; the table below it has every entry."""
    incident = snapshot.incident
    if not incident.entries:
        return "Nothing is recorded yet."
    begin, end = incident.entries[0].event.at, incident.entries[-1].event.at
    broken = sum(finding.broken for finding in snapshot.findings)
    audited = f" Promises broken: {broken} of {len(snapshot.findings)}." if snapshot.findings else ""
    return (
        f"From {snapshot.times.moment(begin)} to {snapshot.times.near(end, begin)}: "
        f"{len(incident.entries)} entries, "
        f"{len(incident.updates)} updates, {len(incident.runs)} runs.{audited} "
        "Each sign leads to its entry below."
    )


def list_signs(snapshot: Snapshot) -> list[tuple[str, str]]:
    """Return the signs that this drawing has, and what each means."""
    shown = list_tracks(snapshot)
    drawn = {stretch.css for track in shown for stretch in track.stretches}
    drawn |= {moment.css for track in shown for moment in track.moments}
    return [(css, words) for css, words in SIGNS.items() if css in drawn]


def _list_moments(shown: list[Track]) -> list[datetime]:
    stretches = [at for track in shown for stretch in track.stretches for at in (stretch.start, stretch.end)]
    return stretches + [moment.at for track in shown for moment in track.moments if moment.css != "notch"]


def _format_hour(at: datetime) -> str:
    return f"{at.astimezone(UTC):%H:%M}"


def _make_tick(snapshot: Snapshot, at: datetime, x: float) -> AxisText:
    return AxisText(x, _format_hour(at), snapshot.times.local(at)[0])


def _is_near(cut: Cut, x: float) -> bool:
    """Return whether a time written at ``x`` would run into the length of a cut."""
    return abs(cut.x + cut.width / 2 - x) < BREAK_WIDTH


def _place_lane(track: Track, along: Axis, frame: Frame, y: float) -> Lane:
    """Return a track placed from ``y`` downwards, in as many rows as its stretches need."""
    first = y + frame.name_height
    bars, rows = _place_bars(track, along, frame, first)
    middle = first + frame.row / 2
    marks = tuple(_place_marks(track, along, middle))
    height = frame.name_height + rows * frame.row
    room = frame.gutter or frame.width / 2
    heading, note = (fit_text(text, room, frame.size) for text in (track.name, track.note))
    return Lane(track.name, heading, note, round(y, 1), round(height, 1), bars, marks)


def _place_bars(track: Track, along: Axis, frame: Frame, first: float) -> tuple[tuple[Bar, ...], int]:
    """Return the bars of a track, and how many rows they take: at least one."""
    taken: list[float] = [along.x(along.start) - 1]
    bars = []
    for index, stretch in enumerate(track.stretches):
        bar = _place_bar(stretch, along, frame)
        right = frame.right
        following = track.stretches[index + 1 : index + 2]
        if following and not track.stacked:
            right = max(bar.x + bar.width, along.x(following[0].start))
        left = taken[0] if not track.stacked else frame.left
        label = None
        if stretch.css == OVERDUE:
            label = place_before(
                stretch.label, bar.x, bar.width + MARK_ROOM, left=frame.gutter, size=frame.size
            )
        elif stretch.label:
            label = place_beside(stretch.label, bar.x, bar.width, left=left, right=right, size=frame.size)
        start, end = _measure_extent(bar, label, frame)
        row = next(
            (i for i, until in enumerate(taken) if not track.stacked or until <= start + 0.5), len(taken)
        )
        if row == len(taken):
            taken.append(end)
        taken[row] = max(taken[row], end)
        offset = first + row * frame.row + (frame.row - frame.bar) / 2
        bars.append(replace(bar, y=round(offset, 1), label=label))
    return tuple(bars), len(taken)


def _place_bar(stretch: Stretch, along: Axis, frame: Frame) -> Bar:
    x, end = along.x(stretch.start), along.x(stretch.end)
    # A promise may be as short as it is; what people did is always to be seen.
    least = 0.0 if stretch.css.startswith("promise") else LEAST_BAR
    x = min(x, frame.right - least)
    return Bar(
        round(x, 1), 0, round(max(end - x, least), 1), frame.bar, stretch.css, stretch.words, stretch.event
    )


def _measure_extent(bar: Bar, label: Label | None, frame: Frame) -> tuple[float, float]:
    """Return where a bar begins and ends in its row, its label included."""
    start, end = bar.x, bar.x + bar.width
    if label is None or label.inside:
        return start, end
    wide = measure_text(label.text, frame.size) + 4
    return (min(start, label.x - wide), end) if label.anchor == "end" else (start, max(end, label.x + wide))


def _place_marks(track: Track, along: Axis, y: float) -> list[Mark]:
    y = round(y, 1)
    return [Mark(along.x(m.at), y, m.css, m.words, m.event) for m in track.moments]
