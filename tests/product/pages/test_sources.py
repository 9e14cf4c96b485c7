"""Sources at the foot of a page: how they read, how we know them, and what an edited entry makes outdated."""

from __future__ import annotations

from pathlib import Path

import pytest
from pybtex.database import BibliographyData, parse_file

ROOT = Path(__file__).parents[3]
NOTES = {
    "read",
    "read in transcription",
    "as reported by others",
    "named in the project's course notes; not checked against the original",
    "from general knowledge, not checked",
}
BIBLIOGRAPHY = """
@misc{order, author = {{The Commission}}, title = {An order}, howpublished = {Release 7}, year = 2013,
  url = {https://example.org/order}, note = {read in transcription}}
@book{book, editor = {Ada One and Bo Two and Cy Three}, title = {A book}, publisher = {A press}, year = 2016,
  note = {read}}
"""
CITING = "First {footcite:p}`order`, then {footcite:p}`book`, {footcite:p}`order`.\n"
FOOT = "\n## Sources\n\n```{footbibliography}\n```\n"


@pytest.fixture
def cited(site):
    settings = (ROOT / "conf.py").read_text(encoding="utf-8").splitlines()
    ours = [line for line in settings if line.startswith(("bibtex_", "myst_footnote"))]
    site.write("conf.py", "\n".join([(site.root / "conf.py").read_text(), *ours]))
    site.write("bibliography.bib", BIBLIOGRAPHY)
    site.pages(both=CITING + FOOT, book="{footcite:p}`book`\n" + FOOT, none="No source.")
    return site


def test_an_entry_says_who_what_where_and_how_we_know_it(cited):
    assert cited.build().warnings == ""
    notes = [" ".join(note.p.get_text().split()) for note in cited.page("both").find_all(role="doc-footnote")]
    assert notes == [
        "The Commission. An order, Release 7, 2013. How we know it: read in transcription.",
        "Ada One, Bo Two and Cy Three. A book, A press, 2016. How we know it: read.",
    ]


def test_number_and_entry_lead_to_each_other(cited):
    cited.build()
    page = cited.page("both")
    first = page.find("a", role="doc-noteref")
    note = page.find(id=first["href"][1:])
    assert note.find_parent("section")["id"] == "sources"
    assert note.find("a", role="doc-backlink", href=f"#{first['id']}")
    assert note.p.a["href"] == "https://example.org/order"


@pytest.mark.parametrize(
    ("old", "new", "read"),
    [
        ("An order", "The order", {"both"}),
        ("A book", "The book", {"both", "book"}),
        ("note = {read}}", "note = {read}}\n@misc{new, title = {New}, note = {read}}", set()),
    ],
)
def test_an_edited_entry_rebuilds_the_pages_that_name_it(cited, old, new, read):
    cited.build()
    cited.write("bibliography.bib", BIBLIOGRAPHY.replace(old, new))
    again = cited.build()
    assert again.warnings == ""
    assert again.read == read


def test_processes_that_read_side_by_side_note_it_too(cited):
    cited.pages(**{f"filler{n}": "No source." for n in range(10)})
    cited.build(parallel=2)
    cited.write("bibliography.bib", BIBLIOGRAPHY.replace("An order", "The order"))
    assert cited.build(parallel=2).read == {"both"}


def test_a_work_that_is_missing_is_warned_about_and_found_when_it_comes(cited):
    cited.pages(none="{footcite:p}`later`\n" + FOOT)
    assert 'none.md:3: WARNING: could not find bibtex key "later"' in cited.build().warnings
    cited.write("bibliography.bib", BIBLIOGRAPHY + "@misc{later, title = {Late}, note = {read}}")
    again = cited.build()
    assert (again.read, again.warnings) == ({"none"}, "")
    assert "Late. How we know it: read." in cited.words("none")


def test_a_page_that_cites_shows_its_sources(cited):
    cited.pages(none=CITING)
    assert "none.md: WARNING: it cites and has no {footbibliography}" in cited.build().warnings


# ---------------------------------------------------------------- our own bibliography


@pytest.fixture(scope="module")
def works() -> BibliographyData:
    return parse_file(str(ROOT / "bibliography.bib"), "bibtex")


def test_every_work_has_a_title_somebody_who_wrote_it_and_how_we_know_it(works):
    wrong = {
        key: entry.fields.get("note")
        for key, entry in works.entries.items()
        if entry.fields.get("note") not in NOTES
        or not entry.fields.get("title")
        or not (entry.persons or entry.fields.get("organization"))
    }
    assert wrong == {}


def test_no_work_stands_twice(works):
    for field in ("title", "url"):
        values = [entry.fields[field].casefold() for entry in works.entries.values() if field in entry.fields]
        assert sorted({value for value in values if values.count(value) > 1}) == []


def test_every_work_is_named_by_a_page(works):
    pages = [path for kind in ("md", "ipynb", "yml") for path in ROOT.glob(f"[a-z]*/**/*.{kind}")]
    text = "\n".join(
        path.read_text(encoding="utf-8") for path in pages if not path.is_relative_to(ROOT / "tests")
    )
    assert [key for key in works.entries if key not in text] == []
