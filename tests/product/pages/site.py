"""A small handbook of a few pages in a temporary folder, built in this process."""

from __future__ import annotations

import io
import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.deprecation import RemovedInSphinx11Warning
from sphinx.util.docutils import docutils_namespace, patch_docutils

CONF = """
extensions = ["myst_parser", "sphinx_design", "outage.pages"]
primary_domain = "outage"
nitpicky = True
smartquotes = False
myst_enable_extensions = ["colon_fence", "attrs_inline", "attrs_block"]
myst_ref_domains = ["std", "outage"]
myst_url_schemes = ["http", "https", "mailto", "tel", "sip"]
html_theme = "basic"
"""

POLICY = """
company: {name: Testers, timezone: UTC}
divisions:
  north: {name: North}
severities:
  high: {name: High, meaning: All is lost, commander: 10m, cadence: {responders: 15m}}
  low: {name: Low, meaning: Little is lost, commander: none, cadence: {responders: 2h}}
incident: {threshold: 30m}
"""

POLICY_PAGE = "# Policy\n\n```{policy-values}\n```\n"


@dataclass
class Built:
    """What a build did: the pages it read, and its warnings, one a line."""

    read: set[str]
    warnings: str


class Site:
    """Pages and a policy that a test writes, and builds as often as it likes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("conf.py", CONF)
        self.write("handbook.yml", POLICY)
        self.write("process/policy.md", POLICY_PAGE)
        self.pages(index="# Home\n\n```{toctree}\n:glob:\n**\n```\n")

    def write(self, name: str, text: str) -> None:
        """A file of the handbook."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def pages(self, **texts: str) -> None:
        """Pages by name; a text without a heading gets one."""
        for name, text in texts.items():
            self.write(f"{name}.md", text if text.startswith("#") else f"# Page {name}\n\n{text}\n")

    def policy(self, old: str, new: str) -> None:
        """Edit the policy, as a person would."""
        text = (self.root / "handbook.yml").read_text(encoding="utf-8")
        assert old in text
        self.write("handbook.yml", text.replace(old, new))

    def build(self, *, builder: str = "html", parallel: int = 1, **settings: Any) -> Built:
        """Build what is outdated."""
        stream, read = io.StringIO(), set[str]()
        out = self.root / "_build"
        with warnings.catch_warnings(), patch_docutils(self.root), docutils_namespace():
            warnings.simplefilter("ignore", RemovedInSphinx11Warning)  # MyST's own affair
            app = Sphinx(
                self.root, self.root, out / builder, out / "doctrees", builder,
                confoverrides=settings, status=None, warning=stream, parallel=parallel,
            )  # fmt: skip
            app.connect("env-before-read-docs", lambda app, env, names: read.update(names))
            app.build()
        self.data = app.env.domaindata["outage"]
        return Built(read, click.unstyle(stream.getvalue()).replace(f"{self.root}/", ""))

    def page(self, name: str) -> BeautifulSoup:
        """A built page's content."""
        return BeautifulSoup(self.html(name), "html.parser")

    def html(self, name: str) -> str:
        """A built page as it was written."""
        return (self.root / "_build/html" / f"{name}.html").read_text(encoding="utf-8")

    def words(self, name: str) -> str:
        """A built page's words, on one line."""
        body = self.page(name).find(class_="body") or self.page(name)
        return " ".join(body.get_text().split())

    def table(self, name: str) -> dict[str, Any]:
        """The data of the classification form of a page."""
        script = self.page(name).find("script", class_="outage-table")
        assert script is not None
        return json.loads(script.string or "")  # type: ignore[no-any-return]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A handbook with a front page and a policy page."""
    return Site(tmp_path)
