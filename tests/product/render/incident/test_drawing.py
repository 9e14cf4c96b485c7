"""The drawing of an incident: numbers, and short texts."""

from __future__ import annotations

from typing import Any

import pytest

from outage.render.incident.drawing import NARROW, WIDE, Drawing, draw, list_signs
from outage.render.timeline.shapes import fit_text, measure_text, place_beside
from tests.product.render.story import at, case, event, told

FRAMES = [WIDE, NARROW]


def draw_case(case_, frame=WIDE) -> Drawing:
    drawn = draw(case_, frame)
    assert drawn
    return drawn


def now(drawn: Drawing) -> float:
    assert drawn.now
    return drawn.now.x


def lane(case_, name, frame=WIDE):
    return next(one for one in draw_case(case_, frame).lanes if one.name == name)


def test_a_lane_for_each_thing_that_has_something_to_show():
    names = [one.name for one in draw_case(case(told())).lanes]
    assert names == [
        "Severity", "Stage", "Responders", "Executives", "Customers",
        "Incident commander", "Operations lead", "Communications lead", "Runs", "Entries",
    ]  # fmt: skip


def test_nothing_recorded_is_nothing_drawn():
    assert draw(case([]), WIDE) is None


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame.name)
@pytest.mark.parametrize("minute", [51, 60, 24 * 60, 100 * 24 * 60])
def test_everything_stands_inside_the_frame(frame, minute):
    drawn = draw_case(case(told(), minute=minute), frame)
    assert drawn.lanes
    for one in drawn.lanes:
        assert drawn.frame.head <= one.y < one.y + one.height <= drawn.bottom + 0.1
        for bar in one.bars:
            assert frame.gutter <= bar.x
            assert bar.x + bar.width <= frame.width
            assert one.y <= bar.y
            assert bar.y + bar.height <= one.y + one.height
        assert all(frame.gutter <= mark.x <= frame.width for mark in one.marks)


def test_a_value_holds_until_the_next():
    severity, worse = lane(case(told()), "Severity").bars
    assert (severity.label.text, severity.css) == ("Sev 2", "severity rank-1")
    assert (worse.label.text, worse.css) == ("Sev 1", "severity rank-0")
    assert severity.x + severity.width == pytest.approx(worse.x, abs=0.2)


def test_a_confirmed_severity_is_one_bar():
    events = [*told(), event(30, "severity", severity="sev1", why="still")]
    assert len(lane(case(events), "Severity").bars) == 2


def test_a_promise_kept_is_told_before_its_notch():
    shown = lane(case(told()), "Responders")
    assert shown.note == "every 15m at Sev 1"
    assert [mark.css for mark in shown.marks if mark.css.startswith("told")] == ["told"] * 3
    notches = [mark.x for mark in shown.marks if mark.css == "notch"]
    assert len(notches) == 3
    assert all(any(mark.css == "told" and mark.x < notch for mark in shown.marks) for notch in notches)


def test_a_promise_kept_late_is_hatched_from_its_due_time_to_the_update():
    shown = lane(case(told()), "Customers")
    (hatched,) = [bar for bar in shown.bars if bar.css == "promise overdue"]
    (late,) = [mark for mark in shown.marks if mark.css == "told late"]
    assert hatched.label.text == "4 min late"
    assert hatched.x + hatched.width == pytest.approx(late.x, abs=0.2)
    assert hatched.event == late.event


def test_what_is_overdue_now_says_for_how_long():
    before_the_last_word_to_customers = [one for one in told() if one.at < at(44)]
    shown = lane(case(before_the_last_word_to_customers, minute=47), "Customers")
    (hatched,) = [bar for bar in shown.bars if bar.css == "promise overdue"]
    assert hatched.label.text == "3 min overdue"


def test_what_is_due_soon_is_drawn_after_now():
    events = [one for one in told() if one.at < at(25)]
    drawn = draw_case(case(events, minute=25), WIDE)
    (pending,) = [
        bar for bar in lane(case(events, minute=25), "Responders").bars if bar.css == "promise pending"
    ]
    assert pending.x < now(drawn) < pending.x + pending.width


def test_what_still_holds_ends_now():
    events = [one for one in told() if one.at < at(25)]
    drawn = draw_case(case(events, minute=25), WIDE)
    for name in ("Severity", "Stage", "Incident commander"):
        bar = lane(case(events, minute=25), name).bars[-1]
        assert bar.x + bar.width == pytest.approx(now(drawn), abs=0.2)


def test_a_closed_incident_has_no_now():
    assert draw_case(case([*told(), event(60, "stage", stage="closed")]), WIDE).now is None


def test_a_role_that_changes_hands_is_two_bars():
    first, second = lane(case(told()), "Operations lead").bars
    assert (first.label.text, second.label.text) == ("Tariq Aziz", "Ruth Abara")
    assert first.y == second.y


def test_two_who_hold_one_role_take_two_rows():
    events = [
        *told(),
        event(20, "role", role="expert", person="A"),
        event(21, "role", role="expert", person="B"),
    ]
    one, other = lane(case(events), "Subject matter expert").bars
    assert one.y < other.y


def test_runs_say_in_a_sign_how_they_ended():
    plan, apply = lane(case(told()), "Runs").bars
    assert (plan.css, plan.label.text) == ("run planned", "plan ✓ blocked-queries")
    assert (apply.css, apply.label.text) == ("run good", "apply ✓ blocked-queries")


@pytest.mark.parametrize(
    ("state", "sign"), [("failed", "✗"), ("abandoned", "✗"), ("running", "…"), ("waiting", "…")]
)
def test_a_run_that_did_not_end_well_does_not_look_well(state, sign):
    data: dict[str, Any] = {"run": "r9", "runbook": "x", "mode": "apply", "target": ""}
    shown = lane(case([*told(), event(30, "run", state=state, **data)]), "Runs").bars[-1]
    assert shown.label.text == f"apply {sign} x"
    assert shown.css != "run good"


def test_local_time_stands_below_where_it_differs():
    drawn = draw_case(case(told()), WIDE)
    assert drawn.place == "BST"
    assert (drawn.ticks[0].text, drawn.ticks[0].below) == ("09:40", "10:40")


def test_a_kind_that_we_do_not_know_has_a_mark():
    shown = lane(case([*told(), event(30, "weather", text="rain")]), "Entries")
    assert "entry other" in [mark.css for mark in shown.marks]


def test_every_sign_that_needs_words_is_in_the_legend():
    assert [css for css, _ in list_signs(case(told()))] == [
        "told", "notch", "told late", "promise overdue",
        "entry impact", "entry note", "entry hypothesis", "entry decision", "entry action",
    ]  # fmt: skip


def test_a_case_without_a_policy_is_drawn_without_promises():
    drawn = draw_case(case(told(), trouble="it cannot be read"), WIDE)
    assert not [bar for one in drawn.lanes for bar in one.bars if bar.css.startswith("promise")]


def test_texts_are_cut_to_what_fits():
    assert fit_text("Investigating", 200, 12) == "Investigating"
    cut = fit_text("Investigating", 50, 12)
    assert cut.endswith("…")
    assert measure_text(cut, 12) <= 50
    assert fit_text("Investigating", 5, 12) == ""
    assert measure_text("会議", 12) == 24


def test_a_label_goes_where_there_is_room():
    def label(x, width, right=300):
        found = place_beside("word", x, width, left=0, right=right, size=12)
        return found and (found.anchor, found.inside)

    assert label(100, 90) == ("start", True)
    assert label(100, 10) == ("start", False)
    assert label(280, 10) == ("end", False)
    assert label(5, 10, right=20) is None


def test_bidirectional_and_control_characters_are_shown_as_their_codes():
    events = [*told(), event(40, "role", role="scribe", person="\u202eevil\x1b[31m")]
    (bar,) = lane(case(events), "Scribe").bars
    assert bar.label.text == r"\u202eevil\x1b[31m"
    assert "\u202e" not in bar.words


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame.name)
def test_a_long_silence_is_marked_with_its_length_and_no_time_runs_into_it(frame):
    drawn = draw_case(case([*told(), event(24 * 60, "stage", stage="closed")]), frame)
    (cut,) = drawn.cuts
    assert cut.text == "23 h"
    assert all(abs(cut.x + cut.width / 2 - tick.x) > 40 for tick in drawn.ticks)


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame.name)
def test_a_long_name_of_a_lane_is_cut_for_the_eye_and_whole_for_the_ear(frame):
    events = [*told(), event(20, "role", role="expert", person="A")]
    shown = lane(case(events), "Subject matter expert", frame)
    assert measure_text(shown.heading, frame.size) <= (frame.gutter or frame.width)
