"""The list of runbooks in Chromium: a pasted error finds its runbook, offline; nothing is hidden for good."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.product.browser.window import DESK, PHONE
from tests.product.pages.notebooks import NB_CONF
from tests.product.pages.site import Site
from tests.product.run.build import notebook, reading, touching

CONFLICT = {"when": "canceling statement due to conflict with recovery", "means": "A standby cancels it."}
ABOUT: dict[str, dict[str, object]] = {
    "lag": {"summary": "A replica lags.", "service": "database", "alerts": ["Lag"], "hints": [CONFLICT]},
    "drift": {"summary": "Servers differ.", "service": "web", "alerts": ["FleetDrift"]},
    "signals": {"summary": "Latency, traffic, errors.", "service": "web", "hints": [
        {"matches": "HTTP 50[234]|by .*(refused|timed out) upstream",
         "means": "<img src=x onerror=alert(1)>"}]},
}  # fmt: skip


@pytest.fixture(scope="module")
def page_url(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("site"))
    site.write("conf.py", NB_CONF)
    site.write("runbooks/index.md", "# Runbooks\n\n```{runbooks}\n```\n\n```{pages}\n*\n```\n")
    for name, meta in ABOUT.items():
        cells = touching() if name == "drift" else reading("1")
        cells.insert(0, {"cell_type": "markdown", "metadata": {}, "source": f"# About {name}"})
        site.write(f"runbooks/{name}.ipynb", json.dumps(notebook(cells, meta | {"risk": "high"})))
    site.build()
    return (site.root / "_build/html/runbooks/index.html").as_uri()


def rows(page):
    names = page.locator("table.outage-runbooks tbody tr:visible td:first-child")
    return [name.strip().removeprefix("About ") for name in names.all_inner_texts()]


@pytest.mark.parametrize(
    "pasted",
    [
        "canceling statement due to conflict",
        "ERROR:  canceling statement due to conflict with recovery\nDETAIL:  It needed rows.",
        "  CANCELING   statement due to Conflict with Recovery ",
    ],
)
def test_a_pasted_error_finds_the_runbook_that_knows_it(page_url, reader, pasted):
    window = reader(PHONE)
    page = window.open(page_url)
    page.locator("input[type=search]").fill(pasted)
    assert rows(page) == ["lag"]
    expect(page.locator(".outage-catalogue-because")).to_have_text(f"knows the error “{CONFLICT['when']}”")
    expect(page.locator(".outage-catalogue-found")).to_have_text("1 of 3 runbooks")
    page.locator("input[type=search]").fill("")
    assert sorted(rows(page)) == ["drift", "lag", "signals"]
    assert page.locator(".outage-catalogue-because").count() == 0
    assert window.complaints == []


@pytest.mark.parametrize("pasted", ["by web3: [110] timed out upstream, at 02:10", "got HTTP 502"])
def test_what_differs_from_one_error_to_the_next_may_be_anything(page_url, reader, pasted):
    page = reader(DESK).open(page_url)
    page.locator("input[type=search]").fill(pasted)
    assert rows(page) == ["signals"]
    page.locator("input[type=search]").fill("timed out upstream by web3")
    expect(page.locator(".outage-catalogue-because")).to_have_count(0)


def test_it_is_filtered_by_service_alert_and_risk(page_url, reader):
    page = reader(DESK).open(page_url)
    page.get_by_label("Service").select_option("web")
    assert sorted(rows(page)) == ["drift", "signals"]
    page.get_by_label("Risk").select_option("changes nothing")
    assert rows(page) == ["signals"]
    page.get_by_label("Alert").select_option("FleetDrift")
    assert rows(page) == []
    expect(page.locator(".outage-catalogue-found")).to_contain_text("No runbook knows these words")


def test_words_that_no_runbook_has_all_of_show_the_nearest_and_say_so(page_url, reader):
    page = reader(DESK).open(page_url)
    page.locator("input[type=search]").fill("replica zebra")
    assert rows(page) == ["lag"]
    expect(page.locator(".outage-catalogue-found")).to_contain_text("knows all of these words. The nearest")


def test_an_address_carries_the_search(page_url, reader):
    page = reader(DESK).open(f"{page_url}?q=upstream%20timed%20out")
    assert rows(page) == ["signals"]


def test_what_a_runbook_says_stays_text(page_url, reader):
    window = reader(DESK)
    page = window.open(f"{page_url}?q=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E")
    assert page.locator("article img[src='x']").count() == 0
    assert window.complaints == []


def test_without_scripts_the_list_stands_whole(page_url, reader):
    page = reader(DESK, script=False).open(page_url)
    assert len(rows(page)) == 3
    assert not page.locator("form.outage-catalogue").is_visible()
