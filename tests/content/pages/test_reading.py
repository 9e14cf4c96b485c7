"""Every prose page of the sample company: short enough, spelt right, and its path for new joiners true."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from outage.check.pages import list_pages
from outage.glossary import parse_glossary
from tests.content.pages import reading
from tests.content.pages.reading import FIVE_MINUTES, WORDS_A_MINUTE, words_read
from tests.sites import LARKFIELD, ROOT, Published

WORDS = Path(__file__).parents[2] / "words.txt"
LOOKED_UP = {"process/policy", "process/glossary", "library/sources"}
NAMES = {"process/policy", "library/sources"}  # a company's names, and other people's headings
PROSE = [str(path.with_suffix("")) for path in list_pages(ROOT)]
FRONT = ["index", "runbooks/index", "runbooks/kit", "incidents/index"]

NOT_SPELT = (
    "code, pre, kbd, svg, script, style, nav, blockquote, .outage-heading, .outage-chip, .outage-value,"
    " .outage-clause, a.headerlink, aside.footnote-list, .outage-source, .math, .cell_input, .cell_output,"
    " .sig, .field-list strong, .field-list em"
)
"""Code and signatures, what the policy says, sources (names of people), examples, and what was computed."""
BLOCKS = ["p", "li", "td", "th", "dt", "dd", "h1", "h2", "h3", "h4", "div", "summary", "figcaption", "option"]

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def article(published: Callable[[str], Published]) -> Callable[[str], Tag]:
    """A fresh copy of what a built page says."""
    return partial(reading.article, Path(published(LARKFIELD).html))


def test_every_page_and_notebook_is_read_in_five_minutes(article):
    long = {
        page: n for page in PROSE if page not in LOOKED_UP and (n := words_read(article(page))) > FIVE_MINUTES
    }
    assert long == {}


# ---------------------------------------------------------------- spelling


def words_of(content: Tag) -> set[str]:
    """The words that stand on a page as prose; addresses, and names like ``PostgreSQL``, are none."""
    for other in content.select(NOT_SPELT):
        other.replace_with(" ")
    for block in content.find_all(BLOCKS):
        block.append(" ")
    text = re.sub(r"\S*(?:://|@|/\w+/|\w\.\w{2,4}\b)\S*", " ", content.get_text()).replace("\u2019", "'")
    found = re.findall(r"(?<![\w'#-])[A-Za-z\u00c0-\u024f]+(?:'[A-Za-z]+)?(?![\w_])", text)
    words = {word.removesuffix("'s") for word in found if len(word) > 1}
    return {word for word in words if not re.search(r"[a-z][A-Z]", word)}


def unknown(words: set[str]) -> set[str]:
    """Those of the words that Debian's British dictionary does not know."""
    assert shutil.which("hunspell"), "hunspell is missing; apt.txt names it, and 'make packages' installs it"
    done = subprocess.run(
        ["hunspell", "-d", "en_GB", "-i", "utf-8", "-l"],
        input="\n".join(sorted(words)), capture_output=True, text=True, encoding="utf-8", check=True,
    )  # fmt: skip
    return set(done.stdout.split())


def listed() -> list[str]:
    return WORDS.read_text(encoding="utf-8").split("\n")[:-1]


def test_every_word_is_in_the_dictionary_or_on_our_list_and_the_list_has_no_other(article):
    on = {page: words_of(article(page)) for page in [*PROSE, *FRONT] if page not in NAMES}
    strange = unknown(set().union(*on.values()))
    ours = set(listed())
    wrong = {
        word: sorted(page for page in on if word in on[page]) for word in strange if not is_known(word, ours)
    }
    assert wrong == {}, "a spelling error, or a word for tests/words.txt"
    used = strange | {word.lower() for word in strange}
    assert ours - used == set(), "no page uses them any more, or the dictionary knows them"


def is_known(word: str, ours: set[str]) -> bool:
    """A word of the list as it stands there; one in small letters also at the head of a sentence."""
    return word in ours or word.lower() in ours


def test_our_list_is_sorted_and_has_nothing_twice():
    assert listed() == sorted(set(listed()), key=lambda word: (word.casefold(), word))


def test_a_misspelt_word_is_found():
    content = BeautifulSoup(
        "<p>The comander's <code>teh</code> colour, at https://exmple.org</p>", "html.parser"
    )
    assert unknown(words_of(content)) == {"comander"}


# ---------------------------------------------------------------- new joiners, and the glossary


def test_the_path_of_a_new_joiner_takes_the_time_that_it_says(article):
    rows = article("process/new-joiners").table.tbody.find_all("tr")
    steps = [(row.a["href"].removesuffix(".html"), int(row.find_all("td")[1].p.contents[-1])) for row in rows]
    assert sum(minutes for _, minutes in steps) <= 60
    read = {
        page: (minutes, words_read(article(f"process/{page}")) / WORDS_A_MINUTE) for page, minutes in steps
    }
    assert {page: both for page, both in read.items() if abs(both[0] - both[1]) > 1} == {}


def test_every_term_leads_to_a_page_that_uses_it(article):
    text = (ROOT / "process/glossary.md").read_text(encoding="utf-8")
    names = {term.id: (term.name, *term.others) for term in parse_glossary(text)}
    unused = []
    for entry in article("process/glossary").find_all("dt"):
        link = entry.find_next_sibling("dd").find("a", href=re.compile(r"\.html"))
        page = str(Path("process") / link["href"].split(".html")[0]).replace("process/../", "")
        said = article(page).get_text(" ").casefold().replace("\n", " ")
        if not any(name.casefold() in said for name in names[entry["id"]]):
            unused.append((entry["id"], page))
    assert unused == []
