"""Readers: windows of Debian's Chromium, opened on built pages as files, with every complaint noted."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Dialog, Page, expect, sync_playwright

PHONE, DESK = 390, 1280
# A colour half-way through a change has a contrast that no reader meets for long.
SETTLE = """document.getAnimations().forEach(one =>
  one.effect.getComputedTiming().endTime === Infinity ? one.cancel() : one.finish())"""
# All rules are applied. What breaks one is listed: to list all that keeps them, too, takes as long again.
AXE = {"preload": False, "resultTypes": ["violations"]}
# Milliseconds that a condition is awaited; a machine that is busy with other things fails no test.
PATIENCE = 60_000
CHATTER = re.compile(r"\[PST\]")  # the theme says which colours it chose
OWN = ("file:", "data:", "blob:")


@dataclass
class Window:
    """A window, and what its pages complained of: on the console, by a dialog, by asking for other hosts."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def open(self, url: str) -> Page:
        """Go to a page and wait until it is loaded."""
        self.page.goto(url)
        return self.page

    def settle(self) -> None:
        """End everything that moves on the page."""
        self.page.evaluate(SETTLE)

    def note(self, text: str) -> None:
        """Keep a complaint, unless it is chatter."""
        if not CHATTER.search(text):
            self.complaints.append(text)

    def refuse(self, dialog: Dialog) -> None:
        """A dialog is a complaint: no page of ours opens one."""
        self.note(f"dialog: {dialog.message}")
        dialog.dismiss()

    @property
    def barriers(self) -> str:
        """What axe finds on the page as it stands once nothing moves: its report, or nothing."""
        self.settle()
        found = Axe().run(self.page, options=AXE)
        return str(found.generate_report()) if found.violations_count else ""

    @property
    def sideways(self) -> int:
        """By how many pixels the page is wider than its window, once nothing on it moves."""
        self.settle()
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


Reader = Callable[..., Window]


@dataclass(frozen=True)
class Started:
    """A browser that is up, and the event loop that its driver talks through."""

    browser: Browser
    loop: asyncio.AbstractEventLoop


@pytest.fixture(scope="session")
def started() -> Iterator[Started]:
    """Debian's Chromium, started once for each worker.

    Between its calls, Playwright's loop counts as running in this thread, and no run of a runbook could start
    its own there, nor a second browser. So only a test of pages sees that loop.
    """
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    assert path, "Chromium is missing; apt.txt names it, and 'make packages' installs it"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"], timeout=PATIENCE
        )
        loop = asyncio.get_running_loop()
        asyncio._set_running_loop(None)
        yield Started(browser, loop)
        asyncio._set_running_loop(loop)
        browser.close()


@pytest.fixture
def chromium(started: Started) -> Iterator[Browser]:
    """The worker's browser, for as long as a test lasts."""
    asyncio._set_running_loop(started.loop)
    yield started.browser
    asyncio._set_running_loop(None)


def _window(browser: Browser, width: int, theme: str, *, script: bool = True) -> Window:
    """A window with a profile of its own, listened to."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if theme == "dark" else "light",
        java_script_enabled=script,
    )
    context.set_default_timeout(PATIENCE)
    made = Window(context.new_page())
    made.page.on("console", lambda message: made.note(message.text))
    made.page.on("pageerror", lambda error: made.note(str(error)))
    made.page.on("dialog", made.refuse)
    made.page.on("crash", lambda page: page.close())
    made.page.on("request", lambda request: None if request.url.startswith(OWN) else made.note(request.url))
    return made


@pytest.fixture
def reader(chromium: Browser) -> Iterator[Reader]:
    """Open windows: ``reader(PHONE, "dark")``; ``now`` sets the clock, ``script=False`` runs no scripts."""
    windows = []

    def window(
        width: int, theme: str = "light", *, now: datetime | None = None, script: bool = True
    ) -> Window:
        made = _window(chromium, width, theme, script=script)
        windows.append(made)
        if now:
            made.page.clock.install(time=now)
        return made

    yield window
    for made in windows:
        made.page.context.close()


@pytest.fixture(scope="session")
def open_windows(started: Started) -> dict[tuple[int, str], Window]:
    """Windows that stay open, by width and theme; they go with their browser."""
    return {}


@pytest.fixture
def glance(chromium: Browser, open_windows: dict[tuple[int, str], Window]) -> Reader:
    """Windows for pages that are looked at and not used; they stay open, for a new one costs time."""

    def window(width: int, theme: str) -> Window:
        made = open_windows.get((width, theme))
        if made is None or made.page.is_closed():
            made = open_windows[width, theme] = _window(chromium, width, theme)
        made.open("about:blank")  # the page before is over; what it still had to say is not said of the next
        made.complaints.clear()
        return made

    return window
