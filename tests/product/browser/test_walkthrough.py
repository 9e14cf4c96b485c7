"""A walkthrough, as a group sees it: from the first event to the last, and never one ahead.

It runs for every case that has a record and a player, those that come later too, and for a drill of ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from outage.cases import find_cases
from outage.cases.frames import make_frames
from outage.cases.script import load_script
from outage.pages.walkthrough_data import make_page_data
from tests.product.browser.window import DESK, PHONE
from tests.sites import LARKFIELD, ROOT

WITH_PLAYER = [folder.name for folder in find_cases(ROOT) if (folder / "walkthrough.md").is_file()]
DRILL = "a-drill-of-ours"
PLAYED = {f"{name}/walkthrough": f"case-studies/{name}" for name in WITH_PLAYER}
PLAYED[DRILL] = f"incidents/{next(path.name for path in ROOT.glob('incidents/*-drill-*'))}"
"""Pages that hold a player, below ``case-studies/``, and what each of them plays."""

CASES = list(PLAYED)
MADE_UP = "larkfield-nobody-can-pay/walkthrough"
TELLING = 30
"""Texts of at least as many characters are told by one event only; ``Sev 1`` may be said by several."""

KEYS = ["ArrowRight", "Space", "PageDown"]


def plain(text: str) -> str:
    """Text on one line, as a page and a tree of accessibility may break it in different places."""
    return " ".join(text.split())


def story_of(name: str) -> dict[str, Any]:
    """What the player of a case is given."""
    script = load_script(ROOT, PLAYED[name])
    return make_page_data(script, make_frames(script))


def secrets(frame: dict[str, Any]) -> list[str]:
    """Texts of an event that tell what happened, or what was done."""
    decision = frame["decision"] or {"question": "", "done": "", "options": []}
    texts = [
        frame["text"],
        decision["question"],
        decision["done"],
        *(one["then"] for one in decision["options"]),
    ]
    return [plain(text) for text in texts if len(text) >= TELLING]


@dataclass
class Player:
    """The player on an open page."""

    page: Page

    @property
    def everything(self) -> str:
        """All text of the page: shown or not, and what assistive technology is given."""
        texts = self.page.evaluate(
            "[document.body.textContent, document.body.innerText,"
            " ...[...document.querySelectorAll('[aria-label],[title],[alt],[value]')]"
            ".map(one => ['aria-label', 'title', 'alt', 'value'].map(name => one.getAttribute(name))).flat()]"
            ".join('\\n')"
        )
        session = self.page.context.new_cdp_session(self.page)
        nodes = session.send("Accessibility.getFullAXTree")["nodes"]
        session.detach()
        names = [
            str(node.get(key, {}).get("value", ""))
            for node in nodes
            for key in ("name", "description", "value")
        ]
        return plain("\n".join([texts, *names]))

    @property
    def step(self) -> int:
        return int(self.page.locator("[data-show=event]").get_attribute("data-step") or -1)

    def text(self, part: str) -> str:
        return self.page.locator(f"[data-show={part}]").inner_text()

    def options(self) -> list[str]:
        return self.page.locator(".outage-walk-option").all_inner_texts()


@pytest.fixture
def opened(reader, published) -> Callable[..., Any]:
    """Open the player of a case: ``opened(name)``."""

    def window(name: str, *, width: int = DESK, theme: str = "light", script: bool = True) -> Any:
        made = reader(width, theme, script=script)
        made.open(published(LARKFIELD).url(f"case-studies/{name}"))
        return made

    return window


def walked(player: Player, story: dict[str, Any]) -> Iterator[int]:
    """Go to the end by keyboard, choosing the last option at each decision; yields before and after it."""
    for number, frame in enumerate(story["frames"], 1):
        player.page.keyboard.press(KEYS[number % len(KEYS)])
        assert player.step == number
        yield number
        if frame["decision"]:
            player.page.keyboard.press(str(max(1, len(frame["decision"]["options"]))))
            yield number
    player.page.keyboard.press("ArrowRight")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", CASES)
def test_a_case_is_walked_to_its_end_and_nothing_later_is_ever_in_the_page(name: str, opened) -> None:
    window, story = opened(name), story_of(name)
    player = Player(window.page)
    told = [secrets(frame) for frame in story["frames"]]
    public = plain(" ".join([story["summary"], story["title"]]))
    chosen: set[int] = set()
    assert not any(text in player.everything for texts in told for text in texts if text not in public)
    for number in walked(player, story):
        frame, said = story["frames"][number - 1], player.everything
        decides = frame["decision"] is not None
        known = {text for texts in told[: number - 1] for text in texts}
        if decides and number not in chosen:
            assert plain(frame["decision"]["question"]) in said
            hidden = [
                plain(frame["decision"]["done"]),
                *(plain(one["then"]) for one in frame["decision"]["options"]),
            ]
            chosen.add(number)
        else:
            hidden = []
            shown = frame["decision"]["done"] if decides else frame["text"]
            assert plain(shown) in said
            known |= set(told[number - 1])
        later = [text for texts in told[number:] for text in texts] + [
            one for one in hidden if len(one) >= TELLING
        ]
        ahead = [text for text in later if text not in known and text in said]
        assert ahead == [], f"at event {number} it tells what comes later"
    assert player.text("label") == "The end"
    assert all(one["clause"] in player.everything for one in story["promises"])
    assert window.complaints == []


@pytest.mark.parametrize("name", CASES)
def test_a_decision_stops_until_the_group_has_chosen(name: str, opened) -> None:
    page = opened(name).page
    player, story = Player(page), story_of(name)
    at = next(number for number, frame in enumerate(story["frames"], 1) if frame["decision"])
    decision = story["frames"][at - 1]["decision"]
    for _ in range(at):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert player.step == at
    assert "Choose first" in player.text("gate")
    page.keyboard.press("1")
    assert page.evaluate("document.activeElement.className") == "outage-walk-done"
    assert plain(decision["done"]) in plain(player.text("decision"))
    for one in decision["speaks"]:
        assert plain(one["words"]) in plain(player.text("decision"))
    page.keyboard.press("2")  # a choice stands
    assert page.locator(".outage-walk-option[aria-pressed=true]").count() == 1
    assert page.locator(".outage-walk-option").first.get_attribute("aria-pressed") == "true"
    page.keyboard.press("ArrowRight")
    assert player.step == at + 1


@pytest.mark.parametrize("name", CASES)
def test_what_speaks_to_a_decision_is_a_link_that_leads_somewhere(name: str, opened, published) -> None:
    page = opened(name).page
    count = page.locator("[data-show=jumps] button").count()
    assert count > 0
    for number in range(count):
        page.locator("[data-show=jumps] button").nth(number).click()
        page.locator(".outage-walk-option").first.click()
        for url in page.locator(".outage-walk-done a").evaluate_all("all => all.map(one => one.href)"):
            assert Path(re.sub(r"^file://|#.*$", "", url)).is_file(), url


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("width", "theme"), [(PHONE, "dark"), (DESK, "light")])
def test_it_fits_and_is_accessible_at_every_kind_of_event(name: str, width: int, theme: str, opened) -> None:
    window = opened(name, width=width, theme=theme)
    page, story = window.page, story_of(name)
    kinds: set[tuple[bool, ...]] = set()
    for number in walked(Player(page), story):
        frame = story["frames"][number - 1]
        chosen = page.locator(".outage-walk-done").count() > 0
        kind = (frame["decision"] is not None, chosen, bool(frame["accounts"]), bool(frame["roles"]))
        assert window.sideways <= 0, f"event {number} scrolls sideways"
        if kind not in kinds:
            kinds.add(kind)
            assert not (found := window.barriers), f"event {number}: {found}"
    assert window.sideways <= 0
    assert window.complaints == []


@pytest.mark.parametrize("name", CASES)
def test_without_scripts_the_story_is_read_in_order_with_its_decisions_folded(name: str, opened) -> None:
    page, story = opened(name, script=False).page, story_of(name)
    shown = page.locator(".outage-walk-story")
    said, at = plain(shown.inner_text()), 0
    for frame in story["frames"]:
        words = plain(frame["decision"]["question"] if frame["decision"] else frame["text"])
        found = said.find(words, at)
        assert found >= 0, f"it does not tell, in its place: {words}"
        at = found
    folded = shown.locator("details")
    assert folded.count() == sum(frame["decision"] is not None for frame in story["frames"])
    assert not folded.evaluate_all("all => all.some(one => one.open)")
    assert not page.locator(".outage-walk").is_visible()
    done = [plain(frame["decision"]["done"]) for frame in story["frames"] if frame["decision"]]
    for text, one in zip(done, folded.all(), strict=True):
        assert not one.locator("p", has_text=text[:40]).first.is_visible()
        one.locator("summary").click()
        assert text in plain(one.inner_text())


def test_it_stands_where_it_stood_after_a_reload_and_can_begin_again(opened) -> None:
    page = opened(MADE_UP).page
    player = Player(page)
    story = story_of(MADE_UP)
    at = next(number for number, frame in enumerate(story["frames"], 1) if frame["decision"])
    for _ in range(at):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("2")
    page.reload()
    assert player.step == at
    assert page.locator(".outage-walk-option").nth(1).get_attribute("aria-pressed") == "true"
    page.keyboard.press("ArrowLeft")
    assert player.step == at - 1
    page.get_by_role("button", name="Start again").click()
    assert player.step == 0
    assert player.text("label") == "Before it begins"
    page.reload()
    assert player.step == 0


@pytest.mark.parametrize("kept", ['{"step": 9999, "chosen": {"11": 77}}', '{"step": "x"}', "[", "null", "7"])
def test_what_somebody_else_left_in_the_browser_is_not_believed(kept: str, opened) -> None:
    window = opened(MADE_UP)
    page = window.page
    page.evaluate("([key, kept]) => localStorage.setItem(key, kept)", [story_of(MADE_UP)["key"], kept])
    page.reload()
    assert Player(page).step == 0
    assert window.complaints == []


def test_a_browser_that_keeps_nothing_says_so_and_plays(reader, published) -> None:
    window = reader(DESK, "light")
    refuse = "Object.defineProperty(window, 'localStorage', {get() { throw new Error('no') }})"
    window.page.add_init_script(refuse)
    page = window.open(published(LARKFIELD).url(f"case-studies/{MADE_UP}"))
    page.keyboard.press("ArrowRight")
    assert Player(page).step == 1
    assert page.locator("[data-show=lost]").is_visible()


@pytest.mark.parametrize("wall", [DESK, 1920])
def test_the_projector_view_shows_the_player_alone_larger_and_as_wide_as_the_wall(wall: int, opened) -> None:
    page = opened(MADE_UP, width=wall).page
    page.keyboard.press("ArrowRight")
    size = "parseFloat(getComputedStyle(document.querySelector('.outage-walk-text')).fontSize)"
    before = page.evaluate(size)
    page.keyboard.press("p")
    assert page.evaluate(size) > 1.5 * before
    assert page.locator(".outage-walk").bounding_box()["width"] > 0.9 * wall
    sizes = page.evaluate(
        "[...document.querySelectorAll('.outage-walk :is(h2, h3, li, button)')]"
        ".filter(one => one.offsetParent).map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) >= 0.85 * 0.016 * wall, "its headings are read across a room, too"
    assert not page.locator(".bd-sidebar-primary").is_visible()
    page.keyboard.press("p")
    assert page.locator(".bd-sidebar-primary").is_visible()


@pytest.mark.parametrize("name", [MADE_UP, "knight-capital/walkthrough"])
def test_on_a_wall_a_decision_is_seen_with_all_its_choices(name: str, opened) -> None:
    page = opened(name, width=1920).page
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.keyboard.press("p")
    jumps = page.locator("[data-show=jumps] button").all()
    assert jumps
    for jump in jumps:
        jump.click()
        page.evaluate("scrollTo(0, 0)")
        boxes = [one.bounding_box() for one in page.locator(".outage-walk-option").all()]
        assert max(box["y"] + box["height"] for box in boxes) <= 1080


def test_a_finger_moves_it(chromium, published) -> None:
    context = chromium.new_context(viewport={"width": PHONE, "height": 800}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(published(LARKFIELD).url(f"case-studies/{MADE_UP}"))
    player = Player(page)
    page.get_by_role("button", name="Begin").tap()
    assert player.step == 1
    session = context.new_cdp_session(page)
    for kind, points in (
        ("touchStart", [{"x": 300, "y": 600}]),
        ("touchMove", [{"x": 100, "y": 600}]),
        ("touchEnd", []),
    ):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    expect(page.locator("[data-show=event]")).to_have_attribute("data-step", "2")
    boxes = page.locator(".outage-walk-controls button").all()
    assert all(box.bounding_box()["height"] >= 44 for box in boxes)
    context.close()


def test_space_on_a_button_presses_that_button_and_no_more(opened) -> None:
    page = opened(MADE_UP).page
    player = Player(page)
    page.get_by_role("button", name="Begin").focus()
    page.keyboard.press("Space")
    assert player.step == 1
    page.get_by_role("button", name="Back").focus()
    page.keyboard.press("Space")
    assert player.step == 0


def test_an_address_opens_a_decision(opened, published) -> None:
    page = opened(MADE_UP).page
    page.goto(published(LARKFIELD).url(f"case-studies/{MADE_UP}") + "#decision-3")
    page.reload()
    story = story_of(MADE_UP)
    decisions = [number for number, frame in enumerate(story["frames"], 1) if frame["decision"]]
    assert Player(page).step == decisions[2]


def test_who_wants_little_motion_gets_none(opened) -> None:
    page = opened(MADE_UP).page
    page.emulate_media(reduced_motion="reduce")
    page.keyboard.press("ArrowRight")
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.outage-walk-event')).animationName")
        == "none"
    )


def test_paper_has_the_story_and_the_page_loses_it_again(opened) -> None:
    page = opened(MADE_UP).page
    player, last = Player(page), story_of(MADE_UP)["frames"][-2]["text"]
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".outage-walk-story").is_visible()
    assert plain(last) in plain(page.locator(".outage-walk-story").inner_text())
    assert page.locator(".outage-walk-story details").evaluate_all("all => all.every(one => one.open)")
    assert not page.locator(".outage-walk").is_visible()
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    assert plain(last) not in player.everything
