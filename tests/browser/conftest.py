"""Readers: windows of Debian's Chromium, opened on built pages as files, with every complaint noted."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

PHONE, DESK = 390, 1280
# A colour half-way through a change has a contrast that no reader meets for long.
SETTLE = """document.getAnimations().forEach(one =>
  one.effect.getComputedTiming().endTime === Infinity ? one.cancel() : one.finish())"""
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
        self.page.evaluate(SETTLE)
        found = Axe().run(self.page, options={"preload": False})
        return str(found.generate_report()) if found.violations_count else ""

    @property
    def sideways(self) -> int:
        """By how many pixels the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


Reader = Callable[..., Window]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, started once for each worker."""
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    assert path, "Chromium is missing; apt.txt names it, and 'make packages' installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def reader(chromium: Browser) -> Iterator[Reader]:
    """Open windows: ``reader(PHONE, "dark")``; ``now`` stops the clock, ``script=False`` runs no scripts."""
    contexts = []

    def window(
        width: int, theme: str = "light", *, now: datetime | None = None, script: bool = True
    ) -> Window:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if theme == "dark" else "light",
            java_script_enabled=script,
        )
        contexts.append(context)
        made = Window(context.new_page())
        if now:
            made.page.clock.install(time=now)
        made.page.on("console", lambda message: made.note(message.text))
        made.page.on("pageerror", lambda error: made.note(str(error)))
        made.page.on("dialog", made.refuse)
        made.page.on(
            "request", lambda request: None if request.url.startswith(OWN) else made.note(request.url)
        )
        return made

    yield window
    for context in contexts:
        context.close()
