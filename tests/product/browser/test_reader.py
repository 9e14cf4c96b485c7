"""The reader that judges pages: it tells what stands in a reader's way, and nothing that passes by itself."""

from __future__ import annotations

import asyncio

import pytest

from tests.product.browser.window import DESK

PAGE = """<!doctype html><html lang="en"><title>A page</title>
<style>.fading {{ animation: fade {animation} }} @keyframes fade {{ from {{ opacity: .1 }} }}</style>
<main><h1 {heading}>A heading</h1></main></html>"""


@pytest.mark.parametrize("animation", ["1h", "1h infinite"])
def test_a_heading_that_is_still_fading_in_is_no_barrier(animation, reader):
    window = reader(DESK)
    window.page.set_content(PAGE.format(animation=animation, heading='class="fading"'))
    assert not window.barriers


def test_a_heading_that_stays_faint_is_one(reader):
    window = reader(DESK)
    window.page.set_content(PAGE.format(animation="none", heading='style="opacity: .1"'))
    assert "color-contrast" in window.barriers


def test_a_window_that_stays_open_tells_of_the_page_it_shows_and_of_none_before(glance, tmp_path):
    for name, script in (("loud", "console.error('no')"), ("quiet", "")):
        (tmp_path / f"{name}.html").write_text(f"<!doctype html><script>{script}</script>", encoding="utf-8")
    window = glance(DESK, "dark")
    with window.page.expect_console_message():
        window.open((tmp_path / "loud.html").as_uri())
    assert window.complaints == ["no"]
    window = glance(DESK, "dark")
    window.open((tmp_path / "quiet.html").as_uri())
    assert window.complaints == []


def test_a_browser_that_is_open_leaves_the_thread_to_other_loops(started, request):
    asyncio.run(asyncio.sleep(0))
    window = request.getfixturevalue("reader")(DESK)
    window.page.set_content(PAGE.format(animation="none", heading=""))
    assert window.page.title() == "A page"
