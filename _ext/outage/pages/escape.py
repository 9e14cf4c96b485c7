"""What the theme puts into a page as it is, escaped before it does.

sphinx_book_theme writes a page's title into the head of its printed form without escaping it, and a
title may be an incident's: anyone who can declare one could put a script on the site.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

RAW = ("pagetitle", "root_title", "page_description")


def _escape(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    for name in RAW:
        if isinstance(context.get(name), str):
            context[name] = html.escape(context[name])


def setup(app: Sphinx) -> None:
    """Escape after the theme has set them, and before its templates are filled in."""
    app.connect("html-page-context", _escape, priority=950)
