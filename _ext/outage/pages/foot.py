"""The foot of a page: which role keeps it right, and when it was last read through.

Its front matter says both: ``owner: scribe`` and ``reviewed: 2026-11-20``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util import logging

from outage.pages.domain import get_domain
from outage.pages.site import get_policy
from outage.policy.quote import quote
from outage.policy.vocabulary import ROLES
from outage.text import visible

if TYPE_CHECKING:
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)


def _add_foot(app: Sphinx, doctree: nodes.document) -> None:
    """Say it below the page's last section, in the company's name for the role."""
    page = app.env.metadata[app.env.docname]
    if not page.get("owner") or not page.get("reviewed"):
        return
    words = f"{_owner(app, page['owner'])}Last reviewed: {page['reviewed']}."
    top: nodes.Element = next(doctree.findall(nodes.section), doctree)
    top += nodes.paragraph(words, words, classes=["outage-foot"])


def _owner(app: Sphinx, role: str) -> str:
    """``Kept by: Scribe. ``; nothing where the company has no such role."""
    if role not in ROLES:
        logger.warning("owner: there is no role %r", role, location=app.env.docname, type="outage")
    policy = get_policy(app.config)
    get_domain(app.env).note_used("role", role)
    return f"Kept by: {visible(quote(policy, 'role', role).text)}. " if role in policy.roles else ""


def setup(app: Sphinx) -> None:
    """Add the foot when a page has been read, and the look of process pages."""
    app.add_css_file("process.css", priority=900)
    app.connect("doctree-read", _add_foot)
