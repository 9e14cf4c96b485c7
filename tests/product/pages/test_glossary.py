"""The glossary: its terms, and the links that lead to them from where a page first uses one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from outage.glossary import Glossary, Term, check_glossary, parse_glossary

ENTRIES = """
cadence
: How often an audience hears. Page: {doc}`/index`.

CAN report, CAN
: Conditions, actions, needs; see {doc}`/index`.

incident
: More than one person, or more time, is needed: {doc}`/index`.

incident commander, IC
: Leads and does not fix,
  and says so: {doc}`/index`.
"""
PAGE = f"# Glossary\n\n```{{glossary}}\n{ENTRIES}```\n"


def used(text):
    return [(text[start:end], term.name) for start, end, term in Glossary(parse_glossary(PAGE)).uses(text)]


def said(root, entries):
    (root / "process").mkdir()
    (root / "process/glossary.md").write_text(f"# Glossary\n\n```{{glossary}}\n{entries}\n```\n")
    problems = check_glossary(root)
    assert all(problem.hint for problem in problems)
    return [f"{problem.where}: {problem.message}" for problem in problems]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Every incident has one.", [("incident", "incident")]),
        ("Incidents end.", [("Incidents", "incident")]),
        ("The incident\ncommander leads.", [("incident\ncommander", "incident commander")]),
        ("Ask the IC, or two ICs.", [("IC", "incident commander"), ("ICs", "incident commander")]),
        ("The cadences differ.", [("cadences", "cadence")]),
        ("We can do it; say CAN.", [("CAN", "CAN report")]),
        ("Incidental, pre-incident, incident-free, incident.log, #incident, coincident.", []),
        ("An incident's end; (incident).", [("incident", "incident"), ("incident", "incident")]),
        ("ic", []),
    ],
)
def test_a_term_is_found_as_a_whole_word_in_any_case_and_number(text, found):
    assert used(text) == found


def test_an_empty_glossary_finds_nothing():
    assert list(Glossary(()).uses("incident")) == []


def test_an_entry_is_read_with_its_names_and_its_line():
    *_, last = parse_glossary(PAGE)
    assert last == Term(
        "incident commander", ("IC",), "Leads and does not fix, and says so: {doc}`/index`.", 14
    )


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ("b\n: B, {doc}`x`.\na\n: A, {doc}`x`.", "process/glossary.md:6: 'a' is not in its place"),
        ("a\n: A, {doc}`x`.\nb, A\n: B, {doc}`x`.", "process/glossary.md:6: 'a' stands on line 4 already"),
        ("a\n", "process/glossary.md:4: 'a' has no definition"),
        (
            "a\n: One. Two.\n  Three, {doc}`x`.",
            "process/glossary.md:4: 'a' is defined in more than two sentences",
        ),
        ("a\n: One.", "process/glossary.md:4: 'a' leads to no page"),
    ],
)
def test_a_wrong_entry_is_told_with_its_line(tmp_path, entries, problem):
    assert said(tmp_path, entries) == [problem]


def test_no_glossary_is_no_problem(tmp_path):
    assert check_glossary(tmp_path) == []


# ---------------------------------------------------------------- on pages


@pytest.fixture
def linked(site):
    site.write("process/glossary.md", PAGE)
    return site


def leads(site, page):
    """The words of a page that lead to the glossary, and where."""
    spans = site.page(page).select(".body a > .outage-term")
    return [(span.get_text(), span.parent["href"].partition("#")[2]) for span in spans]


def test_the_first_use_on_a_page_is_a_link_and_the_next_is_not(linked):
    linked.pages(a="An *incident* is one. Incidents have a cadence.\n\n- The incident ends.")
    assert linked.build().warnings == ""
    assert leads(linked, "a") == [("incident", "term-incident"), ("cadence", "term-cadence")]
    entry = linked.page("process/glossary").find(id="term-incident")
    assert entry.name == "dt"


@pytest.mark.parametrize(
    "text",
    [
        "# The incident",
        "`incident`",
        "```text\nincident\n```",
        "[the incident](index.md)",
        "```{say} In an incident\nincident\n```",
        ":::{div} outage-steps\n1. Declare the incident.\n:::",
        "```{button-link} https://example.org\nincident\n```",
        "| incident |\n|---|\n| x |",
        ":::{rubric} incident\n:::",
        "```{card} The incident\nx\n```",
    ],
)
def test_what_is_no_ordinary_text_is_left_alone(linked, text):
    linked.pages(a=text)
    assert linked.build().warnings == ""
    assert leads(linked, "a") == []


def test_pages_for_the_emergency_and_records_are_left_alone(linked):
    for page in ("process/now", "incidents/one/index"):
        linked.write(f"{page}.md", "# Page\n\nAn incident.\n")
    linked.build()
    assert leads(linked, "process/now") == leads(linked, "incidents/one/index") == []


def test_no_glossary_no_links(site):
    site.pages(a="An incident.")
    assert site.build().warnings == ""
    assert leads(site, "a") == []


@pytest.fixture
def built(linked):
    linked.pages(one="An incident.", two="Its cadence.", three="A drill.", four="The IC leads.")
    assert linked.build().warnings == ""
    return linked


@pytest.mark.parametrize(
    ("old", "new", "read"),
    [
        ("cadence\n: How", "cadence, drill\n: How", {"three"}),
        ("cadence\n: How", "audience\n: How", {"two"}),
        ("incident\n: More", "incident, outage\n: More", set()),
        ("commander, IC", "commander", {"four"}),
        ("More than one", "More than a", set()),
    ],
)
def test_an_edited_glossary_rebuilds_the_pages_whose_links_change(built, old, new, read):
    built.write("process/glossary.md", PAGE.replace(old, new))
    again = built.build()
    assert again.warnings == ""
    assert again.read == read | {"process/glossary"}


def test_nothing_changed_reads_nothing(built):
    assert built.build().read == set()


def test_a_glossary_that_goes_takes_its_links_with_it(built):
    (built.root / "process/glossary.md").unlink()
    again = built.build()
    assert again.warnings == ""
    assert {"one", "two", "four"} <= again.read
    assert "three" not in again.read
    assert leads(built, "one") == []


def test_processes_side_by_side_link_and_note_the_same(linked):
    linked.pages(**{f"page{n}": "An incident. Its cadence." for n in range(12)})
    assert linked.build(parallel=2).warnings == ""
    assert len(leads(linked, "page7")) == 2
    linked.write("process/glossary.md", PAGE.replace("cadence\n", "clock\n"))
    assert linked.build(parallel=2).read >= {f"page{n}" for n in range(12)}
    shutil.rmtree(linked.root / "_build")
    linked.build()
    assert len(leads(linked, "page7")) == 1


def test_a_second_glossary_is_refused(linked):
    linked.pages(a="```{glossary}\n```")
    assert "the glossary is process/glossary.md, and a handbook has one" in linked.build().warnings


def test_a_wrong_entry_is_warned_about_at_its_line(linked):
    linked.write("process/glossary.md", PAGE.replace("cadence\n", "zeal\n"))
    assert "process/glossary.md:8: WARNING: 'CAN report' is not in its place" in linked.build().warnings


# ---------------------------------------------------------------- our own

ROOT = Path(__file__).parents[3]


def test_our_own_glossary_is_right():
    assert check_glossary(ROOT) == []
