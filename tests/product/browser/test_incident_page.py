"""The page of an incident, as a browser shows it."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from outage.text import one_line
from tests.product.browser.incidents import BUILT_AT, HOSTILE_WORDS, built
from tests.product.browser.window import DESK, PHONE
from tests.product.render.story import at

pytestmark = pytest.mark.timeout(600)  # the first test to ask waits for the site

OPEN, CLOSED = (f"incidents/{name}/index" for name in ("open", "closed"))
PAGES = [OPEN, CLOSED, "incidents/index", "runbooks/blocked-queries", "runbooks/index"]
MINUTE = 60_000  # milliseconds


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    """The folder of built pages."""
    own = tmp_path_factory.getbasetemp()
    return built(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)


@pytest.fixture
def look(reader, html):
    """Open a page of the site."""

    def opened(name, *, width=DESK, theme="light", now=BUILT_AT, script=True):
        window = reader(width, theme, now=now, script=script)
        window.open((html / f"{name}.html").as_uri())
        return window

    return opened


def due(shown):
    """What is due, as people read it, and whether it is marked overdue."""
    read = "item => [item.innerText.replace(/\\s+/g, ' '), item.classList.contains('outage-overdue')]"
    return shown.page.locator("#due-next > ul > li").evaluate_all(f"items => items.map({read})")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_quiet_fits_and_is_accessible(look, name, width, theme):
    shown = look(name, width=width, theme=theme)
    shown.page.clock.run_for(30_000)
    assert shown.complaints == []
    assert shown.sideways <= 0
    assert not (found := shown.barriers), found


@pytest.mark.parametrize(("width", "frame"), [(1280, "wide"), (601, "wide"), (390, "narrow")])
def test_one_frame_of_the_drawing_is_shown(look, width, frame):
    drawings = look(OPEN, width=width).page.locator("svg.outage-timeline")
    shown = drawings.evaluate_all(
        "all => all.filter(one => one.checkVisibility()).map(one => one.classList[1])"
    )
    assert shown == [f"outage-{frame}"]


@pytest.mark.parametrize(("width", "least"), [(1280, 10.5), (390, 11)])
def test_the_drawing_can_be_read(look, width, least):
    sizes = (
        look(OPEN, width=width)
        .page.locator("svg.outage-timeline:visible text")
        .evaluate_all(
            "all => all.map(one => parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a)"
        )
    )
    assert len(sizes) > 15
    assert min(sizes) >= least * 0.92


@pytest.mark.parametrize("width", [1280, 390])
def test_texts_of_the_drawing_stay_inside_it(look, width):
    outside = (
        look(CLOSED, width=width)
        .page.locator("svg.outage-timeline:visible")
        .evaluate(
            """drawing => {
            const box = drawing.getBoundingClientRect();
            return [...drawing.querySelectorAll("text")]
                .map(text => [text.textContent, text.getBoundingClientRect()])
                .filter(([, at]) => at.left < box.left - 6 || at.right > box.right + 6)
                .map(([words]) => words);
        }"""
        )
    )
    assert outside == []


def test_a_sign_is_reached_by_keyboard_and_leads_to_its_entry(look):
    page = look(OPEN).page
    link = page.locator("svg.outage-wide a").nth(3)
    link.focus()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')")
    target = link.get_attribute("href")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == target
    assert page.locator(f"tr:has([id='{target[1:]}'])").is_visible()


def test_what_is_due_is_counted_down(look):
    first, second = due(look(OPEN, now=at(42.1)))[:2]
    assert first[0].startswith("10:24 UTC (11:24 BST) in 1 min Send an update to Customers")
    assert not first[1]
    assert second[0].startswith("10:31 UTC (11:31 BST) in 8 min")


def test_what_was_due_is_marked_overdue_while_one_looks(look):
    shown = look(OPEN, now=at(42.1))
    assert not due(shown)[0][1]
    shown.page.clock.run_for(3 * MINUTE)
    words, overdue = due(shown)[0]
    assert "overdue by 1 min" in words
    assert overdue


def test_the_rhythm_of_the_state_document_is_never_overdue(look):
    (line,) = [one for one in due(look(OPEN, now=at(70))) if "state document" in one[0]]
    assert "due again" in line[0]
    assert not line[1]


def test_without_scripts_the_times_are_there(look):
    shown = look(OPEN, script=False)
    (first, *_), page = due(shown), shown.page
    assert first[0].startswith("10:24 UTC (11:24 BST) Send an update to Customers")
    assert not page.locator(".outage-stale").is_visible()


@pytest.mark.parametrize(("minutes", "said"), [(0, False), (4, False), (6, True), (180, True)])
def test_a_page_that_is_old_says_so(look, minutes, said):
    note = look(OPEN, now=BUILT_AT + timedelta(minutes=minutes)).page.locator(".outage-stale")
    assert note.is_visible() == said


def test_a_page_that_grows_old_says_for_how_long(look):
    shown = look(OPEN)
    shown.page.clock.run_for(12 * MINUTE)
    assert shown.page.locator(".outage-stale").inner_text() == (
        "This page was built 12 min ago. outage status has the latest."
    )


def test_a_closed_incident_has_nothing_to_count(look):
    shown = look(CLOSED, now=BUILT_AT + timedelta(days=400))
    assert shown.page.locator(".outage-left").count() == 0
    assert shown.page.locator(".outage-stale").count() == 0


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", HOSTILE_WORDS)
def test_hostile_words_are_read_and_do_nothing(look, name, width):
    shown = look(f"incidents/{name}/index", width=width)
    page = shown.page
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    page.clock.run_for(5_000)
    assert shown.complaints == []
    assert shown.sideways <= 0
    assert one_line(HOSTILE_WORDS[name]) in page.locator("article h1").inner_text()
    ours = page.locator("article, .onlyprint")
    assert ours.locator("script, img, iframe, [onerror], [onclick], [onload]").count() == 0
