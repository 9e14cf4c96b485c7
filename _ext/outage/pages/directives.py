"""Directives: views of the policy parsed in place, and ``{when}`` for text about an optional part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from outage.pages.domain import get_domain
from outage.pages.site import get_policy
from outage.render import VIEWS, show

if TYPE_CHECKING:
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)


class ViewDirective(SphinxDirective):
    """Shows the view of its own name."""

    def run(self) -> list[nodes.Node]:
        """Return the view's text, parsed where the directive stands."""
        view = self.name.removeprefix("outage:")
        get_domain(self.env).note_used(view, "")
        text = show(get_policy(self.config), view)
        return self.parse_text_to_nodes(text, allow_section_headings=True)


class WhenDirective(SphinxDirective):
    """Shows its content where the policy has something: ``{when} divisions``, ``{when} not divisions``."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the content, or nothing."""
        words = self.arguments[0].split()
        address = words[-1]
        if len(words) > 2 or (len(words) == 2 and words[0] != "not"):
            raise self.error("write {when} ADDRESS, or {when} not ADDRESS")
        get_domain(self.env).note_used("when", address)
        wanted = "no" if len(words) == 2 else "yes"
        if show(get_policy(self.config), "when", address) != wanted:
            return []
        return self.parse_content_to_nodes(allow_section_headings=True)


def setup(app: Sphinx) -> None:
    """Add a directive for each view, and ``when``."""
    for name in VIEWS:
        app.add_directive_to_domain("outage", name, ViewDirective)
    app.add_directive_to_domain("outage", "when", WhenDirective)
