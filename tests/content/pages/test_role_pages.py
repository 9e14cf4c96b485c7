"""The pages of the roles: one each, the same parts in each, true for a company that merges or lacks some."""

from __future__ import annotations

import itertools
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from outage.errors import Refused
from outage.policy import Policy, load_policy, parse_policy
from outage.policy.quote import fill_in_quotes
from outage.policy.vocabulary import ROLES
from outage.render import show
from tests.product.pages.site import Site
from tests.sites import LARKFIELD

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
SHORTEST = "company: Acme\nseverities: {high: It is down}\n"


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
def built(company, tmp_path_factory) -> Site:
    """The real process pages, built with a company's policy."""
    site = Site(tmp_path_factory.mktemp("roles"))
    shutil.copytree(ROOT / "process", site.root / "process", dirs_exist_ok=True)
    site.write("handbook.yml", (ROOT / company.file).read_text(encoding="utf-8"))
    site.warnings = site.build().warnings  # type: ignore[attr-defined]
    return site


def page(site: Site, role: str):
    return site.page(f"process/roles/{role}")


def heading(tag):
    return tag.get_text().removesuffix("¶").strip()


def note_of(site: Site, role: str) -> str:
    """The words of the statement at the top of a role's page; empty where there is none."""
    note = page(site, role).select_one("h1 + .admonition")
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


def test_the_pages_are_built_without_a_warning(built):
    assert [line for line in built.warnings.splitlines() if line.startswith("process/roles/")] == []


def test_a_page_is_titled_with_the_companys_name_for_the_role(built, company):
    titles = [page(built, role) for role in ROLES]
    assert [heading(one.h1) for one in titles] == company.titles
    assert [one.title.get_text().split(" — ")[0] for one in titles] == company.titles


def test_the_parts_stand_on_the_page_of_every_role_that_somebody_does(built, company):
    for role in ROLES:
        expected = [] if role in company.absent else SECTIONS
        assert [heading(tag) for tag in page(built, role).find_all("h2")] == expected, role


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
        links = page(built, role).select('h1 + .admonition a:not([href*="glossary"])')
        assert [link["href"] for link in links] == [f"{into}.html"]
        assert f"outage role {role}" not in page(built, role).get_text()


def test_an_absent_roles_page_says_so_and_is_left_out_of_the_navigation(built, company):
    follows = page(built, "planner").find("link", rel="next")["href"]
    if not company.absent:
        assert follows == "customer-liaison.html"
        return
    assert "has no such role" in note_of(built, "customer-liaison")
    assert page(built, "customer-liaison").select_one("h1 + .admonition a")["href"] == "index.html"
    assert follows == "review-team.html"


def test_a_roles_name_leads_to_its_page(built):
    links = page(built, "index").select("a:has(.outage-role-incident-commander)")
    assert {link["href"] for link in links} == {"incident-commander.html"}


def test_no_page_speaks_of_an_audience_that_the_company_has_not(built):
    policy = load_policy(built.root / "handbook.yml")
    spoken_of = set()
    for role in ROLES:
        words = built.words(f"process/roles/{role}").split("Where this comes from")[0].lower()
        words = words.replace("customer's personal data", "")  # a rule for every company's record
        spoken_of |= {word for word in ("executives", "customers") if re.search(rf"\b{word}\b", words)}
    assert spoken_of == {"executives", "customers"} & set(policy.audiences)


def test_a_page_is_read_in_a_few_minutes(built):
    for role in ROLES:
        assert len(built.words(f"process/roles/{role}").split()) <= 1000, role


# ---------------------------------------------------------------- titles and names that are hostile


def test_a_hostile_name_is_shown_as_text_wherever_it_stands(site):
    site.policy("incident:", "roles: {scribe: {name: '<b>*x*</b> {role}`y`'}}\nincident:")
    site.pages(a="# {role-title}`scribe`\n\n:::{say} To {role}`scribe`\nI am {role}`scribe`.\n:::")
    assert site.build().warnings == ""
    assert heading(site.page("a").h1) == "<b>*x*</b> {role}`y`"
    assert site.page("a").find("pre").get_text() == "I am <b>*x*</b> {role}`y`.\n"


# ---------------------------------------------------------------- words to say


@pytest.fixture
def acme() -> Policy:
    return parse_policy(SHORTEST + "roles: {scribe: Schreiber, deputy: {merged_into: scribe}}\n")


def test_words_to_say_hold_the_companys_names_and_nothing_that_chat_cannot_show(acme):
    assert fill_in_quotes(acme, "Ask {role}`deputy`,\nnot [name].") == "Ask Schreiber,\nnot [name]."


def test_a_name_that_looks_like_a_role_is_not_read_again():
    policy = parse_policy(SHORTEST + "roles: {scribe: '{role}`planner`'}\n")
    assert fill_in_quotes(policy, "{role}`scribe`") == "{role}`planner`"


def test_an_unknown_name_in_words_to_say_is_a_warning_with_its_place(site):
    site.pages(a="First.\n\n:::{say}\nAsk {role}`scirbe`.\n:::")
    warnings = site.build().warnings
    assert warnings.startswith("a.md:5: WARNING: ")
    assert "did you mean 'scribe'?" in warnings


def test_words_to_say_are_rebuilt_when_a_name_changes(site):
    site.policy("incident:", "roles: {scribe: Clerk}\nincident:")
    site.pages(a=":::{say}\nAsk {role}`scribe`.\n:::", b="# {role-title}`scribe`", c="None.")
    site.build()
    site.policy("Clerk", "Writer")
    assert site.build().read == {"a", "b", "process/policy"}
    assert "Ask Writer." in site.words("a")
    assert heading(site.page("b").h1) == "Writer"


# ---------------------------------------------------------------- views of one role


def test_a_role_that_somebody_holds_needs_no_statement(acme):
    assert show(acme, "role-note", "scribe") == ""


def test_how_a_role_changes_hands_is_said_in_the_companys_words(acme):
    assert show(acme, "role-taking", "scribe") == SCRIBE_CHANGES_HANDS.strip()


SCRIBE_CHANGES_HANDS = """
**To take it:**

```console
$ outage role scribe "Your name"
```

:::{say} Or post in {told}`responders`
I am {role}`scribe` now: [your name], since [time].
:::

:::{say} It is yours when {role}`incident-commander` has said it back
{role}`scribe` is [name], since [time].
:::

**To hand it over,** brief the next person: {doc}`/process/hand-over`. Then, aloud or in writing:

:::{say} You
[Name], I hand over {role}`scribe` to you. Do you take it?
:::

:::{say} They
I take it. I am {role}`scribe` since [time].
:::

Anything but a clear yes is a no, and the role stays yours. Then tell everybody:

```console
$ outage handoff scribe "Their name"
```

:::{say} Or post
{role}`scribe` is now [name], since [time]. [Old name] stays until [time].
:::
"""


def test_the_one_who_leads_is_read_back_by_anybody(acme):
    assert "when one other person has said it back" in show(acme, "role-taking", "incident-commander")


def test_a_role_that_several_hold_says_whose_turn_the_command_ends(acme):
    assert "whoever took it last" in show(acme, "role-taking", "expert")
    assert "whoever took it last" not in show(acme, "role-taking", "scribe")


@pytest.mark.parametrize("view", ["role-title", "role-note", "role-taking"])
def test_an_unknown_role_is_refused_with_the_nearest(acme, view):
    with pytest.raises(Refused) as refused:
        show(acme, view, "scirbe")
    assert refused.value.hint == "did you mean 'scribe'?"


def test_a_value_that_names_a_role_is_shown_by_the_roles_name(acme):
    assert "Incident commander" in show(acme, "role", "state_document.keeper")
    with pytest.raises(Refused) as refused:
        show(acme, "role", "state_document.where")
    assert refused.value.hint == "for its words write {policy}`state_document.where`"


# ---------------------------------------------------------------- who holds what

SMALL = """
### 1 person awake

- {role}`incident-commander`, {role}`operations-lead`, {role}`expert`, {role}`communications-lead`, \
{role}`scribe`, {role}`customer-liaison` and {role}`review-team`

### 2 people awake

- {role}`incident-commander`, {role}`communications-lead` and {role}`scribe`
- {role}`operations-lead` and {role}`expert`

### 3 people awake

- {role}`incident-commander` and {role}`scribe`
- {role}`operations-lead` and {role}`expert`
- {role}`communications-lead` and {role}`customer-liaison`
"""

LARGE = """
### 2 people awake

- {role}`incident-commander`, {role}`communications-lead` and {role}`planner`
- {role}`operations-lead` and {role}`expert`

### 3 people awake

- {role}`incident-commander` and {role}`planner`
- {role}`operations-lead` and {role}`expert`
- {role}`communications-lead`

### 20 people awake

- {role}`incident-commander`
- {role}`operations-lead`
- {role}`communications-lead`
- {role}`planner`
- 4 people, each: {role}`expert`

The other 12 hold no role: free for the next task, or resting for the next shift.
"""

TWENTY = """
### 20 people awake

- {role}`incident-commander`
- {role}`deputy`
- {role}`operations-lead`
- 5 people, each: {role}`expert`
- {role}`communications-lead`
- {role}`customer-liaison`
- {role}`scribe`
- {role}`planner`

The other 8 hold no role: free for the next task, or resting for the next shift.
"""


@pytest.mark.parametrize(
    ("file", "text"), [("examples/small-team.yml", SMALL), ("examples/large-group.yml", LARGE)]
)
def test_staffing_says_who_holds_what(file, text):
    assert show(load_policy(ROOT / file), "staffing") == text.strip()


@pytest.mark.parametrize("policy", [load_policy(ROOT / LARKFIELD), parse_policy(SHORTEST)])
def test_twenty_are_staffed_in_the_sample_and_by_default(policy):
    assert list(policy.staffing) == [1, 2, 3, 6, 20]
    assert show(policy, "staffing").endswith(TWENTY.strip())


def test_a_single_person_left_over_is_one():
    policy = parse_policy(SHORTEST + "staffing: {3: [[incident-commander], [operations-lead]]}\n")
    assert show(policy, "staffing").endswith(
        "The other one holds no role: free for the next task, or resting for the next shift."
    )
