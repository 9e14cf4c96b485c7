"""Tables that fit a phone: each cell carries its column's heading, shown where rows stand as cards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class CellHeadings(SphinxPostTransform):
    """Puts the heading of its column into every cell of a table that has one row of headings."""

    default_priority = 210
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Label the tables of the page."""
        for table in self.document.findall(nodes.table):
            head = list(table.findall(nodes.thead))
            if len(head) == 1 and len(head[0]) == 1:
                _label(table, [entry.astext() for entry in head[0].findall(nodes.entry)])


def _label(table: nodes.table, headings: list[str]) -> None:
    table["classes"].append("outage-stacks")
    for row in (row for body in table.findall(nodes.tbody) for row in body.findall(nodes.row)):
        for entry, heading in zip(row.findall(nodes.entry), headings, strict=False):
            inside = entry[0] if len(entry) and isinstance(entry[0], nodes.paragraph) else entry
            inside.insert(0, nodes.inline("", heading, classes=["outage-heading"]))


def setup(app: Sphinx) -> None:
    """Add the transform."""
    app.add_post_transform(CellHeadings)
