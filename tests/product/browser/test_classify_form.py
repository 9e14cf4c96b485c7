"""The classification form in Chromium: the page says what Python says, and a keyboard is enough."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from outage.policy import load_policy
from outage.policy.classify.verdict import make_verdict
from tests.product.browser.window import DESK, PHONE
from tests.sites import LARKFIELD, ROOT

pytestmark = pytest.mark.timeout(600)  # the first test to ask waits for the site

GOLDEN = [
    (LARKFIELD, {"reach": "all"}),
    (LARKFIELD, {"impact": "degraded", "reach": "many", "fixed-soon": "no", "scale": "area"}),
    (LARKFIELD, {"impact": "degraded", "reach": "some", "fixed-soon": "yes", "scale": "division"}),
    (LARKFIELD, {"impact": "unnoticed", "reach": "none", "fixed-soon": "no"}),
    (LARKFIELD, {"impact": "unknown", "reach": "some", "fixed-soon": "yes", "scale": "area"}),
    ("examples/small-team.yml", {"affected": "some", "effect": "hindered", "scale": "area"}),
    (
        "examples/small-team.yml",
        {"affected": "some", "effect": "hindered", "mended-soon": "yes", "scale": "area"},
    ),
    ("examples/large-group.yml", {"traffic": "carried", "emergency": "no", "scale": "area"}),
    ("examples/large-group.yml", {"traffic": "at-risk", "emergency": "yes", "scale": "division"}),
]


@pytest.fixture
def form(published, reader):
    """The severity page of a policy, in a window of some width."""

    def opened(policy=LARKFIELD, width=DESK, **options):
        page = reader(width, **options).open(published(policy).url("process/severity"))
        return page.locator(".outage-classify")

    return opened


def shown(form, kind):
    """The words of the visible pieces of a kind."""
    pieces = form.locator(f"[data-piece^='{kind}:']:visible")
    return [" ".join(words.split()) for words in pieces.all_inner_texts()]


@pytest.mark.parametrize(("policy", "answers"), GOLDEN)
def test_the_page_says_what_python_says(policy, answers, form):
    on_page = form(policy)
    for question, answer in answers.items():
        on_page.locator(f"input[name='{question}'][value='{answer}']").check()
    expected = make_verdict(load_policy(ROOT / policy, ROOT / policy), answers)
    assert shown(on_page, "severity") == [expected.severity_name, expected.meaning]
    assert shown(on_page, "scope") == [expected.scope.capitalize()]
    assert shown(on_page, "doubt") == list(expected.doubt)
    assert shown(on_page, "time-box") == ([expected.time_box] if expected.time_box else [])
    assert len(shown(on_page, "channel")) == (len(expected.channels) if expected.severity else 0)
    clauses = shown(on_page, "clause")
    assert len(clauses) == len(expected.clauses)
    for clause in expected.clauses:
        assert any(words.startswith(clause.text) and words.endswith(clause.address) for words in clauses)
    command = on_page.locator(".outage-command")
    assert (command.inner_text() if command.is_visible() else None) == expected.command
    assert (*shown(on_page, "set-severity"), *shown(on_page, "set-scope")) == expected.again


def test_nothing_is_judged_before_the_first_answer_and_again_after_a_reset(form):
    on_page = form()
    assert not on_page.locator(".outage-verdict").is_visible()
    on_page.locator("input[value='data']").first.check()
    assert on_page.locator(".outage-verdict").is_visible()
    on_page.get_by_role("button", name="Start again").click()
    assert not on_page.locator(".outage-verdict").is_visible()
    assert on_page.get_by_role("status").inner_text().strip() == ""


def test_a_keyboard_is_enough(form):
    on_page = form()
    page = on_page.page
    on_page.locator("input").first.focus()
    page.keyboard.press("Space")
    assert shown(on_page, "severity")[0] == "Sev 1"
    for question in ("reach", "fixed-soon", "scale"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.name") == question
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
    assert shown(on_page, "doubt-rule") == []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "reset"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.outage-headline') !== null")


def test_an_answer_can_be_hit_with_a_thumb_and_the_verdict_stays_in_sight(form):
    on_page = form(width=PHONE)
    labels = on_page.locator("label")
    assert min(labels.nth(at).bounding_box()["height"] for at in range(labels.count())) >= 40
    labels.first.click()
    expect(on_page.locator(".outage-headline")).to_be_in_viewport()


def test_the_command_can_be_copied(form):
    on_page = form()
    on_page.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    on_page.locator("input[value='data']").first.check()
    on_page.locator(".outage-verdict .highlight").hover()
    button = on_page.locator(".outage-verdict button.copybtn")
    button.click()
    expect(button).to_have_class(re.compile("success"))
    copied = on_page.page.evaluate("navigator.clipboard.readText()")
    assert copied == on_page.locator(".outage-command").inner_text()


def test_without_scripts_the_questions_and_the_rule_are_there(form):
    on_page = form(script=False)
    assert not on_page.locator("form").is_visible()
    assert on_page.get_by_text("The result is the worst severity").is_visible()
    assert on_page.get_by_text("reach=many").is_visible()


def test_on_paper_the_questions_stand_as_text(form):
    on_page = form()
    rule = on_page.get_by_text("The result is the worst severity")
    assert not rule.is_visible()
    on_page.page.emulate_media(media="print")
    expect(rule).to_be_visible()
    assert not on_page.locator("form").is_visible()
    on_page.page.emulate_media(media="screen")
    expect(rule).not_to_be_visible()
