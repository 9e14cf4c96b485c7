"""What the browser is told to refuse, on pages opened as files: no script that a page holds runs."""

from __future__ import annotations

import pytest

from tests.product.browser.window import DESK
from tests.sites import LARKFIELD

pytestmark = pytest.mark.timeout(600)  # the first test to ask waits for the site

INJECTED = """() => {
  const script = document.createElement("script");
  script.textContent = "window.ran = 'a script'";
  document.body.append(script);
  const box = document.createElement("div");
  box.innerHTML = `<img src="x" onerror="window.ran = 'a handler'">
    <a href="javascript:window.ran = 'a link'">x</a>
    <img src="https://127.0.0.1:1/x.png">
    <iframe srcdoc="<script>parent.ran = 'a frame'</script>"></iframe>`;
  document.body.append(box);
  box.querySelector("a").click();
}"""


@pytest.mark.parametrize("name", ["index", "process/severity", "playbooks/customer-outage", "search"])
def test_what_gets_into_a_page_in_spite_of_all_does_not_run(name, published, reader):
    window = reader(DESK)
    page = window.open(published(LARKFIELD).url(name))
    assert window.complaints == []
    page.evaluate(INJECTED)
    page.wait_for_timeout(300)
    assert page.evaluate("window.ran") is None
    refused = [said for said in window.complaints if "Content Security Policy" in said]
    assert {"script", "handler", "127.0.0.1"} <= {
        word for word in ("script", "handler", "127.0.0.1") for said in refused if word in said
    }


def test_the_search_finds_and_the_theme_is_kept(published, reader):
    window = reader(DESK)
    page = window.open(published(LARKFIELD).url("search") + "?q=severity")
    page.wait_for_selector("#search-results li a")
    assert not [said for said in window.complaints if "Content Security Policy" in said]
    page.evaluate("localStorage.setItem('mode', 'dark'); localStorage.setItem('theme', 'dark')")
    page.goto(published(LARKFIELD).url("index"))
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
