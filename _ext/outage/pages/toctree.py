"""``{pages}``: a hidden toctree of patterns that may match nothing yet; a new company has no incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.directives.other import TocTree
from sphinx.util.matching import patfilter

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class PagesDirective(TocTree):
    """``{pages} Caption`` with one pattern a line; pages stand in the order of their names."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """The toctree of the patterns that match, or nothing."""
        self.env.glob_toctrees.add(self.env.docname)  # read this page again when a page comes or goes
        matching = [line for line in self.content if patfilter(self.env.found_docs, line.strip())]
        if not matching:
            return []
        self.content = StringList(matching, self.env.docname)
        self.options |= {"glob": None, "hidden": None, "caption": self.arguments[0]}
        return super().run()


def setup(app: Sphinx) -> None:
    """Add the directive."""
    app.add_directive_to_domain("outage", "pages", PagesDirective)
