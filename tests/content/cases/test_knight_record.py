"""The record of Knight Capital: no minute that no source gives, and the mechanism told whole."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from outage.cases import load_case_study

ABOUT = ("case-studies/knight-capital", "case-studies/gitlab-2017", "case-studies/github-2018")
ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "case-studies" / "knight-capital"
REAL = ["knight-capital", "gitlab-2017", "github-2018", "stripe-2019", "cloudflare-2023"]
KNOWN_TO_THE_MINUTE = {"08:01", "09:30", "10:15"}  # about 45 minutes after the open; end of NYSE's review


@pytest.fixture(scope="module")
def study():
    return load_case_study(FOLDER, ROOT)


@pytest.fixture(scope="module")
def written():
    return yaml.load((FOLDER / "record.yml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def test_no_clock_time_but_the_few_that_a_source_gives(written):
    times = {
        str(each[key]).split()[1]
        for event in written["events"]
        for each in (event, *event.get("accounts", ()))
        for key in ("at", "from", "until")
        if key in each and " " in str(each[key])
    }
    assert times == KNOWN_TO_THE_MINUTE


def test_between_the_open_and_the_end_nothing_has_a_time_of_its_own(written):
    inside = ["position-seen", "stop-or-search", "roll-back", "who-may-stop", "totals"]
    events = {event.get("id"): event for event in written["events"]}
    assert [events[each].get("during") for each in inside] == ["trouble"] * len(inside)


def test_the_end_is_about(written):
    (stopped,) = (event for event in written["events"] if event.get("id") == "stopped")
    assert stopped["about"] == "true"


def test_the_mechanism_is_there_step_by_step(study):
    order = [moment.id for moment in study.moments]
    steps = ["unused", "count-moved", "rollout", "mails", "open", "roll-back", "stopped"]
    assert [each for each in order if each in steps] == steps


@pytest.mark.parametrize("name", REAL)
def test_a_decision_does_not_know_what_came_later(name):
    """What an option leads to, and what was done, stands in neither its question nor what was known."""
    events = yaml.safe_load((ROOT / "case-studies" / name / "record.yml").read_text(encoding="utf-8"))[
        "events"
    ]
    decisions = [event for event in events if event.get("question")]
    assert len(decisions) >= 3
    for each in decisions:
        told = each["question"] + " ".join(each["known"])
        assert each["text"] not in told
        assert sum(option.get("done", False) for option in each["options"]) == 1
        assert all(option["then"] for option in each["options"])
        assert each["known"], each["id"]
        assert each["unknown"], each["id"]


@pytest.mark.parametrize("name", REAL)
def test_what_was_done_is_not_always_at_the_same_place(name):
    events = yaml.safe_load((ROOT / "case-studies" / name / "record.yml").read_text(encoding="utf-8"))[
        "events"
    ]
    options = [event["options"] for event in events if event.get("question")]
    assert len({[option.get("done", False) for option in each].index(True) for each in options}) > 1


def test_at_knight_nobody_is_told_before_the_removal_that_one_server_differs(written):
    """That seven had the new code and one had not is what nobody knew: no question may say it."""
    asked = [event for event in written["events"] if "question" in event]
    assert asked
    for event in asked:
        told = event["question"] + " ".join(event["known"])
        assert not {"seven", "eighth", "eight"} & set(told.replace(".", " ").split()), event["id"]
