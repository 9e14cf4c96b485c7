"""``{classify-form}``: the classification questions as a form, over a table that Python made.

Without scripts, and where the page is no HTML, the questions and the rule stand as text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from markupsafe import Markup
from sphinx.util.docutils import SphinxDirective

from outage.pages.domain import get_domain
from outage.pages.look import list_classes
from outage.pages.render import render
from outage.pages.site import get_policy
from outage.policy.classify.form import make_form
from outage.render import show

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

    from outage.policy.quote import Quote

_PARTS = ("severity", "scope", "channel", "time-box", "clause", "doubt")


class classify_form(nodes.General, nodes.Element):  # noqa: N801 (docutils names nodes so)
    """The form; its children are its equivalent in text."""


class ClassifyFormDirective(SphinxDirective):
    """Places the form."""

    def run(self) -> list[nodes.Node]:
        """Return the form's node, with the text inside."""
        domain = get_domain(self.env)
        domain.note_used("classify-form", "")
        domain.note_used("classification", "")
        text = self.parse_text_to_nodes(show(get_policy(self.config), "classification"))
        return [classify_form("", *text)]


def _visit_html(self: HTML5Translator, node: classify_form) -> None:
    node["start"] = len(self.body)


def _depart_html(self: HTML5Translator, node: classify_form) -> None:
    text = Markup("".join(self.body[node["start"] :]))  # what the writer itself just wrote
    del self.body[node["start"] :]
    form = make_form(get_policy(self.config))
    anchors = get_domain(self.builder.env).anchors

    def href(quote: Quote) -> str | None:
        anchor = anchors.get(quote.address or "")
        if anchor is None:
            return None
        page = self.builder.get_relative_uri(self.builder.current_docname, anchor.docname)
        return f"{page}#{anchor.id}"

    self.body.append(
        render("classify-form.html.jinja", form=form, parts=_PARTS, text=text, href=href, looks=list_classes)
    )


def _as_text(self: nodes.NodeVisitor, node: classify_form) -> None:
    """Nothing to add: the children are the text."""


def setup(app: Sphinx) -> None:
    """Add the directive, its node and its script."""
    other = (_as_text, _as_text)
    app.add_node(
        classify_form, html=(_visit_html, _depart_html), latex=other, text=other, man=other, texinfo=other
    )
    app.add_directive_to_domain("outage", "classify-form", ClassifyFormDirective)
    app.add_js_file("outage-classify.js", loading_method="defer")
