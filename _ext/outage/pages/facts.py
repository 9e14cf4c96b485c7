"""``{fact}``: what others published, with its source; the place for a figure that is not policy's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import ReferenceRole, SphinxDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class FactDirective(SphinxDirective):
    """``{fact} SOURCE`` with the fact below it; the source may hold links and emphasis."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return a block: what was published, then by whom."""
        self.assert_has_content()
        box = nodes.container("", *self.parse_content_to_nodes(), classes=["outage-fact"])
        inline, messages = self.parse_inline(self.arguments[0])
        box += [nodes.paragraph("", "", *inline, classes=["outage-source"]), *messages]
        self.set_source_info(box)
        return [box]


class FactRole(ReferenceRole):
    """``{fact}`text <source>```: the text, and its source in brackets; a web address becomes a link."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the words, or a message that the source is missing."""
        if not self.has_explicit_title:
            message = self.inliner.reporter.error(f"a fact has no source: {self.text}", line=self.lineno)
            return [nodes.Text(self.text)], [message]
        source: nodes.Node = nodes.Text(self.target)
        if self.target.startswith(("https://", "http://")):
            source = nodes.reference("", self.target.split("/")[2], refuri=self.target, internal=False)
        box = nodes.inline(
            "", "", nodes.Text(f"{self.title} ("), source, nodes.Text(")"), classes=["outage-fact"]
        )
        return [box], []


def setup(app: Sphinx) -> None:
    """Add the directive and the role of that name."""
    app.add_directive_to_domain("outage", "fact", FactDirective)
    app.add_role_to_domain("outage", "fact", FactRole())
