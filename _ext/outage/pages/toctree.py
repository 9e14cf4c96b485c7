"""Pages that may not be there yet: a new company has no incidents.

``{pages}`` is a toctree of patterns that may match nothing; ``{when-pages}`` is text about such pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.directives.other import TocTree
from sphinx.util import docname_join
from sphinx.util.docutils import SphinxDirective
from sphinx.util.matching import patfilter

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class PagesDirective(TocTree):
    """``{pages} Caption`` with one pattern a line, relative to the page; the caption may be left out."""

    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Return the toctree of the patterns that match, or nothing."""
        self.env.glob_toctrees.add(self.env.docname)  # read this page again when a page comes or goes
        here = self.env.docname
        patterns = {line: docname_join(here, line.strip()) for line in self.content}
        others = self.env.found_docs - {here}
        matching = [line for line, pattern in patterns.items() if patfilter(others, pattern)]
        if not matching:
            return []
        self.content = StringList(matching, self.env.docname)
        self.options |= {"glob": None, "hidden": None}
        if self.arguments:
            self.options["caption"] = self.arguments[0]
        return super().run()


class WhenPagesDirective(SphinxDirective):
    """Shows its content where the handbook has pages of a pattern: ``{when-pages} runbooks/*``."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the content, or nothing."""
        self.env.glob_toctrees.add(self.env.docname)
        if not patfilter(self.env.found_docs, self.arguments[0]):
            return []
        return self.parse_content_to_nodes(allow_section_headings=True)


def setup(app: Sphinx) -> None:
    """Add the directives."""
    app.add_directive_to_domain("outage", "pages", PagesDirective)
    app.add_directive_to_domain("outage", "when-pages", WhenPagesDirective)
