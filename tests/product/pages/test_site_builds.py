"""The whole site builds strictly for every company that we have a policy of: ours, and those in examples/.

This is what keeps the sample company's words out of code and pages.
"""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.sites import LARKFIELD, POLICIES


@pytest.mark.timeout(600)
@pytest.mark.parametrize("policy", [*POLICIES, "tests/product/pages/bare.yml"])
def test_the_site_builds_without_a_warning(policy, published):
    site = published(policy)
    assert site.said == ""
    assert site.code == 0
    assert (Path(site.html) / "index.html").is_file()


class Ids(HTMLParser):
    """The ids of a page, each with how often it is there, and whether the browser's own rule is."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids, self.ruled = Counter[str](), False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids[given.get("id") or ""] += 1
        self.ruled |= given.get("http-equiv") == "Content-Security-Policy"


@pytest.mark.timeout(600)
def test_an_id_is_on_a_page_once_and_every_page_has_the_browser_s_own_rule(published):
    html = Path(published(LARKFIELD).html)
    pages = {
        str(path.relative_to(html)): Ids(path) for path in html.rglob("*.html") if "_static" not in path.parts
    }
    assert {"index.html", "search.html", "genindex.html"} < set(pages)
    twice = {
        name: [one for one, times in page.ids.items() if one and times > 1] for name, page in pages.items()
    }
    assert {name: found for name, found in twice.items() if found} == {}
    assert [name for name, page in pages.items() if not page.ruled] == []
