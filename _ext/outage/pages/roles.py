"""Roles: ``{policy}`incident.threshold```, ``{role}`scribe```, ``{severity}`highest``` and their like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.util import logging
from sphinx.util.docutils import ReferenceRole, SphinxRole

from outage.errors import OutageError, Refused
from outage.pages.domain import get_domain
from outage.pages.look import list_classes
from outage.pages.site import get_policy
from outage.policy.quote import KINDS, Quote, quote
from outage.text import one_line, visible

if TYPE_CHECKING:
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)


class QuoteRole(ReferenceRole):
    """Shows a name or value of the policy, linked to its clause."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the words, or the role as it was written and a warning that says where."""
        get_domain(self.env).note_used(self.kind, self.target)
        try:
            quoted = quote(get_policy(self.config), self.kind, self.target)
            if self.kind == "policy" and self.has_explicit_title:
                raise Refused(
                    f"a value is quoted as it stands, not as '{self.title}'", hint="write the address alone"
                )
        except OutageError as error:
            where = self.get_location()
            logger.warning("%s", one_line(str(error)), location=where, type="outage", subtype="address")
            return [nodes.literal(self.rawtext, self.rawtext)], []
        return [self._linked(quoted)], []

    def _linked(self, quoted: Quote) -> nodes.Node:
        words = self.title if self.has_explicit_title else visible(quoted.text)
        classes = list_classes(quoted)
        shown = nodes.literal if self.kind == "clause" else nodes.inline
        node = shown(words, words, classes=classes)
        if quoted.address is None:
            return node
        link = pending_xref(
            self.rawtext,
            node,
            refdomain="outage",
            reftype="role" if self.kind == "role" else "clause",
            reftarget=quoted.address,
            refdoc=self.env.docname,
            refexplicit=True,
            refwarn=True,
        )
        self.set_source_info(link)
        return link


class RunbookRole(ReferenceRole):
    """``{runbook}`blocked-queries```: a link to a runbook's page, with the page's own title."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the link; the domain finds page and title when all pages are read."""
        words = nodes.inline(self.title, self.title, classes=["outage-runbook"])
        link = pending_xref(
            self.rawtext,
            words,
            refdomain="outage",
            reftype="runbook",
            reftarget=self.target,
            refdoc=self.env.docname,
            refexplicit=self.has_explicit_title,
            refwarn=True,
        )
        self.set_source_info(link)
        return [link], []


class AnchorRole(SphinxRole):
    """Makes its place the one where a clause can be read: the clause's address, with itself as id."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the address, which also serves the parts above it that have no place of their own yet.

        A part that the heading above it is named after keeps the heading's id: an id is on a page once.
        """
        domain = get_domain(self.env)
        parts = self.text.split(".")
        above = [".".join(parts[:end]) for end in range(1, len(parts))]
        held = [address for address in above if address not in domain.anchors]
        node = nodes.literal(self.text, self.text, classes=["outage-clause"])
        node["ids"] = [address for address in (self.text, *held) if address not in self.inliner.document.ids]
        for address in (self.text, *held):
            domain.note_anchor(address, address, self.get_location())
        return [node], []


def setup(app: Sphinx) -> None:
    """Add a role for each kind of quote."""
    for kind in KINDS:
        app.add_role_to_domain("outage", kind, QuoteRole(kind))
    app.add_role_to_domain("outage", "runbook", RunbookRole())
    app.add_role_to_domain("outage", "anchor", AnchorRole())
