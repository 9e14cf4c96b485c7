"""``{drawing} file.svg``: a drawing that stands beside its page, put into it, with its caption below.

Inlined, it takes the page's colours and letters, so that both themes can be read.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from outage.errors import Problems, Refused
from outage.pages.svg import Svg, read_svg
from outage.text import one_line

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)


class drawing(nodes.General, nodes.Element):  # noqa: N801 - docutils names its nodes in small letters
    """A drawing that a page may hold: its markup, and its title and description in words."""


class DrawingDirective(SphinxDirective):
    """The drawing of the page's own folder, and the body as its caption."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return a figure, or nothing and a warning for each reason, at its line of the drawing."""
        try:
            svg = self._read()
        except Problems as found:
            for problem in found.problems:
                said = one_line(f"{problem.message}; {problem.hint}")
                where = problem.where if problem.line else self.get_location()
                logger.warning("%s", said, location=where, type="outage", subtype="drawing")
            return []
        figure = nodes.figure("", drawing(svg=svg.markup, title=svg.title, desc=svg.desc))
        figure["classes"].append("outage-figure")
        self.set_source_info(figure)
        caption = self.parse_content_to_nodes()
        if caption and isinstance(caption[0], nodes.paragraph):
            figure += nodes.caption("", "", *caption[0].children)
        if caption[1:]:
            figure += nodes.legend("", *caption[1:])
        return [figure]

    def _read(self) -> Svg:
        name = self.arguments[0]
        folder = Path(self.env.doc2path(self.env.docname)).parent
        if not re.fullmatch(r"[\w.-]+\.svg", name):
            hint = "name a .svg file of the page's own folder"
            raise Problems([Refused(f"{name} is no name of a drawing", hint=hint)])
        self.env.note_dependency(str(folder / name))
        shown = (folder / name).relative_to(self.env.srcdir)
        return read_svg(folder / name, shown, f"drawing-{self.env.new_serialno('drawing')}")


def _visit(self: HTML5Translator, node: drawing) -> None:
    self.body.append(node["svg"])
    raise nodes.SkipNode


def _visit_words(self: Any, node: drawing) -> None:
    """Write the words, for what shows no pictures."""
    self.add_text(f"{node['title']}: {node['desc']}")
    raise nodes.SkipNode


def _skip(self: Any, node: nodes.Node) -> None:
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Add the directive, its node and its look."""
    skipped = (_skip, None)
    app.add_node(
        drawing, html=(_visit, None), text=(_visit_words, None), latex=skipped, man=skipped, texinfo=skipped
    )
    app.add_directive_to_domain("outage", "drawing", DrawingDirective)
