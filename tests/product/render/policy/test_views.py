"""Views as text, for three very different companies. `companies/README.md` says how to accept a change."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from outage.policy import load_policy, parse_policy
from outage.render import show
from outage.text import plain

HERE = Path(__file__).parent
POLICIES = Path(__file__).parents[3] / "companies"
COMPANIES = sorted(path.stem for path in POLICIES.glob("*.yml"))
VIEWS = [
    "at-a-glance",
    "severity-matrix",
    "cadence-table",
    "review-table",
    "incident-criteria",
    "large-scale",
    "alert-levels",
    "classification",
    "role-cards",
    "escalation-ladder",
    "contact-list",
    "notification-duties",
    "resource-list",
    "channel-map",
    "division-channels",
    "fallbacks",
    "new-joiners",
    "review-attendance",
    "response-timeline",
]


@pytest.fixture(params=COMPANIES)
def company(request):
    return request.param


@pytest.fixture
def policy(company):
    return load_policy(POLICIES / f"{company}.yml", Path("handbook.yml"))


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_says_what_was_accepted(company, policy, view):
    golden = HERE / "golden" / company / f"{view}.md"
    text = show(policy, view) + "\n"
    if os.environ.get("OUTAGE_ACCEPT"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_the_policy_view_has_a_row_for_each_value(policy):
    text = show(policy, "policy-values")
    rows = dict(re.findall(r"^\| \{anchor\}`(\S+)` .*? \| (.*) \|$", text, re.MULTILINE))
    assert rows == {address: plain(value.text) or "–" for address, value in policy.values().items()}


def test_the_policy_view_says_the_line_or_that_it_is_a_default(policy):
    text = show(policy, "policy-values")
    assert policy.values()
    for address, value in policy.values().items():
        where = "default" if value.default else plain(f"handbook.yml:{value.line}")
        assert f"| {{anchor}}`{address}` [{where}]{{.outage-where}} |" in text


def test_no_view_speaks_of_what_a_small_team_has_not():
    policy = load_policy(POLICIES / "small-team.yml")
    text = "\n".join(show(policy, view) for view in VIEWS).lower()
    assert "division" not in text
    assert "executive" not in text


def test_nobody_to_call_is_said_and_what_to_do_then():
    policy = parse_policy("company: Acme\nseverities: {high: It is down}\n")
    assert show(policy, "contact-list").startswith("The policy names no one. Post in {channel}`company`")


def test_only_a_name_of_the_chat_is_opened_in_the_chat():
    named = "channels: {company: '#outages', users: Loudspeaker, customers: Status page}\n"
    text = show(parse_policy("company: Acme\nseverities: {high: It is down}\n" + named), "channel-map")
    ways = dict(re.findall(r"^\| \{channel\}`(\w+)` .* \| (.*) \|$", text, re.MULTILINE))
    assert ways == {"company": "in the chat", "customers": "–", "users": "–"}


def test_names_keep_their_capitals():
    policy = load_policy(POLICIES / "large-group.yml")
    text = "\n".join(show(policy, view) for view in VIEWS)
    for name in ("Einsatzkräfte", "Vorstand und Leitstellen"):
        assert name in text
        assert name.lower() not in text
