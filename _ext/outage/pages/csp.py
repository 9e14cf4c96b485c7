"""The Content Security Policy of every page: no script but the site's own files, and no other host.

It stands behind the escaping, in a meta element, so that it holds where the site is opened as files and on
any host that serves files. The theme's inline scripts are allowed by the hash of what its templates
hold, never of what a page holds.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Template
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.util import logging

from outage.pages.render import render

if TYPE_CHECKING:
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)

OURS = "'self' file:"
"""Where the site itself is: ``'self'`` is not every browser's word for files."""
RULES = {
    "default-src": "'none'",
    "script-src": OURS,
    "style-src": f"{OURS} 'unsafe-inline'",  # the widths of columns and drawings
    "img-src": f"{OURS} data:",  # outputs of notebooks, and the theme's signs
    "font-src": f"{OURS} data:",
    "media-src": OURS,
    "connect-src": OURS,  # the search reads the pages that it found
    "form-action": OURS,
    "base-uri": "'none'",
}
TEMPLATES = ("layout.html", "search.html", "searchbox.html", "domainindex.html")
INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
OPTIONS = "DOCUMENTATION_OPTIONS."
"""How the inline scripts begin that the theme adds by code: the page's name, for its switch of versions, and
whether it searches while one types. The site has neither."""


@cache
def _hashes(folders: tuple[str, ...], mode: str) -> str:
    """Those of the scripts in a theme's own templates, with the only value filled in that they take."""
    paths = [Path(folder) / name for folder in folders for name in TEMPLATES]
    texts = [path.read_text(encoding="utf-8") for path in paths if path.is_file()]
    scripts = {Template(found).render(default_mode=mode) for text in texts for found in INLINE.findall(text)}
    digests = sorted(b64encode(sha256(script.encode()).digest()).decode() for script in scripts)
    return " ".join(f"'sha256-{digest}'" for digest in digests)


def _policy(app: Sphinx) -> str:
    assert isinstance(app.builder, StandaloneHTMLBuilder)
    folders = tuple(map(str, app.builder.theme.get_theme_dirs()))
    hashes = _hashes(folders, app.config.html_context.get("default_mode", ""))
    rules = RULES | {"script-src": f"{OURS} {hashes}".rstrip()}
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())


def _add(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Put the policy before everything that it is about, and leave out scripts that it would stop."""
    context["metatags"] = render("csp.html.jinja", policy=_policy(app)) + (context.get("metatags") or "")
    files: list[Any] = context["script_files"]
    for file in [file for file in files if not file.filename]:
        files.remove(file)
        if not (body := str(file.attributes.get("body", ""))).startswith(OPTIONS):
            what = f"an extension adds a script that is not a file, and no browser runs it here: {body[:60]}"
            hint = "put it into a file, and name that in html_js_files"
            logger.warning("%s\n  hint: %s", what, hint, type="outage", once=True)


def setup(app: Sphinx) -> None:
    """Add the policy to every page, once all others have said what it holds."""
    app.connect("html-page-context", _add, priority=990)
