"""The page of a role: its title and what policy says about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from outage.errors import OutageError
from outage.pages.domain import get_domain
from outage.pages.site import get_policy
from outage.render import show
from outage.text import one_line, visible

if TYPE_CHECKING:
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)


class RoleTitleRole(SphinxRole):
    """``# {role-title}`scribe```: the company's name for a role as bare words, fit for a heading."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the name, even of a role that is merged or absent here."""
        get_domain(self.env).note_used("role-title", self.text)
        try:
            name = show(get_policy(self.config), "role-title", self.text)
        except OutageError as error:
            logger.warning("%s", one_line(str(error)), location=self.get_location(), type="outage")
            name = self.text
        return [nodes.Text(visible(name))], []


class RoleViewDirective(SphinxDirective):
    """``{role-note} scribe``, ``{role-taking} scribe``: what policy says about one role.

    The page of a role that the company has not needs no place in a table of contents.
    """

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the view's text, parsed where the directive stands; nothing where policy adds nothing."""
        view, role = self.name.removeprefix("outage:"), self.arguments[0]
        get_domain(self.env).note_used(view, role)
        if role not in get_policy(self.config).roles:
            self.env.metadata[self.env.docname]["orphan"] = True
        try:
            text = show(get_policy(self.config), view, role)
        except OutageError as error:
            raise self.error(one_line(str(error))) from None
        return self.parse_text_to_nodes(text)


def setup(app: Sphinx) -> None:
    """Add the role and the directives."""
    app.add_role_to_domain("outage", "role-title", RoleTitleRole())
    for view in ("role-note", "role-taking"):
        app.add_directive_to_domain("outage", view, RoleViewDirective)
