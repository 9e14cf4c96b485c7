"""Every page of the process, as each of three very different companies gets it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import click
import pytest
import yaml
from bs4 import Tag

from outage.cli import COMMANDS, cli
from outage.policy import load_policy
from outage.policy.vocabulary import ROLES
from tests.content.pages.reading import FIVE_MINUTES, article, words_read
from tests.sites import LARKFIELD, Published

ROOT = Path(__file__).parents[3]
COMPANIES = {
    "larkfield": LARKFIELD,
    "small-team": "examples/small-team.yml",
    "large-group": "examples/large-group.yml",
}
SOURCES = sorted((ROOT / "process").rglob("*.md"))
REFERENCE = {"process/policy", "process/glossary"}  # looked up, and not read

LACKS = {
    # A part that a company has not, and words that would speak of it.
    "small-team": r"\b(executives?|divisions?|board|bridge call|second on call)\b",
    "large-group": r"\b(customers?|status page)\b",
}
ABOUT_OTHERS = {
    # Pages that exist to say so, where a company lacks their subject.
    "large-group": {"process/messages-to-customers", "process/roles/customer-liaison"},
}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT).with_suffix(""))


@pytest.fixture(scope="session", params=COMPANIES)
def company(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def built(company: str, published: Callable[[str], Published]) -> Path:
    return Path(published(COMPANIES[company]).html)


def texts(built: Path) -> Iterator[tuple[str, Tag]]:
    for path in SOURCES:
        if named(path) not in REFERENCE:
            yield named(path), article(built, named(path))


def front_matter(path: Path) -> dict[str, object]:
    text = path.read_text(encoding="utf-8")
    return yaml.safe_load(text.split("---\n")[1]) if text.startswith("---\n") else {}


@pytest.mark.parametrize("path", [p for p in SOURCES if named(p) not in REFERENCE], ids=named)
def test_a_page_says_which_role_keeps_it_and_when_it_was_reviewed(path):
    said = front_matter(path)
    assert said["owner"] in ROLES
    assert date(2026, 1, 1) <= date.fromisoformat(str(said["reviewed"]))


@pytest.mark.timeout(300)
def test_the_foot_of_a_page_shows_it(built):
    foot = article(built, "process/now").find(class_="outage-foot")
    assert foot is not None
    assert re.fullmatch(r"Kept by: .+\. Last reviewed: \d{4}-\d\d-\d\d\.", foot.get_text())


@pytest.mark.timeout(300)
def test_a_page_is_read_in_five_minutes(built):
    long = {
        page: minutes for page, content in texts(built) if (minutes := words_read(content)) > FIVE_MINUTES
    }
    assert long == {}


@pytest.mark.timeout(300)
def test_nothing_speaks_of_what_the_company_has_not(company, built):
    if company not in LACKS:
        return
    wrong = {}
    for page, content in texts(built):
        for fact in content.find_all(class_="outage-fact"):
            fact.decompose()  # another company's practice, in its own words
        found = re.findall(LACKS[company], content.get_text(" "), re.IGNORECASE)
        if found and page not in ABOUT_OTHERS.get(company, set()):
            wrong[page] = sorted(set(found))
    assert wrong == {}


@pytest.mark.timeout(300)
def test_no_brace_of_a_template_is_left(built):
    left = {page: re.findall(r"\S*[{}]\S*", content.get_text()) for page, content in texts(built)}
    assert {page: found for page, found in left.items() if found} == {}


@pytest.mark.timeout(300)
def test_every_page_is_three_clicks_from_the_front_door_and_the_emergency_ones_one(company, built):
    clicks = {"index": 0}
    queue = ["index"]
    for page in queue:
        for link in links(built, page):
            if link not in clicks:
                clicks[link] = clicks[page] + 1
                queue.append(link)
    pages = [named(path) for path in SOURCES if not is_about_others(named(path), company)]
    assert {page: clicks.get(page) for page in pages if clicks.get(page, 9) > 3} == {}
    urgent = ["now", "severity", "not-an-engineer", "tools-down", "timeline", "roles/index"]
    assert {page: clicks[f"process/{page}"] for page in urgent if clicks[f"process/{page}"] > 1} == {}


def steps(content: Tag, tab: int) -> list[str]:
    """The words of each step in one of the tabs: by command, or with only the chat."""
    items = content.select(".sd-tab-content")[tab].select("ol > li")
    return [" ".join(item.get_text().split()) for item in items]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("tab", [0, 1], ids=["by command", "only the chat"])
def test_the_front_page_begins_with_the_first_three_of_the_five_steps(built, tab):
    five = steps(article(built, "process/now"), tab)
    assert len(five) == 5
    assert steps(article(built, "index"), tab) == five[:3]


def is_about_others(page: str, company: str) -> bool:
    """Whether a page is about a part, or a role, that this company has not."""
    policy = load_policy(ROOT / COMPANIES[company])
    role = page.rpartition("/")[2]
    return page in ABOUT_OTHERS.get(company, set()) or (role in ROLES and role not in policy.held_roles)


def links(built: Path, page: str) -> list[str]:
    """Pages of the site to which a page's own text leads."""
    targets = [str(a["href"]).split("#")[0] for a in article(built, page).find_all("a", href=True)]
    inside = [target for target in targets if target.endswith(".html") and ":" not in target]
    return [os.path.normpath(Path(page).parent / one.removesuffix(".html")) for one in inside]


# ---------------------------------------------------------------- commands


def commands(path: Path) -> list[list[str]]:
    """The ``outage`` commands that a page has to copy, as their words."""
    blocks = re.findall(r"```console\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return [shlex.split(line.removeprefix("$ outage ")) for line in lines if line.startswith("$ outage ")]


@pytest.mark.parametrize("path", [p for p in SOURCES if commands(p)], ids=named)
def test_every_command_to_copy_is_one_that_outage_takes(path):
    for name, *arguments in commands(path):
        assert name in COMMANDS
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        command.make_context(name, list(arguments))  # raises a usage error for what it does not take


def test_the_five_steps_can_be_typed_one_after_the_other(company, tmp_path, monkeypatch):
    policy = ROOT / COMPANIES[company]
    (tmp_path / "handbook.yml").write_text(policy.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.delenv("OUTAGE_HANDBOOK", raising=False)
    has_customers = "customers" in load_policy(policy).audiences
    for words in commands(ROOT / "process/now.md"):
        if words == ["classify"] or (words[:2] == ["update", "customers"] and not has_customers):
            continue  # asks its questions at a terminal; or is not shown to this company
        done = subprocess.run(
            [Path(sys.executable).with_name("outage"), *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


# ---------------------------------------------------------------- sources


def test_an_optional_part_with_headings_begins_with_one():
    """Sections inside ``{when}`` join the page at once, so text before the first would land below them."""
    part = re.compile(r"^(:{3,})\{when\} [^\n]+\n(.*?)^\1$", re.DOTALL | re.MULTILINE)
    parts = [
        (named(path), one[1]) for path in SOURCES for one in part.findall(path.read_text(encoding="utf-8"))
    ]
    headed = [(name, text.lstrip()) for name, text in parts if re.search(r"^##", text, re.MULTILINE)]
    assert headed
    assert [name for name, text in headed if not text.startswith("##")] == []
