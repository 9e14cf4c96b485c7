"""The contingency review: for a day without an incident, and for each company the same questions."""

from __future__ import annotations

from pathlib import Path

import pytest

from outage.playbook import load_playbook, resolve
from outage.playbook.words import format_bare
from outage.policy import load_policy
from tests.sites import LARKFIELD

ABOUT = ("playbooks/contingency-review.yml",)
ROOT = Path(__file__).parents[3]
COMPANIES = [LARKFIELD, "examples/small-team.yml", "examples/large-group.yml"]


def tasks(company):
    """Every step that the company reads, and its policy."""
    own = load_policy(ROOT / company)
    found = resolve(load_playbook(ROOT / "playbooks/contingency-review.yml", own, ROOT), own)
    return found.tasks, own


@pytest.mark.parametrize("company", COMPANIES)
def test_no_question_falls_away_for_any_company(company):
    found, _ = tasks(company)
    assert [task.id for task in found] == [
        *("what-and-when", "who", "everybody-there", "in-production-yet", "smaller", "watched", "stop-sign"),
        *("off-switch", "way-back", "go-or-no-go", "time-out", "announce", "first-step", "all-of-it"),
        *("every-machine", "sign-out", "watch"),
    ]


@pytest.mark.parametrize("company", COMPANIES)
def test_each_step_says_what_good_looks_like_and_has_no_clock(company):
    """Nothing was declared, so nothing counts from a declaration."""
    found, own = tasks(company)
    assert all(format_bare(task.good, own).strip() for task in found)
    assert [task.id for task in found if task.due] == []


def test_the_one_command_keeps_it_on_the_record():
    found, own = tasks(LARKFIELD)
    commands = [format_bare(one, own) for task in found for one in task.command]
    assert commands == ["outage playbook start contingency-review"]
