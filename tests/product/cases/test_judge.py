"""Which promises a case kept: kept and broken only where its times allow no other reading."""

from __future__ import annotations

from pathlib import Path

import pytest

from outage.cases import load_case_study
from outage.cases.judge import Judgement, judge
from tests.product.cases.company import case, handbook

HEAD = """
title: Test
summary: A test.
zone: UTC
teaches: Nothing.
best_for: Nobody
minutes: 5
clock: {from: start, until: over, severity: sev1, why: It is bad.}
"""


@pytest.fixture
def verdicts(tmp_path: Path):
    """Judge the events between a start at 10:00 and an end at 11:00."""
    root = handbook(tmp_path)

    def judge_events(
        events: str, head: str = HEAD, start: str = "at: 2020-01-01 10:00"
    ) -> dict[str, Judgement]:
        begun = f"  - {{id: start, kind: note, {start}, text: It begins., source: report}}\n"
        over = "  - {id: over, kind: note, at: 2020-01-01 11:00, text: It ends., source: report}\n"
        study = load_case_study(case(root, f"{head}events:\n{begun}{events}{over}"), root)
        return {one.clause: one for one in judge(study)}

    return judge_events


def told(when: str, audience: str = "customers") -> str:
    return f"  - {{kind: update, audience: {audience}, {when}, text: Sorry., source: report}}\n"


FIRST = "severities.sev1.first_message.customers"


@pytest.mark.parametrize(
    ("when", "verdict"),
    [
        ("at: 2020-01-01 10:15", "kept"),
        ("at: 2020-01-01 10:16", "broken"),
        ("at: 2020-01-01 10:09, about: true", "kept"),
        ("at: 2020-01-01 10:13, about: true", "cannot be told"),
        ("at: 2020-01-01 10:21, about: true", "broken"),
        ("between: [2020-01-01 10:01, 2020-01-01 10:15]", "kept"),
        ("between: [2020-01-01 10:14, 2020-01-01 10:16]", "cannot be told"),
        ("between: [2020-01-01 10:16, 2020-01-01 10:40]", "broken"),
        ("on: 2020-01-01", "cannot be told"),
    ],
)
def test_a_first_message_is_judged_by_both_ends_of_its_time(verdicts, when: str, verdict: str) -> None:
    assert verdicts(told(when))[FIRST].verdict == verdict


def test_a_start_that_is_vague_makes_the_deadline_vague(verdicts) -> None:
    late = told("at: 2020-01-01 10:20")
    assert verdicts(late, start="between: [2020-01-01 09:50, 2020-01-01 10:00]")[FIRST].verdict == "broken"
    vague = verdicts(late, start="between: [2020-01-01 09:50, 2020-01-01 10:10]")[FIRST]
    assert vague.verdict == "cannot be told"


def test_what_no_source_tells_of_is_not_broken(verdicts) -> None:
    found = verdicts("")["severities.sev1.commander"]
    assert found.verdict == "cannot be told"
    assert "no source tells of it" in found.text


def test_what_is_not_on_a_record_that_is_whole_was_not_done(verdicts) -> None:
    found = verdicts("", HEAD + "made_up: true\n")["severities.sev1.commander"]
    assert found.verdict == "broken"
    assert "not on the record" in found.text


def test_a_clause_is_kept_only_if_it_was_each_time(verdicts) -> None:
    found = verdicts("".join(told(f"at: 2020-01-01 {time}") for time in ("10:10", "10:30", "10:50")))
    cadence = found["severities.sev1.cadence.customers"]
    assert (cadence.verdict, cadence.text) == ("kept", "Kept twice.")
    found = verdicts("".join(told(f"at: 2020-01-01 {time}") for time in ("10:10", "10:55")))
    assert found["severities.sev1.cadence.customers"].verdict == "broken"


def test_what_the_author_judges_replaces_what_the_clock_says(verdicts) -> None:
    promise = f"promises:\n  - {{clause: {FIRST}, verdict: kept, text: By telephone., events: [start]}}\n"
    found = verdicts("", HEAD + promise)[FIRST]
    assert (found.verdict, found.text, found.moments) == ("kept", "By telephone.", ("start",))


def test_highest_is_the_clause_of_that_severity(verdicts) -> None:
    clause = "severities.highest.commander"
    promise = f"promises:\n  - {{clause: {clause}, verdict: broken, text: Nobody led.}}\n"
    assert verdicts("", HEAD + promise)["severities.sev1.commander"].verdict == "broken"


def test_what_was_broken_stands_first(verdicts) -> None:
    found = list(verdicts(told("at: 2020-01-01 10:50")).values())
    assert found[0].verdict == "broken"
    assert "35 min late" in found[0].text
