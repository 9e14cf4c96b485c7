"""Each heading of the five texts from which this handbook grew has a row, and the row leads to a section."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup, Tag

from tests.sites import LARKFIELD, ROOT

PAGE = "library/sources"
HEADINGS: dict[str, list[str]] = yaml.safe_load(
    (Path(__file__).parent / "sources.yml").read_text(encoding="utf-8")
)


@pytest.fixture
def rows(published):
    """Source to its rows: the heading, and where its link leads (the page's file, and the anchor)."""
    html = Path(published(LARKFIELD).html)
    page = BeautifulSoup((html / f"{PAGE}.html").read_text(encoding="utf-8"), "html.parser")
    found = {}
    for section in page.select("article section > section"):
        assert section.h2 is not None
        heading = section.h2.contents[0].get_text().strip()
        found[heading] = [row(html, one) for one in section.select("tbody tr")]
    return found


def row(html: Path, one: Tag) -> tuple[str, Path, str]:
    for hidden in one.select(".outage-heading"):
        hidden.decompose()
    text, link = one.find_all("td")
    parts = urlsplit(str(link.a["href"]) if link.a else "")
    return " ".join(text.get_text().split()), (html / PAGE).parent / parts.path, parts.fragment


@pytest.mark.timeout(600)
@pytest.mark.parametrize("source", HEADINGS)
def test_each_heading_has_its_row_in_order(rows, source):
    assert [heading for heading, *_ in rows[source]] == [" ".join(one.split()) for one in HEADINGS[source]]


@pytest.mark.timeout(600)
def test_each_row_leads_to_a_section_that_is_there(rows):
    pages: dict[Path, set[str]] = {}
    lost = []
    for source, found in rows.items():
        for heading, path, anchor in found:
            if path not in pages:
                text = path.read_text(encoding="utf-8") if path.is_file() else ""
                pages[path] = set(re.findall(r'\bid="([^"]+)"', text))
            if not path.is_file() or (anchor and anchor not in pages[path]):
                lost.append((source, heading, f"{path.name}#{anchor}"))
    assert lost == []


def test_the_headings_of_five_texts_are_known():
    assert len(HEADINGS) == 5
    assert sum(map(len, HEADINGS.values())) == 500


def test_the_page_leads_to_no_text_that_is_not_in_here():
    text = (ROOT / f"{PAGE}.md").read_text(encoding="utf-8")
    assert not re.search(r"devops-course-notes|mme-sev1-playbook|ska-incident-management\.rst", text)
