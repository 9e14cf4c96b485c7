"""Each heading of the five texts from which this handbook grew has a row, and the row leads to a section."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup, Tag

from tests.sites import LARKFIELD, ROOT

ABOUT = ("library/sources.md",)
PAGE = "library/sources"
HEADINGS: dict[str, list[str]] = yaml.safe_load(
    (Path(__file__).parent / "sources.yml").read_text(encoding="utf-8")
)


DEPTH = re.compile(r"taught|mentioned(; \w.+)?|left out: \w.+")


class Row(NamedTuple):
    """A topic of a source, the chapter that lists it, where its link leads, and how much of it is there."""

    chapter: str
    topic: str
    path: Path
    anchor: str
    depth: str


@pytest.fixture
def rows(published):
    """Return the rows of each source, in their order."""
    html = Path(published(LARKFIELD).html)
    page = BeautifulSoup((html / f"{PAGE}.html").read_text(encoding="utf-8"), "html.parser")
    found = {}
    for section in page.select("article section > section:has(> h2)"):
        assert section.h2 is not None
        heading = section.h2.contents[0].get_text().strip()
        found[heading] = [row(html, one) for one in section.select("tbody tr")]
    return found


def row(html: Path, one: Tag) -> Row:
    for hidden in one.select(".outage-heading"):
        hidden.decompose()
    topic, link, depth = one.find_all("td")
    parts = urlsplit(str(link.a["href"]) if link.a else "")
    section = one.find_parent("section")
    chapter = section.find("h3", recursive=False) if section else None
    return Row(
        chapter=str(chapter.contents[0]) if isinstance(chapter, Tag) else "",
        topic=" ".join(topic.get_text().split()),
        path=(html / PAGE).parent / parts.path,
        anchor=parts.fragment,
        depth=" ".join(depth.get_text().split()),
    )


@pytest.mark.timeout(600)
@pytest.mark.parametrize("source", HEADINGS)
def test_each_heading_has_its_row_in_order(rows, source):
    assert [one.topic for one in rows[source]] == [" ".join(one.split()) for one in HEADINGS[source]]


@pytest.mark.parametrize("source", HEADINGS)
def test_no_two_headings_of_a_source_read_alike(source):
    assert len(set(HEADINGS[source])) == len(HEADINGS[source])


@pytest.mark.timeout(600)
@pytest.mark.parametrize("source", HEADINGS)
def test_each_row_is_in_the_table_of_its_chapter(rows, source):
    chapter = ""
    for one in rows[source]:
        if re.match(r"Chapter \d ", one.topic):
            chapter = one.topic
        assert one.chapter.replace(":", "") == chapter, one.topic


@pytest.mark.timeout(600)
@pytest.mark.parametrize("source", HEADINGS)
def test_each_row_says_how_much_is_there_and_why_something_was_left_out(rows, source):
    assert [one for one in rows[source] if not DEPTH.fullmatch(one.depth)] == []


@pytest.mark.timeout(600)
def test_each_row_leads_to_a_section_that_is_there(rows):
    pages: dict[Path, set[str]] = {}
    lost = []
    for source, found in rows.items():
        for one in found:
            if one.path not in pages:
                text = one.path.read_text(encoding="utf-8") if one.path.is_file() else ""
                pages[one.path] = set(re.findall(r'\bid="([^"]+)"', text))
            if not one.path.is_file() or (one.anchor and one.anchor not in pages[one.path]):
                lost.append((source, one.topic, f"{one.path.name}#{one.anchor}"))
    assert lost == []


def test_the_headings_of_five_texts_are_known():
    assert len(HEADINGS) == 5
    assert sum(map(len, HEADINGS.values())) == 500


def test_the_page_leads_to_no_text_that_is_not_in_here():
    text = (ROOT / f"{PAGE}.md").read_text(encoding="utf-8")
    assert not re.search(r"devops-course-notes|mme-sev1-playbook|ska-incident-management\.rst", text)
