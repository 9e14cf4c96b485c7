"""``{say}``: words to say or post as they stand, in the company's names, with a button that copies them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from outage.errors import OutageError
from outage.pages.domain import get_domain
from outage.pages.site import get_policy
from outage.policy.quote import fill_in_quotes, find_quotes
from outage.text import one_line

if TYPE_CHECKING:
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)


class SayDirective(SphinxDirective):
    """The words, under a line that says when or to whom, if one is given: ``{say} When you take it``."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return a block that the theme gives a copy button."""
        self.assert_has_content()
        box = nodes.container("", classes=["outage-say"])
        if self.arguments:
            inline, messages = self.parse_inline(self.arguments[0])
            box += [nodes.paragraph("", "", *inline, classes=["outage-say-when"]), *messages]
        words = self._words()
        box += nodes.literal_block(words, words, language="text")
        self.set_source_info(box)
        return [box]

    def _words(self) -> str:
        written = "\n".join(self.content)
        for kind, target in find_quotes(written):
            get_domain(self.env).note_used(kind, target)
        try:
            return fill_in_quotes(get_policy(self.config), written)
        except OutageError as error:
            logger.warning("%s", one_line(str(error)), location=self.get_location(), type="outage")
            return written


def setup(app: Sphinx) -> None:
    """Add the directive and what it looks like."""
    app.add_directive_to_domain("outage", "say", SayDirective)
    app.add_css_file("say.css", priority=900)
