"""A playbook's page, opened as a file: followed to its end, kept, counted, copied, printed."""

from __future__ import annotations

import itertools
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from outage.incident.record.event import Event
from outage.incident.record.fold import fold
from outage.playbook import compute_progress, fold_plays, load_playbook, resolve
from outage.policy import load_policy
from tests.product.browser.window import DESK, PHONE
from tests.sites import LARKFIELD, POLICIES, ROOT

pytestmark = pytest.mark.timeout(600)  # the first test to ask waits for the site

NOW = datetime(2026, 11, 20, 9, 40, tzinfo=UTC)  # a Friday in winter
PAGE = "playbooks/customer-outage"


@pytest.fixture
def opened(published, reader):
    """The page in a window whose clock stands still until it is moved; and the window."""

    def open_page(policy: str = LARKFIELD, width: int = PHONE, now: datetime = NOW, **more):
        window = reader(width, now=now - timedelta(minutes=20), **more)
        page = window.open(published(policy).url(PAGE))
        page.clock.pause_at(now)  # from here on time moves only when it is told to
        return page, window

    return open_page


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def bar(page: Page) -> str:
    return " ".join(page.locator(".outage-bar").inner_text().split())


def pass_by(page: Page, minutes: float) -> None:
    """Let the page's clock run: it looks at the clock as often as it does for a reader."""
    page.clock.run_for(int(minutes * 60_000))


def come_back(page: Page, minutes: float) -> None:
    """Look at the page again after some minutes, as after opening a laptop: it looks at the clock once."""
    page.clock.fast_forward(int(minutes * 60_000))


# ---------------------------------------------------------------- followed to its end


def test_our_playbook_is_followed_to_its_end(opened):
    page, window = opened()
    press(page, "Start the clock")
    boxes = page.get_by_role("checkbox")
    for number in range(boxes.count()):
        boxes.nth(number).check()
    pass_by(page, 0.2)
    total = boxes.count()
    assert f"{total} of {total}" in bar(page)
    expect(page.locator(".outage-next-step")).to_be_hidden()
    expect(page.locator(".outage-bar .outage-late")).to_be_hidden()
    page.reload()
    assert f"{total} of {total}" in bar(page)
    assert all(boxes.nth(number).is_checked() for number in range(total))
    assert window.complaints == []


def test_what_was_ticked_is_kept_with_its_time_and_may_be_taken_back(opened):
    page, _ = opened()
    press(page, "Start the clock")
    pass_by(page, 3)
    page.get_by_label("Declare an incident, and start this checklist").check()
    page.reload()
    assert page.get_by_label("Declare an incident, and start this checklist").is_checked()
    expect(page.locator("#when-declare")).to_have_text("Done at 09:43 UTC")
    page.get_by_label("Declare an incident, and start this checklist").uncheck()
    page.reload()
    expect(page.locator("#when-declare")).to_have_text("Due at 09:45 UTC, in 2 min")


def test_who_ticks_first_has_started_the_clock(opened):
    page, _ = opened()
    expect(page.locator(".outage-bar")).to_be_hidden()
    page.get_by_role("checkbox").first.check()
    assert "1 of 46" in bar(page)
    expect(page.get_by_role("button", name="Start the clock")).to_be_hidden()


def test_the_clock_may_have_begun_earlier_and_never_later_than_now(opened):
    page, _ = opened()
    press(page, "Start the clock")
    field = page.get_by_label("Counted from")
    began = page.evaluate(
        "new Date(Date.now() - 7 * 60000 - new Date().getTimezoneOffset() * 60000).toISOString()"
    )
    field.fill(began[:16])
    field.blur()
    assert bar(page).startswith("7 min")
    field.fill("2027-01-01T00:00")
    field.blur()
    assert bar(page).startswith("0 min")


# ---------------------------------------------------------------- overdue


def test_what_is_overdue_is_seen_counted_announced_and_one_tap_away(opened):
    page, _ = opened()
    title = page.title()
    press(page, "Start the clock")
    expect(page.locator("#when-declare")).to_have_text("Due at 09:45 UTC, in 5 min")
    pass_by(page, 6)
    step = page.locator("#step-declare")
    expect(step).to_have_attribute("data-state", "overdue")
    expect(page.locator("#when-declare")).to_have_text("Overdue by 1 min, due at 09:45 UTC")
    expect(page.locator("[aria-live=polite][data-show=announce]")).to_contain_text(
        "Overdue: Declare an incident"
    )
    assert page.title() == f"(2 overdue) {title}"
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.get_by_role("link", name="2 overdue").click()
    expect(step).to_be_in_viewport()
    page.get_by_label("Declare an incident, and start this checklist").check()
    page.locator("#tick-open-channel").check()
    assert "overdue" not in bar(page)
    assert page.title() == title


def test_nothing_is_due_before_the_clock_was_started(opened):
    page, _ = opened()
    come_back(page, 600)
    assert page.locator("[data-state=overdue]").count() == 0
    assert page.locator("#when-declare").text_content() == ""


def test_who_joins_late_is_called_only_while_it_is_still_open(opened):
    page, _ = opened()
    press(page, "Start the clock")
    expect(page.locator("#when-call-executive-joins")).to_have_text("Only if it is still open at 10:40 UTC")
    page.locator("#tick-call-it-resolved").check()
    expect(page.locator("#when-call-executive-joins")).to_have_text("Not needed: it was over before")


def test_in_summer_the_company_s_own_time_stands_beside(opened):
    page, _ = opened(now=datetime(2026, 6, 19, 9, 40, tzinfo=UTC))
    press(page, "Start the clock")
    expect(page.locator("#when-declare")).to_have_text("Due at 09:45 UTC (10:45), in 5 min")


# ---------------------------------------------------------------- skipping, starting again


def test_a_step_is_skipped_with_a_reason_and_only_with_one(opened):
    page, _ = opened()
    skip = page.locator("#step-start-call [data-do=skip]")
    skip.click()
    press(page, "Skip it")
    expect(page.get_by_role("dialog")).to_be_visible()  # a reason is asked for
    page.get_by_label("Reason").fill("<b>One</b> of us is awake")
    press(page, "Skip it")
    expect(page.locator("#when-start-call")).to_have_text("Skipped at 09:40 UTC: <b>One</b> of us is awake")
    expect(skip).to_be_hidden()
    page.locator("#step-first-reply [data-do=skip]").click()
    page.keyboard.press("Escape")
    expect(page.locator("#step-first-reply")).to_have_attribute("data-state", "open")


def test_what_is_left_of_a_phase_is_skipped_at_once(opened):
    page, _ = opened()
    page.locator("#tick-merge").check()
    page.locator("[data-phase=release]").click()
    page.get_by_label("Reason").fill("A setting, taken back")
    press(page, "Skip it")
    for step, state in (("merge", "done"), ("cut-release", "skipped")):
        expect(page.locator(f"#step-{step}")).to_have_attribute("data-state", state)
    expect(page.locator("[data-phase=release]")).to_be_hidden()


def test_starting_again_asks_first_and_then_forgets(opened):
    page, _ = opened()
    page.get_by_role("checkbox").first.check()
    press(page, "Start again")
    expect(page.get_by_role("dialog")).to_contain_text("Clear the clock and 1 tick?")
    press(page, "Keep them")
    assert page.get_by_role("checkbox").first.is_checked()
    press(page, "Start again")
    press(page, "Clear all")
    expect(page.get_by_role("checkbox").first).not_to_be_checked()
    page.reload()
    expect(page.get_by_role("button", name="Start the clock")).to_be_visible()


# ---------------------------------------------------------------- copying


MARKDOWN = """\
**Major outage**: 2 of 46 steps settled, **1 overdue**. \
Counted from 2026-11-20 09:40 UTC. As of 2026-11-20 09:46 UTC.

### 1. Raise the alarm

- [x] Declare an incident, and start this checklist (Incident commander) done 2026-11-20 09:40 UTC
- [ ] Open #inc-‹incident› and post what is known (Incident commander) \
**overdue since 2026-11-20 09:45 UTC**
- [ ] Get the people you need, by name (Incident commander) due 2026-11-20 09:50 UTC
- [ ] Mitigate first; find the cause later (Operations lead) due 2026-11-20 10:10 UTC
- [x] ~~Open Bridge call, with audio and a shared screen (Deputy)~~ skipped 2026-11-20 09:40 UTC: Two of us
"""


def begun(page: Page) -> None:
    """One step done, one skipped, one overdue."""
    page.locator("#tick-declare").check()
    page.locator("#step-start-call [data-do=skip]").click()
    page.get_by_label("Reason").fill("Two of us")
    press(page, "Skip it")
    expect(page.locator("#step-start-call")).to_have_attribute("data-state", "skipped")
    pass_by(page, 6.5)


def test_the_list_is_copied_as_markdown_with_its_state_and_times_in_utc(opened):
    page, _ = opened()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    begun(page)
    press(page, "Copy as Markdown")
    expect(page.get_by_role("status").first).to_have_text("Copied. Paste it into the chat or the ticket.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(MARKDOWN)
    assert copied.count("\n- [") == 48
    assert len(re.findall(r"^### \d\. ", copied, re.MULTILINE)) == 8


def test_without_a_clipboard_the_text_is_there_marked(opened):
    page, _ = opened()
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    begun(page)
    press(page, "Copy as Markdown")
    box = page.get_by_label("Nothing could be copied by itself")
    expect(box).to_be_focused()
    assert box.input_value().startswith(MARKDOWN)
    assert page.evaluate("getSelection().toString()").startswith("**Major outage**")


# ---------------------------------------------------------------- a browser that keeps nothing


def test_a_browser_that_keeps_nothing_is_told_of_and_the_list_works(published, reader):
    window = reader(PHONE, now=NOW)
    window.page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('forbidden') }})"
    )
    page = window.open(published(LARKFIELD).url(PAGE))
    expect(page.get_by_text("This browser keeps nothing for this page")).to_be_visible()
    page.get_by_role("checkbox").first.check()
    assert "1 of 46" in bar(page)
    assert [one for one in window.complaints if "forbidden" not in one and "theme" not in one] == []


@pytest.mark.parametrize(
    "kept", ["", "{", "[]", "null", '{"started": "soon", "ticks": 7}', '{"ticks": {"declare": {}}}']
)
def test_what_was_kept_wrongly_is_not_believed(kept, opened):
    page, window = opened()
    key = json.loads(page.locator(".outage-playbook-data").text_content() or "")["key"]
    page.evaluate("([key, value]) => localStorage.setItem(key, value)", [key, kept])
    page.reload()
    expect(page.get_by_role("button", name="Start the clock")).to_be_visible()
    assert page.locator(":checked").count() == 0
    assert window.complaints == []


def test_another_tab_shows_the_same(opened):
    page, _ = opened()
    other = page.context.new_page()
    other.goto(page.url)
    page.locator("#tick-declare").check()
    expect(other.locator("#tick-declare")).to_be_checked()


# ---------------------------------------------------------------- without scripts, without a mouse, on paper


def test_without_scripts_it_is_a_plain_list_that_can_be_ticked(opened):
    page, window = opened(script=False)
    assert "<noscript><p" in page.content()  # a window with scripts switched off this way does not show it
    expect(page.get_by_role("button", name="Start the clock")).to_be_hidden()
    expect(page.locator("[data-do]:visible")).to_have_count(0)
    page.locator("#tick-declare").check()
    page.locator("#step-declare summary").click()
    expect(page.locator("#step-declare").get_by_text("On the record")).to_be_visible()
    assert window.sideways <= 0


def test_the_keyboard_is_enough(opened):
    page, _ = opened(width=DESK)
    page.get_by_role("button", name="Start the clock").focus()
    page.keyboard.press("Enter")
    page.locator("#tick-declare").focus()
    page.keyboard.press("Space")
    assert page.locator("#tick-declare").is_checked()
    page.locator("#step-open-channel [data-do=skip]").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("Said elsewhere")
    page.keyboard.press("Enter")
    expect(page.locator("#when-open-channel")).to_contain_text("Skipped at 09:40 UTC: Said elsewhere")
    expect(page.locator("#step-open-channel [data-do=skip]")).to_be_hidden()


def test_a_box_says_its_step_who_does_it_and_by_when(opened):
    page, _ = opened()
    press(page, "Start the clock")
    box = page.get_by_role("checkbox", name="Get the people you need, by name")
    words = "Incident commander ?, within 10 minutes of the declaration Due at 09:50 UTC, in 10 min"
    expect(box).to_have_accessible_description(re.compile(words))


def test_paper_has_every_step_with_its_details_and_no_controls(opened):
    page, _ = opened(width=DESK)
    press(page, "Start the clock")
    page.emulate_media(media="print")
    seen = "element => element.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true})"
    for step in page.locator(".outage-task").all():
        assert step.locator("input").evaluate(seen)
        assert step.locator("details p").first.evaluate(seen)
    assert [one.evaluate(seen) for one in page.locator("[data-do], .outage-bar").all()].count(True) == 0


# ---------------------------------------------------------------- how it looks


@pytest.mark.parametrize(("width", "theme"), [(PHONE, "dark"), (DESK, "light")])
@pytest.mark.parametrize("policy", POLICIES)
def test_the_page_is_quiet_fits_and_is_accessible_while_it_is_followed(
    policy, width, theme, published, reader
):
    window = reader(width, theme, now=NOW)
    page = window.open(published(policy).url(PAGE))
    assert window.sideways <= 0
    page.locator("#tick-declare").check()
    page.locator("#step-stop-the-harm [data-do=skip]").click()
    page.get_by_label("Reason").fill("x" * 200)
    press(page, "Skip it")
    expect(page.locator("#step-stop-the-harm")).to_have_attribute("data-state", "skipped")
    come_back(page, 31)
    press(page, "Show all details")
    _check(page, window)
    press(page, "Start again")
    _check(page, window)
    window.open(published(policy).url("playbooks/index"))
    _check(page, window)
    assert window.complaints == []


def _check(page: Page, window) -> None:
    assert window.sideways <= 0
    assert not (found := window.barriers), found


# ---------------------------------------------------------------- as Python counts


def _event(at: datetime, kind: str, **data) -> Event:
    return Event(1, f"{kind}-{at:%d-%H%M}-{data.get('step', '')}", at, at, "Ines", "outage", kind, data)


STARTS = {
    "a-friday": (LARKFIELD, NOW),
    "summer-time-begins": (LARKFIELD, datetime(2026, 3, 27, 15, 10, tzinfo=UTC)),
    "before-christmas": (LARKFIELD, datetime(2026, 12, 23, 23, 30, tzinfo=UTC)),
    "german-holidays": ("examples/large-group.yml", datetime(2026, 12, 23, 23, 30, tzinfo=UTC)),
    "lisbon": ("examples/small-team.yml", datetime(2026, 10, 23, 22, 59, tzinfo=UTC)),
}


@pytest.mark.parametrize("name", STARTS)
def test_the_page_counts_as_the_record_does(name, opened):
    policy, start = STARTS[name]
    page, _ = opened(policy, now=start)
    own = load_policy(ROOT / policy)
    checklist = resolve(load_playbook(ROOT / f"{PAGE}.yml", own, ROOT), own)
    steps = [task.id for task in checklist.tasks]
    for count, minute in itertools.product((0, 9, len(steps) - 3, len(steps)), (1, 200, 6000)):
        done = {step: start + timedelta(minutes=number * 4) for number, step in enumerate(steps[:count])}
        now = start + timedelta(minutes=minute)
        assert _by_page(page, start, done, now) == _by_record(checklist, own, start, done, now)


def _by_page(page: Page, start: datetime, done: dict[str, datetime], now: datetime) -> dict[str, object]:
    ticks = {step: {"state": "done", "at": at.timestamp() * 1000} for step, at in done.items()}
    found = page.evaluate(
        """([state, now]) => outageClock.standings(
            JSON.parse(document.querySelector(".outage-playbook-data").textContent), state, now).flat()""",
        [{"started": start.timestamp() * 1000, "ticks": ticks}, now.timestamp() * 1000],
    )
    return {one["task"]["id"]: (one["needed"], one["due"], one["open"], one["overdue"]) for one in found}


def _by_record(checklist, policy, start, done, now) -> dict[str, object]:
    events = [
        _event(start, "declared", title="x", severity=checklist.severity),
        _event(start, "playbook", playbook=checklist.id, state="started"),
        *(
            _event(at, "playbook", playbook=checklist.id, step=step, state="done")
            for step, at in done.items()
        ),
    ]
    if "call-it-resolved" in done:
        events.append(_event(done["call-it-resolved"], "stage", stage="resolved"))
    incident = fold(events)
    found = compute_progress(checklist, fold_plays(incident)[checklist.id], incident, policy, now)
    return {
        one.task.id: (one.needed, one.due and one.due.timestamp() * 1000, one.open, one.overdue)
        for one in found.steps
    }


def test_the_scripts_hold_no_markup():
    scripts = list(Path(ROOT / "_ext/outage/pages/static").glob("playbook*.js"))
    assert scripts
    assert [path.name for path in scripts if "innerHTML" in path.read_text(encoding="utf-8")] == []
