"""How long a built page takes to read, and the words on it that people read."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup, Tag

WORDS_A_MINUTE = 200
FIVE_MINUTES = 5 * WORDS_A_MINUTE
NOT_READ = (
    "svg, details, script, .outage-heading, .outage-verdict, aside.footnote-list, .outage-foot, div.cell,"
    " .outage-case, .outage-findings, .outage-walk-story, .outage-tasks"
)
"""Pictures, what opens when it is asked for, sources, code with what it printed; and what is looked up,
played or ticked off: a case's record, its walkthrough, a playbook's steps."""


@cache
def _source(built: Path, page: str) -> str:
    text = (built / f"{page}.html").read_text(encoding="utf-8")
    return text[text.index("<article") : text.rindex("</article>")]


def article(built: Path, page: str) -> Tag:
    """A fresh copy of what a built page says; to parse the navigation around it would take as long again."""
    found = BeautifulSoup(_source(built, page), "html.parser").find("article")
    assert isinstance(found, Tag)
    return found


def words_read(content: Tag) -> int:
    """Words of a page; of tabs that stand side by side a reader opens one, at worst the longest."""
    for tabs in content.find_all(class_="sd-tab-set"):
        panels = tabs.find_all(class_="sd-tab-content")
        longest = max(panels, key=lambda panel: len(panel.get_text().split()))
        for panel in panels:
            if panel is not longest:
                panel.decompose()
    for other in content.select(NOT_READ):
        other.decompose()
    return len(content.get_text().split())
