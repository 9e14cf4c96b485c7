"""The pages of a case: what its directives show, and when they are read again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.product.pages.site import Site

RECORD = """
title: A made-up case
summary: It begins, and ends.
made_up: true
zone: UTC
teaches: That it ends.
best_for: Testers
minutes: 5
events:
  - {id: one, kind: note, at: 2020-01-01 10:00, text: The first thing is seen.}
  - id: choice
    kind: decision
    at: 2020-01-01 10:05
    question: Which way?
    options: [{text: Left, then: It is dark., done: true}, {text: Right}]
    text: They went left and found the switch.
    speaks: [{page: index, words: It is at home.}, {clause: incident.threshold, words: It is long.}]
  - {kind: stage, at: 2020-01-01 10:09, stage: resolved}
"""

VIEWS = ("case-facts", "case-story", "case-decisions", "case-promises")
PAGE = "# A case\n\n" + "\n\n".join(f"```{{{view}}}\n```" for view in VIEWS)
PLAY = "# Play\n\n```{walkthrough}\n```\n"


@pytest.fixture
def cases(site: Site) -> Site:
    """A site with one made-up case, its policy pinned."""
    site.write("case-studies/policy.yml", (site.root / "handbook.yml").read_text(encoding="utf-8"))
    site.write("case-studies/one/record.yml", RECORD)
    site.write("case-studies/one/index.md", PAGE)
    site.write("case-studies/one/walkthrough.md", PLAY)
    site.write("case-studies/index.md", "# Cases\n\n```{cases}\n```\n\n```{sessions}\n```\n")
    return site


def data(site: Site, page: str = "case-studies/one/walkthrough") -> dict[str, object]:
    """What the player of a page is given."""
    script = site.page(page).find("script", class_="outage-walk-data")
    assert script is not None
    return json.loads(script.string or "")  # type: ignore[no-any-return]


def test_a_case_shows_its_facts_record_decisions_and_promises(cases: Site) -> None:
    assert cases.build().warnings == ""
    said = cases.words("case-studies/one/index")
    for words in (
        "It begins, and ends.",
        "The first thing is seen.",
        "Which way?",
        "They went left",
        "Testers",
    ):
        assert words in said
    assert "A made-up case" in cases.words("case-studies/index")
    assert "None yet." in cases.words("case-studies/index")


def test_what_speaks_to_a_decision_becomes_an_address(cases: Site) -> None:
    cases.build()
    frames = data(cases)["frames"]
    assert isinstance(frames, list)
    page, clause = (one["leads"] for one in frames[1]["decision"]["speaks"])
    assert (page["words"], page["url"]) == ("Home", "../../index.html")
    assert clause["url"] == "../../process/policy.html#incident.threshold"


def test_a_page_is_read_again_when_its_record_changes_and_only_then(cases: Site) -> None:
    cases.build()
    assert cases.build().read == set()
    cases.write("case-studies/one/record.yml", RECORD.replace("The first thing", "The very first thing"))
    assert cases.build().read == {
        "case-studies/one/index",
        "case-studies/one/walkthrough",
        "case-studies/index",
    }
    assert "The very first thing is seen." in cases.words("case-studies/one/index")


def test_a_wrong_record_is_told_with_its_line(cases: Site) -> None:
    cases.write("case-studies/one/record.yml", RECORD.replace("done: true", "done: false"))
    assert "case-studies/one/record.yml:15: events.1.options: exactly one option" in cases.build().warnings


def test_a_page_with_nothing_to_play_says_so(cases: Site) -> None:
    cases.write("play.md", "# Play\n\n```{walkthrough} case-studies/two\n```\n")
    assert "there is nothing to play in 'case-studies/two'" in cases.build().warnings


def test_hostile_words_cannot_leave_the_data_nor_the_story(cases: Site) -> None:
    hostile = "'</script><img src=x onerror=alert(1)> <!-- {doc}`x`'"
    cases.write("case-studies/one/record.yml", RECORD.replace("The first thing is seen.", hostile))
    assert cases.build().warnings == ""
    assert cases.page("case-studies/one/walkthrough").find("img", src="x") is None
    assert "</script><img" not in cases.html("case-studies/one/walkthrough")
    frames = data(cases)["frames"]
    assert isinstance(frames, list)
    assert frames[0]["text"] == hostile.strip("'")


def test_another_format_has_the_story_and_no_player(cases: Site) -> None:
    cases.build(builder="text")
    text = (cases.root / "_build/text/case-studies/one/walkthrough.txt").read_text(encoding="utf-8")
    assert "The first thing is seen." in text
    assert "They went left" in text
    assert "Begin" not in text


def test_a_recording_that_is_a_file_comes_with_the_site(cases: Site) -> None:
    cases.write("case-studies/one/session.webm", "not really a film")
    recording = "recordings: [{title: Our session, file: session.webm, marks: {one: '1:30'}}]\n"
    cases.write("case-studies/one/record.yml", RECORD + recording)
    assert cases.build().warnings == ""
    frames = data(cases)["frames"]
    assert isinstance(frames, list)
    url = frames[0]["recordings"][0]["url"]
    assert url.endswith("session.webm#t=90")
    page = cases.root / "_build/html/case-studies/one"
    assert Path(page / url.partition("#")[0]).resolve().read_text(encoding="utf-8") == "not really a film"


def test_only_pages_with_a_player_load_it(cases: Site) -> None:
    cases.build()
    assert "walkthrough.js" in cases.html("case-studies/one/walkthrough")
    assert "walkthrough.js" not in cases.html("case-studies/one/index")
    assert "cases.css" not in cases.html("index")
