"""``{response-drawing} SEVERITY``: what policy plans, from the declaration to the end, as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from outage.errors import OutageError
from outage.pages.domain import get_domain
from outage.pages.render import render
from outage.pages.site import get_policy
from outage.render.policy.drawing import NARROW, WIDE, draw
from outage.render.policy.plan import list_rows
from outage.text import one_line, visible

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator


class response_drawing(nodes.General, nodes.Element):  # noqa: N801 - docutils names its nodes in small letters
    """The drawing's numbers, in one frame after the other; the lists beside it say the same in words."""


class ResponseDrawingDirective(SphinxDirective):
    """The drawing of one severity, named by its id, ``highest`` or ``lowest``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the drawing, in a frame for a desk and one for a phone."""
        policy = get_policy(self.config)
        get_domain(self.env).note_used("response-drawing", self.arguments[0])
        try:
            severity = policy.severity_id(self.arguments[0])
        except OutageError as error:
            raise self.error(one_line(str(error))) from None
        found = list_rows(policy, severity)
        drawings = [draw(found, frame) for frame in (WIDE, NARROW)]
        name = visible(policy.severities[severity].name)
        return [response_drawing(severity=severity, name=name, drawings=drawings)]


def _visit(self: HTML5Translator, node: response_drawing) -> None:
    self.body.append(
        render("plan.html.jinja", **{key: node[key] for key in ("severity", "name", "drawings")})
    )
    raise nodes.SkipNode


def _skip(self: Any, node: nodes.Node) -> None:
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Add the directive and its node."""
    skipped = (_skip, None)
    app.add_node(
        response_drawing, html=(_visit, None), latex=skipped, text=skipped, man=skipped, texinfo=skipped
    )
    app.add_directive_to_domain("outage", "response-drawing", ResponseDrawingDirective)
