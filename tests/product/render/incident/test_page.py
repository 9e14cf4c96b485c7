"""The page of an incident as MyST text. `OUTAGE_ACCEPT=1` accepts a change of the golden files."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from outage.incident.record.fold import fold
from outage.incident.record.store import Problem, Reading
from outage.render.incident.page import write_page
from tests.product.render import journal
from tests.product.render.story import at, case, event, policy, told

GOLDEN = Path(__file__).parent / "golden"


def early(minute):
    """The story up to a minute, looked at then."""
    return [one for one in told() if one.at <= at(minute)]


def section(text, title):
    """One section of a page, without its heading."""
    found = re.search(rf"^## {title}\n\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


STORIES = {
    "open": lambda: case(early(47), minute=47, runs=(journal.planned(),)),
    "resolved": lambda: case(told(), minute=60),
    "closed-drill": lambda: case(
        [replace(one, data={**one.data, "drill": True}) if one.kind == "declared" else one for one in told()]
        + [event(60, "stage", stage="closed")]
    ),
    "just-declared": lambda: case(told()[:1], minute=1),
    "undeclared": lambda: case([event(3, "note", text="who is awake?")], minute=4),
    "empty": lambda: case([]),
}


@pytest.mark.parametrize("name", STORIES)
def test_a_page_says_what_was_accepted(name):
    text = write_page(STORIES[name]())
    golden = GOLDEN / f"{name}.md"
    if os.environ.get("OUTAGE_ACCEPT"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_what_a_tired_reader_needs_comes_first():
    text = write_page(STORIES["open"]())
    titles = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert titles == [
        "Due next", "Who does what", "Latest updates", "Timeline", "Runs", "Promises", "Rules it ran under",
    ]  # fmt: skip


def test_a_closed_incident_is_past():
    text = write_page(STORIES["closed-drill"]())
    assert "## Due next" not in text
    assert "## Who did what" in text
    assert "{asof}" not in text
    assert "{stale}" not in text


def test_a_page_that_is_over_is_the_same_whenever_it_is_built():
    events = [*told(), event(60, "stage", stage="closed")]
    assert write_page(case(events, minute=61)) == write_page(case(events, minute=99999))


def test_a_drill_is_marked_in_chip_and_sentence():
    text = write_page(STORIES["closed-drill"]())
    assert "{chip}`Drill <drill>`" in text
    assert "it counts in no figures" in text


def test_the_rhythm_of_the_state_document_is_marked_as_one_that_no_record_sees():
    (line,) = [
        line for line in section(write_page(STORIES["open"]()), "Due next").splitlines() if "rhythm" in line
    ]
    assert line.startswith("- {due}`10:40 UTC")


def test_a_late_entry_says_how_late_and_when_it_was_written():
    text = write_page(STORIES["resolved"]())
    assert "{chip}`Written down 6 min later <mark>` at {moment}`10:05 UTC (11:05 BST)" in text


def test_a_correction_shows_both_and_links_both_ways():
    text = section(write_page(STORIES["resolved"]()), "Timeline")
    wrong = next(one for one in told() if one.kind == "note")
    correction = next(one for one in told() if one.kind == "correction")
    assert f"{{goto}}`by an entry <event-{correction.id}>`" in text
    assert f"{{goto}}`entry {wrong.id[:8]} <event-{wrong.id}>`" in text
    assert "Before, it said: Oldest lock is held by pid 4211" in text
    assert "  - Oldest lock is held by pid 4311" in text


def test_a_redacted_entry_has_lost_its_words():
    said = event(5, "note", text="the password is swordfish")
    events = [*told(), said, event(6, "redaction", event=said.id, why="a secret")]
    text = write_page(case(events))
    assert "swordfish" not in text
    assert r"\(redacted by Ines Okafor\: a secret\)" in text


def test_an_unknown_kind_is_shown_as_such():
    text = write_page(case([*told(), event(5, "weather", text="rain", by="Rain radar")]))
    assert "{chip}`Unknown kind <mark>`" in text
    assert "weather by Rain radar" in text


def test_torn_lines_are_told_and_the_rest_is_shown():
    problem = Problem(Path("incidents/x/record.jsonl"), 7, "this line is torn")
    incident = fold(Reading(tuple(told()), (problem,)), name="x")
    text = write_page(replace(case(told()), incident=incident))
    assert r"record\.jsonl\, line 7\: this line is torn" in text
    assert "Orders wait behind a lock" in text


def test_without_its_policy_nothing_is_due_and_nothing_audited():
    text = write_page(case(told()[:4], minute=90, trouble="policy.yml:3: severities: this is required"))
    assert r"policy\.yml\:3\: severities\: this is required" in text
    assert "## Due next" not in text
    assert "## Promises" not in text
    assert "Ines Okafor" in text


def test_a_text_of_several_lines_keeps_them():
    text = write_page(case([*told(), event(5, "note", text="one\n  two\n```\nthree")]))
    assert "  - ````text\n    one\n      two\n    ```\n    three\n    ````" in text


def test_a_day_is_named_where_it_begins():
    events = [
        *told(),
        event(20 * 60, "note", text="the next morning"),
        event(20 * 60 + 1, "note", text="still"),
    ]
    timeline = section(write_page(case(events, minute=21 * 60)), "Timeline")
    assert timeline.count("**2026-06-17**") == 1
    assert timeline.count("**2026-06-18**") == 1


def test_every_rule_that_is_cited_stands_at_the_end_with_its_value():
    text = write_page(STORIES["open"]())
    cited = set(re.findall(r"<(rule-[a-z0-9-]+)>", text))
    listed = set(re.findall(r"{here}`(rule-[a-z0-9-]+)`", text))
    assert cited == listed
    assert "`severities.sev1.cadence.customers`{.outage-clause} **30 minutes**" in text


def test_every_link_in_the_page_leads_somewhere():
    text = write_page(STORIES["open"]())
    links = set(re.findall(r"{goto}`[^`]* <([^<>]+)>`", text))
    assert links <= set(re.findall(r"{here}`([^`]+)`", text)) | {"run-r2"}


def test_what_was_never_promised_is_not_audited():
    assert "## Promises" not in write_page(case([event(0, "declared", title="x")], minute=60))


def test_people_who_hold_a_role_are_asserted_and_the_page_says_so():
    assert "nothing checked them" in section(write_page(STORIES["open"]()), "Who does what")


def test_roles_that_nobody_holds_are_named_while_it_is_open():
    assert "Nobody yet: Deputy" in section(write_page(STORIES["open"]()), "Who does what")
    assert "Nobody yet" not in write_page(STORIES["closed-drill"]())


def test_the_policy_copy_is_named_only_by_its_own_words():
    severity = policy().severities["sev1"].name
    assert f"{{chip}}`{severity} <severity rank-0>`" in write_page(STORIES["open"]())
    assert "{severity}" not in write_page(STORIES["open"]())


def test_the_worst_severity_is_told_when_it_has_passed():
    text = write_page(case([*told(), event(45, "severity", severity="sev3")]))
    assert "At its worst it was {chip}`Sev 1 <severity rank-0>`." in text
    assert "At its worst" not in write_page(case(told()))


def test_a_closed_incident_names_everybody_who_held_a_role():
    section_ = section(write_page(STORIES["closed-drill"]()), "Who did what")
    assert re.search(r"\*\*Tariq Aziz\*\*, from .*09:42.* to .*10:06", section_)
    assert "**Ruth Abara**, from" in section_
