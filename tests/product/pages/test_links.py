"""Every link inside the built site leads to a page, an anchor or a file that is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from tests.sites import POLICIES, Published


def links(page: BeautifulSoup) -> Iterator[str]:
    for tag, attribute in (("a", "href"), ("link", "href"), ("script", "src"), ("img", "src")):
        yield from (str(element[attribute]) for element in page.find_all(tag) if element.get(attribute))


def dead(root: Path) -> Iterator[str]:
    """Each link that leads nowhere, as ``page: link``."""
    found = (path for path in root.rglob("*.html") if "_static" not in path.parts)
    pages = {path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in found}
    ids = {path: {str(tag["id"]) for tag in page.find_all(id=True)} for path, page in pages.items()}
    for path, page in pages.items():
        for link in links(page):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            if not target.is_file() or (anchor and target in ids and anchor not in ids[target]):
                yield f"{path.relative_to(root)}: {link}"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("policy", POLICIES)
def test_no_link_inside_the_site_is_dead(policy: str, published: Callable[[str], Published]) -> None:
    root = Path(published(policy).html)
    assert len(list(root.rglob("*.html"))) > 20
    assert list(dead(root)) == []


def test_a_dead_link_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        '<a href="b.html">b</a><a href="#here">h</a><p id="there"><a href="#there">'
    )
    assert list(dead(tmp_path)) == ["index.html: b.html", "index.html: #here"]
