"""The pages of the roles: one each, the same parts in each, true for a company that merges or lacks some."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from outage.policy import load_policy
from outage.policy.vocabulary import ROLES
from tests.content.pages.reading import article
from tests.sites import LARKFIELD, Published

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "process" / "roles"
SECTIONS = [
    "What you are for",
    "Your first minutes",
    "What you do",
    "What you never do",
    "Say this word for word",
    "Take it, hand it over",
    "Who helps",
    "Where this comes from",
]


@dataclass(frozen=True)
class Company:
    """A policy file, and what it makes of the roles: titles in their fixed order, and who does whose work."""

    file: str
    titles: list[str]
    merged: dict[str, str]
    absent: set[str]


_OURS = [
    "Incident commander",
    "Deputy",
    "Operations lead",
    "Subject matter expert",
    "Communications lead",
    "Scribe",
    "Planner",
    "Customer liaison",
    "Review team",
]
COMPANIES = [
    Company(LARKFIELD, _OURS, {}, set()),
    Company(
        "examples/small-team.yml",
        _OURS,
        {"deputy": "incident-commander", "planner": "incident-commander"},
        set(),
    ),
    Company(
        "examples/large-group.yml",
        [
            "Lage-Leitung",
            "Deputy",
            "Technische Leitung",
            "Fachkraft",
            "Meldestelle",
            "Scribe",
            "Einsatzplanung",
            "Customer liaison",
            "Nachbereitung",
        ],
        {"deputy": "incident-commander", "scribe": "communications-lead"},
        {"customer-liaison"},
    ),
]


@pytest.fixture(scope="module", params=COMPANIES, ids=lambda company: Path(company.file).stem)
def company(request):
    return request.param


@pytest.fixture(scope="module")
def built(company: Company, published: Callable[[str], Published]) -> Path:
    """The site of a company; it is strict, so its pages were built without a warning."""
    return Path(published(company.file).html)


def page(built, role):
    return BeautifulSoup((built / f"process/roles/{role}.html").read_text(encoding="utf-8"), "html.parser")


def body(built, role):
    return article(built, f"process/roles/{role}")


def words_of(built: Path, role: str) -> str:
    return " ".join(body(built, role).get_text().split())


def heading(tag):
    return re.sub("[¶#]$", "", tag.get_text()).strip()


def note_of(built: Path, role: str) -> str:
    """The words of the statement at the top of a role's page; empty where there is none."""
    note = body(built, role).select_one("h1 + .admonition")
    return " ".join(note.get_text().split()) if note else ""


# ---------------------------------------------------------------- the sources


def test_each_role_has_a_page():
    assert {path.stem for path in FOLDER.glob("*.md")} == {*ROLES, "index", "assigning"}


@pytest.mark.parametrize("role", ROLES)
def test_each_page_has_the_same_parts_in_the_same_order(role):
    text = (FOLDER / f"{role}.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS


@pytest.mark.parametrize("role", ROLES)
def test_each_page_says_what_to_say_in_blocks_that_can_be_copied(role):
    text = (FOLDER / f"{role}.md").read_text(encoding="utf-8")
    spoken = text.split("## Say this word for word")[1].split("\n## ")[0]
    assert spoken.count("{say}") >= 5


# ---------------------------------------------------------------- the pages of three companies


def test_a_page_is_titled_with_the_companys_name_for_the_role(built, company):
    titles = [page(built, role) for role in ROLES]
    assert [heading(one.find("h1")) for one in titles] == company.titles
    assert [one.title.get_text().split(" — ")[0] for one in titles] == company.titles


def test_the_parts_stand_on_the_page_of_every_role_that_somebody_does(built, company):
    for role in ROLES:
        expected = [] if role in company.absent else SECTIONS
        assert [heading(tag) for tag in body(built, role).find_all("h2")] == expected, role


def test_only_a_merged_or_absent_role_has_a_statement_at_its_top(built, company):
    assert {role for role in ROLES if note_of(built, role)} == {*company.merged, *company.absent}


def test_a_merged_roles_page_says_who_does_its_work_and_leads_there(built, company):
    names = dict(zip(ROLES, company.titles, strict=True))
    notes = {role: note_of(built, role) for role in ROLES}
    said = {
        role: into
        for role, into in itertools.product(ROLES, ROLES)
        if f"has no separate {names[role]}. {names[into]} does this work" in notes[role]
    }
    assert said == company.merged
    for role, into in company.merged.items():
        links = body(built, role).select('h1 + .admonition a:not([href*="glossary"])')
        assert [link["href"] for link in links] == [f"{into}.html"]
        assert f"outage role {role}" not in words_of(built, role)


def test_an_absent_roles_page_says_so_and_is_left_out_of_the_navigation(built, company):
    follows = page(built, "planner").find("link", rel="next")["href"]
    if not company.absent:
        assert follows == "customer-liaison.html"
        return
    assert "has no such role" in note_of(built, "customer-liaison")
    assert body(built, "customer-liaison").select_one("h1 + .admonition a")["href"] == "index.html"
    assert follows == "review-team.html"


def test_a_roles_name_leads_to_its_page(built):
    links = body(built, "index").select("a:has(.outage-role-incident-commander)")
    assert {link["href"] for link in links} == {"incident-commander.html"}


def test_the_pages_speak_of_the_audiences_that_the_company_has_and_of_no_other(built, company):
    policy = load_policy(ROOT / company.file)
    said = " ".join(words_of(built, role).split("Where this comes from")[0] for role in ROLES)
    said = said.replace("customer's personal data", "").lower()  # a rule for every company's record
    assert [key for key, audience in policy.audiences.items() if audience.name.lower() not in said] == []
    spoken_of = {word for word in ("executives", "customers") if re.search(rf"\b{word}\b", said)}
    assert spoken_of <= set(policy.audiences)


def test_a_page_is_read_in_a_few_minutes(built):
    for role in ROLES:
        assert len(words_of(built, role).split()) <= 1000, role
