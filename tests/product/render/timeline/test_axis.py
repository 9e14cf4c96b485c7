"""The time axis of a drawing."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outage.render.timeline.axis import make_axis
from tests.product.render.story import START, at


def test_an_hour_is_drawn_to_scale():
    along = make_axis([at(0), at(10), at(60)], 100, 700)
    assert [along.x(at(minute)) for minute in (0, 10, 30, 60)] == [100, 200, 400, 700]
    assert along.cuts == ()


def test_a_day_of_silence_after_an_hour_of_work_is_cut_short():
    along = make_axis([at(0), at(10), at(20), at(30), at(40), at(50), at(50 + 24 * 60)], 0, 600)
    (cut,) = along.cuts
    assert (cut.start, cut.end) == (at(50), at(50 + 24 * 60))
    assert cut.x1 - cut.x0 < 60
    assert along.x(at(25)) == pytest.approx(along.x(at(50)) / 2, abs=0.1)


def test_hours_between_few_events_are_no_silence():
    assert make_axis([at(0), at(600)], 0, 600).cuts == ()


def test_moments_outside_stand_at_the_ends():
    along = make_axis([at(0), at(60)], 0, 600)
    assert (along.x(at(-5)), along.x(at(90))) == (0, 600)


def test_a_single_moment_has_an_axis_too():
    along = make_axis([at(0)], 0, 600)
    assert along.x(at(0)) == 0
    assert along.end > along.start


def test_ticks_are_round_and_have_room():
    ticks = make_axis([at(3), at(47)], 0, 600).ticks(70)
    assert [f"{tick.at:%H:%M}" for tick in ticks] == ["09:50", "10:00", "10:10", "10:20"]


@given(st.lists(st.integers(0, 60 * 24 * 30), min_size=1, max_size=40))
def test_later_is_never_further_left(minutes):
    moments = [START + timedelta(minutes=minute) for minute in minutes]
    along = make_axis(moments, 10, 710)
    places = [along.x(moment) for moment in sorted(moments)]
    assert places == sorted(places)
    assert min(places) >= 10
    assert max(places) <= 710


@given(st.lists(st.integers(0, 60 * 24 * 30), min_size=1, max_size=40), st.sampled_from([60, 90]))
def test_ticks_never_crowd(minutes, room):
    ticks = make_axis([START + timedelta(minutes=minute) for minute in minutes], 0, 600).ticks(room)
    assert all(b.x - a.x >= room for a, b in pairwise(ticks))
