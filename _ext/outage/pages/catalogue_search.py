"""The search above the list of runbooks: by service, alert, risk and the words of an error. Needs no network.

Without scripts the list stands alone, and whole. ``...html?q=WORDS`` searches at once.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from docutils import nodes

from outage.pages.render import render

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

    from outage.render.runbook.catalogue import Listed

RISKS = ("none", "low", "medium", "high")


class catalogue_search(nodes.General, nodes.Element):  # noqa: N801 (docutils names nodes so)
    """The search: what is known of each row of the list below it, and what it can be filtered by."""


def make_search_node(entries: list[Listed]) -> list[catalogue_search]:
    """Make the search's node for a list of these rows, in this order; none for an empty list."""
    if not entries:
        return []
    risks = {entry.risk for entry in entries}
    node = catalogue_search(
        entries=[asdict(entry) for entry in entries],
        services=sorted({entry.service for entry in entries if entry.service}),
        alerts=sorted({alert for entry in entries for alert in entry.alerts}),
        risks=[risk for risk in RISKS if risk in risks],
    )
    return [node]


def _visit(self: HTML5Translator, node: catalogue_search) -> None:
    keys = ("entries", "services", "alerts", "risks")
    self.body.append(render("catalogue-search.html.jinja", **{key: node[key] for key in keys}))
    raise nodes.SkipNode


def _visit_text(self: Any, node: catalogue_search) -> None:
    raise nodes.SkipNode  # the list below it says everything


def setup(app: Sphinx) -> None:
    """Add the node and its script."""
    other = (_visit_text, None)
    app.add_node(catalogue_search, html=(_visit, None), latex=other, text=other, man=other, texinfo=other)
    app.add_js_file("catalogue.js", loading_method="defer")
