"""A runbook's page: facts at its head, each step by its number, and stored outputs as text only."""

from __future__ import annotations

import json
import re

import pytest

from outage.render.runbook.catalogue import STEPS
from tests.product.pages.notebooks import CELLS, META, NB_CONF, cell

PAGE, INDEX = "runbooks/look", "runbooks/index"


@pytest.fixture
def runbooks(site):
    site.write("conf.py", NB_CONF)
    write(site)
    site.write("runbooks/index.md", "# Runbooks\n\n```{runbooks}\n```\n")
    assert site.build().warnings == ""
    return site


def write(site, cells=CELLS, **meta):
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
              "language_info": {"name": "python", "pygments_lexer": "python"}}  # fmt: skip
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": kernel | {"runbook": META | meta},
        "cells": cells,
    }
    site.write(f"{PAGE}.ipynb", json.dumps(notebook))


def test_the_title_is_the_notebooks_own_and_facts_stand_below_it(runbooks):
    page = runbooks.page(PAGE)
    assert page.find("h1").get_text().startswith("Look twice")
    about = page.find(class_="outage-about").get_text()
    assert "Look once more" in about
    assert "outage run look" in about
    assert page.find(class_="outage-about").find_previous("h1")
    assert runbooks.words(PAGE).index("Look once more") < runbooks.words(PAGE).index("It looks.")


def test_the_owner_is_called_as_the_company_calls_the_role(runbooks):
    assert runbooks.page(PAGE).find(class_="outage-about").find(class_="outage-role").get_text() == "Scribe"


def test_each_step_has_the_number_that_the_command_line_gives_it(runbooks):
    badges = [badge.get_text(" ") for badge in runbooks.page(PAGE).find_all(class_="outage-cell-step")]
    assert badges == [
        f"{number} {tag}   {STEPS[tag]}".strip()
        for number, tag in ((2, "parameters"), (4, "read"), (5, "change"), (6, "verify"))
    ]


def test_a_badge_stands_right_above_its_cell(runbooks):
    badges = runbooks.page(PAGE).find_all(class_="outage-cell-step")
    assert badges
    for badge in badges:
        tag = re.sub(r"^\d+ ", "", badge.find(class_="outage-step").get_text())
        assert f"tag_{tag}" in badge.find_next_sibling("div")["class"]


def test_only_code_that_changes_something_is_in_view_at_once(runbooks):
    found = {}
    for badge in runbooks.page(PAGE).find_all(class_="outage-step"):
        shown = badge.find_parent("p").find_next_sibling("div")
        found[badge.get_text().split()[1]] = shown.find("details") is None
    assert found == {"parameters": False, "read": False, "change": True, "verify": False}


def test_what_a_folded_step_found_is_in_view(runbooks):
    assert not runbooks.page(PAGE).find(string=re.compile("found it")).find_parent("details")


def test_stored_outputs_are_shown(runbooks):
    assert "found it" in runbooks.words(PAGE)


def test_the_list_leads_to_the_page(runbooks):
    link = runbooks.page(INDEX).find(class_="outage-runbooks").find("a")
    assert (link["href"], link.get_text()) == ("look.html", "Look twice")


def test_an_edited_source_reads_the_page_and_not_the_list(runbooks):
    write(runbooks, [*CELLS, cell("markdown", "More words.")])
    assert runbooks.build().read == {PAGE}


def test_another_summary_reads_both(runbooks):
    write(runbooks, summary="Look thrice")
    assert runbooks.build().read == {PAGE, INDEX}


def test_what_an_editor_left_out_of_the_file_changes_nothing_on_the_page(runbooks):
    shown = runbooks.words(PAGE)
    notebook = json.loads((runbooks.root / f"{PAGE}.ipynb").read_text(encoding="utf-8"))
    notebook["cells"][0]["metadata"] = None
    notebook["cells"][2]["metadata"] = {"tags": None}
    del notebook["cells"][5]["outputs"], notebook["cells"][5]["execution_count"]
    notebook["cells"].append({"cell_type": "code", "id": "last", "metadata": {}})
    runbooks.write(f"{PAGE}.ipynb", "\ufeff" + json.dumps(notebook))
    assert runbooks.build().warnings == ""
    assert runbooks.words(PAGE) == shown


def test_a_notebook_elsewhere_has_no_badges(runbooks):
    notebook = (runbooks.root / f"{PAGE}.ipynb").read_text(encoding="utf-8")
    runbooks.write("case-studies/one.ipynb", notebook)
    assert runbooks.build().warnings == ""
    assert not runbooks.page("case-studies/one").find(class_="outage-cell-step")


@pytest.mark.parametrize("words", ["<script>alert(1)</script>", "{raw}`x`", "```{raw} html\n<b>x</b>\n```"])
def test_hostile_metadata_is_shown_as_text(runbooks, words):
    write(runbooks, summary=words, service=words, owner=words, needs=[words], alerts=[words])
    assert runbooks.build().warnings == ""
    for name in (PAGE, INDEX):
        body = runbooks.page(name).find(class_="body")
        run = [one for one in body.find_all(["script", "b"]) if one.get("type") != "application/json"]
        assert run == []
        assert " ".join(words.split()) in " ".join(body.get_text().split())


def test_stored_outputs_are_masked(runbooks):
    output = {"output_type": "stream", "name": "stdout", "text": ["by ada@exam", "ple.org"]}
    write(runbooks, [*CELLS, cell("code", "print(2)", "read", outputs=[output])])
    assert runbooks.build().warnings == ""
    assert "by [e-mail]" in runbooks.words(PAGE)
    assert "ada@" not in runbooks.html(PAGE)


def test_a_stored_progress_bar_is_shown_as_it_stood_in_the_end(runbooks):
    outputs = [
        {"output_type": "stream", "name": "stderr", "text": ["\r 10% of it", "\r 50% of it\n"]},
        {"output_type": "stream", "name": "stderr", "text": "\r100% of it\r\n"},
    ]
    write(runbooks, [*CELLS, cell("code", "print(2)", "read", outputs=outputs)])
    assert runbooks.build().warnings == ""
    words = runbooks.words(PAGE)
    assert "50% of it 100% of it" in words
    assert "10% of it" not in words


def test_an_address_that_an_output_puts_together_is_masked(runbooks):
    output = {
        "output_type": "stream",
        "name": "stdout",
        "text": "by ada@exa\x1b[32mmple.org, ada#\b@example.org",
    }
    write(runbooks, [*CELLS, cell("code", "print(2)", "read", outputs=[output])])
    assert runbooks.build().warnings == ""
    assert "example.org" not in runbooks.words(PAGE)
