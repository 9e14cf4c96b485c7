"""Where a playbook stands is folded from the record, and measured against the clock."""

from datetime import UTC, datetime
from typing import Any

import pytest

from outage.errors import Refused
from outage.incident.record.fold import fold
from outage.playbook import Progress, fold_plays
from outage.playbook.follow import Following, find_followed, list_followed, make_settle_data, make_start_data
from outage.playbook.words import format_count, format_state
from tests.product.playbook.company import policy
from tests.product.playbook.story import (
    DECLARED,
    STARTED,
    after,
    at,
    checklist,
    event,
    handbook,
    incident,
    said,
    state,
)


def test_a_playbook_that_was_just_started():
    found = after(2)
    assert state(found) == {
        "declare": "open",
        "name-lead": "open",
        "call-ana-joins": "later",
        "look": "open",
        "over": "open",
        "meet": "open",
    }
    assert format_count(found) == "0 of 5 steps settled"


def test_done_and_skipped_come_from_the_record_and_the_last_word_counts():
    found = after(
        20,
        said(2, "declare"),
        said(3, "name-lead", "skipped", why="I am alone"),
        said(4, "look"),
        said(5, "look", "started"),
    )
    assert state(found)["declare"] == "done"
    assert state(found)["name-lead"] == "skipped"
    assert state(found)["look"] == "open"
    assert format_count(found) == "2 of 5 steps settled (1 done, 1 skipped)"
    assert format_state(found.steps[1], at(20), "UTC") == "skipped 09:43 UTC by Ines: I am alone"


def test_what_two_people_wrote_in_two_clones_is_folded_in_order_of_time():
    events = [DECLARED, STARTED, said(9, "look", "started"), said(8, "look")]
    assert fold_plays(fold(events))["small"].ticks["look"].state == "started"


def test_a_skipped_phase_settles_what_was_open_in_it_and_one_step_may_be_opened_again():
    found = after(
        20, said(2, "look"), said(3, "fix", "skipped", why="Taken back"), said(4, "over", "started")
    )
    assert state(found)["look"] == "done"
    assert state(found)["over"] == "open"
    assert "fix" not in found.strange
    assert state(after(20, said(3, "fix", "skipped", why="x")))["over"] == "skipped"
    again = after(20, said(3, "fix", "skipped", why="x"), said(4, "fix", "started"))
    assert state(again)["over"] == "open"


# ---------------------------------------------------------------- due times


def due(found, step):
    return next(one.due for one in found.steps if one.task.id == step)


def test_due_counts_from_the_declaration_not_from_the_start_of_the_list():
    assert due(after(2), "declare") == at(5)
    assert state(after(5))["declare"] == "open"
    assert state(after(5.1))["declare"] == "overdue"
    assert state(after(9, said(6, "declare")))["declare"] == "done"


def test_what_is_overdue_longest_comes_first():
    assert [one.task.id for one in after(15).overdue] == ["declare", "name-lead"]
    assert "2 overdue" in format_count(after(15))


def test_a_phase_begins_when_the_one_before_is_settled():
    events = (said(2, "declare"), said(7, "name-lead"))
    assert due(after(8, events[0]), "look") is None
    assert due(after(8, *events), "look") == at(27)


def test_a_phase_begins_earlier_with_the_first_word_on_a_step_of_it():
    assert due(after(8, said(4, "over")), "look") == at(24)


def test_a_late_call_is_needed_only_while_it_is_still_open():
    assert state(after(59))["call-ana-joins"] == "later"
    assert state(after(61))["call-ana-joins"] == "overdue"
    assert state(after(61, said(60.5, "call-ana-joins")))["call-ana-joins"] == "done"
    over = event(50, "stage", stage="resolved")
    assert state(after(61, over))["call-ana-joins"] == "never"


def test_business_days_count_from_the_end_of_the_outage_with_weekends():
    assert due(after(70), "meet") is None
    found = after(70, event(60, "stage", stage="resolved"))
    assert due(found, "meet") == datetime(2026, 6, 22, 22, 59, tzinfo=UTC)  # Monday, 23:59 in London


def test_a_due_time_stands_behind_a_step_in_words():
    found = after(8)
    words = {one.task.id: format_state(one, at(8), "Europe/London") for one in found.steps}
    assert words["declare"] == "LATE by 3 min, due 09:45 UTC (10:45 BST)"
    assert words["name-lead"] == "due 09:50 UTC (10:50 BST), in 2 min"
    assert words["call-ana-joins"] == "only if still open at 10:40 UTC (11:40 BST)"
    assert words["look"] == "within 20 minutes of beginning this phase"
    assert words["meet"] == "within 1 business day of the end of the outage"
    assert words["over"] == ""


def test_without_a_declaration_the_start_of_the_playbook_counts():
    from outage.playbook import compute_progress

    alone = fold([STARTED])
    found = compute_progress(checklist(), fold_plays(alone)["small"], alone, policy(), at(3))
    assert due(found, "declare") == at(6)


# ---------------------------------------------------------------- what was recorded and is strange


def tick(found: Progress) -> Any:
    """The last word on the first step."""
    return found.steps[0].tick


def test_a_step_that_the_playbook_no_longer_has_is_kept_and_shown_as_such():
    assert list(after(9, said(2, "dance")).strange) == ["dance"]


def test_a_redacted_reason_changes_no_state():
    skipped = said(2, "declare", "skipped", why="The password is hunter2")
    found = after(9, skipped, event(3, "redaction", event=skipped.id))
    assert state(found)["declare"] == "skipped"
    assert tick(found).why == ""


def test_a_corrected_reason_is_the_reason_even_where_there_was_none():
    done = said(2, "declare")
    found = after(9, done, event(3, "correction", event=done.id, text="By telephone"))
    assert tick(found).why == "By telephone"
    assert tick(found).state == "done"


def test_a_playbook_that_is_gone_or_wrong_is_told_and_the_rest_goes_on():
    gone = list_followed(handbook(), incident(), policy(), at(5))
    assert [(one.play.playbook, one.progress, one.trouble) for one in gone] == [
        ("small", None, "there is no playbook 'small'")
    ]


# ---------------------------------------------------------------- which event a word makes


def test_starting_twice_is_refused():
    assert make_start_data("small", checklist(), fold([DECLARED])) == {
        "playbook": "small",
        "state": "started",
    }
    with pytest.raises(Refused, match="started already, by Ines"):
        make_start_data("small", checklist(), incident())


def test_settling_a_step_makes_an_event_that_the_record_accepts():
    from outage.incident.record.kinds import check_data

    found = after(3)
    done = make_settle_data(found, "look", "done")
    assert done == {"playbook": "small", "step": "look", "state": "done"}
    assert check_data("playbook", done) == done
    skipped = make_settle_data(found, "fix", "skipped", "Taken back")
    assert check_data("playbook", skipped) == skipped


@pytest.mark.parametrize(
    ("step", "state", "reason"),
    [
        ("declare", "done", "'declare' is done already, says Ines"),
        ("look", "started", "'look' is open: nobody has done or skipped it"),
        ("fix", "done", "'fix' is a phase; only steps are done"),
        ("learn", "skipped", "nothing of 'learn' is left to skip"),
        ("fix", "started", "'fix' was not skipped"),
    ],
)
def test_what_is_so_already_is_refused(step, state, reason):
    found = after(9, said(2, "declare"), said(3, "learn", "skipped", why="x"))
    with pytest.raises(Refused) as refused:
        make_settle_data(found, step, state, "x")
    assert refused.value.message == reason


def test_a_step_is_looked_for_in_the_playbooks_under_way():
    running = Following(fold_plays(incident())["small"], after(3))
    assert find_followed([running], "look").checklist.id == "small"
    with pytest.raises(Refused, match="there is no step 'lok'") as refused:
        find_followed([running], "lok")
    assert refused.value.hint == "did you mean 'look'?"
    with pytest.raises(Refused, match="no playbook was started in this incident"):
        find_followed([], "look")
    with pytest.raises(Refused, match="other was not started in this incident"):
        find_followed([running], "look", "other")
    with pytest.raises(Refused, match="several playbooks have a 'look'"):
        find_followed([running, running], "look")
