"""The planned timeline: what policy expects at a severity, and the numbers of its drawing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from outage.policy import load_policy, parse_policy
from outage.render.policy.drawing import NARROW, WIDE, draw, format_elapsed, list_drawn
from outage.render.policy.plan import list_rows
from tests.sites import LARKFIELD

ROOT = Path(__file__).parents[4]
POLICIES = [LARKFIELD, "examples/small-team.yml", "examples/large-group.yml"]

POLICY = """
company: {name: Testers}
severities:
  high:
    name: High
    meaning: All is lost
    acknowledge: 5m
    commander: 1 business day
    first_message: {responders: 5m, customers: none}
    cadence: {responders: 20m, customers: none}
  low:
    name: Low
    meaning: Little is lost
    commander: none
    first_message: {responders: 1h, customers: none}
    cadence: {responders: 1h, customers: none}
audiences: {executives: none}
contacts: {ana: {name: Ana}, ben: {name: Ben}}
escalations:
  nobody: {when: unanswered, after: 10m, call: [ana, ben], do: Call the next one.}
  boss: {when: open, after: 1h, severities: [low], call: [ben], do: Decide.}
notification_duties:
  law: {when: Data were lost, tell: The authority, within: 72h, from: aware, owner: ana, basis: A law}
"""


@pytest.fixture(scope="module")
def policy():
    return parse_policy(POLICY)


def told(policy, severity, when):
    return [(str(row.limit), row.clause) for row in list_rows(policy, severity) if row.when == when]


def test_rows_come_soonest_first_and_name_the_clause(policy):
    assert told(policy, "high", "by") == [
        ("5 minutes", "severities.high.acknowledge"),
        ("5 minutes", "severities.high.first_message.responders"),
        ("10 minutes", "escalations.nobody.after"),
        ("30 minutes", "incident.time_box"),
        ("8 hours", "hand_over.commander_limit"),
        ("12 hours", "hand_over.shift_limit"),
        ("1 business day", "severities.high.commander"),
        ("72 hours", "notification_duties.law.within"),
    ]


def test_what_repeats_is_told_apart(policy):
    assert told(policy, "high", "every") == [
        ("20 minutes", "severities.high.cadence.responders"),
        ("30 minutes", "state_document.cadence"),
        ("1 hour", "incident.reassess"),
    ]


def test_what_is_counted_from_the_end_comes_last(policy):
    assert [clause for _, clause in told(policy, "high", "after")] == [
        "watch_after",
        "severities.high.review.meeting",
        "severities.high.review.draft",
        "severities.high.review.shared",
        "severities.high.review.actions",
    ]


def test_an_escalation_stands_only_at_its_severities(policy):
    assert "escalations.boss.after" in {row.clause for row in list_rows(policy, "low")}
    assert "escalations.boss.after" not in {row.clause for row in list_rows(policy, "high")}


def test_a_duty_says_who_tells_whom_and_when_it_holds(policy):
    duty = next(row for row in list_rows(policy, "high") if row.clause.startswith("notification_duties"))
    assert duty.what == (
        "{contact}`ana` tells the authority, if this applies: data were lost "
        "(counted from when you become aware of it)"
    )


def test_hostile_words_of_the_policy_are_shown_literally():
    hostile = POLICY.replace("Decide.", '"`code` {role}`x` <script>"').replace(
        "The authority", '"*The* [x](y)"'
    )
    what = " ".join(row.what for row in list_rows(parse_policy(hostile), "low"))
    assert r"\`code\` \{role\}\`x\` \<script\>" in what
    assert r"\*The\* \[x\]\(y\)" in what


# ---------------------------------------------------------------- the drawing


def lanes(policy, severity="high", frame=WIDE):
    return {lane.name: lane for lane in draw(list_rows(policy, severity), frame).lanes}


def test_first_message_and_updates_share_a_lane(policy):
    lane = lanes(policy)["Responders"]
    assert lane.note == "5 minutes, then every 20 minutes"
    assert lane.until is not None
    assert len(lane.again) == 5  # 25, 45, ... 105 minutes: twice the slowest round is two hours


def test_business_days_have_no_place_on_the_axis(policy):
    assert "Incident commander named" not in lanes(policy)
    assert all(row.limit.exact for row in list_drawn(list_rows(policy, "high")))


def test_a_later_deadline_stands_further_right(policy):
    found = lanes(policy)
    order = [
        found[name].until
        for name in ("Acknowledged", "Nobody", "Incident commander relieved", "All relieved")
    ]
    assert order == sorted(order)


def test_a_long_wait_is_cut_and_its_end_written_on_the_axis(policy):
    made = draw(list_rows(policy, "high"), WIDE)
    assert made.cuts
    assert [tick.text for tick in made.ticks][-2:] == ["8h", "12h"]


@pytest.mark.parametrize("path", POLICIES)
@pytest.mark.parametrize("frame", [WIDE, NARROW], ids=lambda frame: frame.name)
def test_everything_stands_inside_the_frame(path, frame):
    policy = load_policy(ROOT / path)
    drawings = [draw(list_rows(policy, severity), frame) for severity in policy.severities]
    assert any(made.lanes for made in drawings)
    for made in drawings:
        xs = [x for lane in made.lanes for x in (lane.until or made.frame.left, *lane.again)]
        xs += [tick.x for tick in made.ticks]
        assert all(made.frame.left <= x <= made.frame.right for x in xs)
        assert all(made.frame.head <= lane.middle <= made.bottom for lane in made.lanes)
        assert all(made.bottom < step.y < made.height for step in made.steps)


@pytest.mark.parametrize(
    ("minutes", "words"), [(0, "0"), (45, "45m"), (60, "1h"), (90, "1h30"), (1440, "24h")]
)
def test_times_on_the_axis(minutes, words):
    assert format_elapsed(timedelta(minutes=minutes)) == words
