"""Roles in the text of an incident's page: times that scripts read, anchors, links within the page, looks.

Their content is ``words <target>``, as :func:`outage.render.markup.role` writes it. The words are
shown as they stand, never parsed; the target is an id, a time or fixed words of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxRole

from outage.text import visible

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator


class moment(nodes.inline):  # noqa: N801 - docutils names its nodes in small letters
    """A time; ``datetime`` holds it for scripts."""


class RecordRole(SphinxRole):
    """Takes the words and the target apart."""

    def split(self) -> tuple[str, str]:
        """Words and target; the target is empty when there is none."""
        words, opened, target = self.text.strip().rpartition(" <")
        if not opened or not target.endswith(">"):
            return visible(self.text.strip()), ""
        return visible(words), target[:-1]


class ChipRole(RecordRole):
    """Words with a look: ``Sev 1 <severity rank-0>``."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return a chip of the site's own look."""
        words, look = self.split()
        kind, *which = look.split()
        classes = ["outage-chip", f"outage-{kind}", *(f"outage-{kind}-{one}" for one in which)]
        return [nodes.inline(words, words, classes=classes)], []


class MomentRole(RecordRole):
    """A time: ``{moment}``, ``{due}`` (counted down) and ``{asof}`` (when the page was built)."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return a time element, as its script needs it."""
        words, target = self.split()
        at, *more = target.split()
        name = self.name.rpartition(":")[2]
        node = moment(words, words, classes=[f"outage-{name}", *(f"outage-{one}" for one in more)])
        node["datetime"] = at
        return [node], []


class HereRole(RecordRole):
    """An anchor."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return an empty target with the id."""
        return [nodes.inline(ids=[self.text.strip()], classes=["outage-here"])], []


class GotoRole(RecordRole):
    """A link to an anchor of the same page."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return a reference within the page."""
        words, anchor = self.split()
        return [nodes.reference(words, words, refid=anchor, internal=True)], []


class AsideRole(RecordRole):
    """A remark in small print."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the words."""
        words = visible(self.text.strip())
        return [nodes.inline(words, words, classes=["outage-aside"])], []


def _visit_moment(self: HTML5Translator, node: moment) -> None:
    self.body.append(self.starttag(node, "time", "", datetime=node["datetime"]))


def _depart_moment(self: HTML5Translator, node: moment) -> None:
    self.body.append("</time>")


def setup(app: Sphinx) -> None:
    """Add the roles and their nodes."""
    app.add_node(moment, html=(_visit_moment, _depart_moment))
    for name in ("moment", "due", "asof"):
        app.add_role_to_domain("outage", name, MomentRole())
    for name, role in (("chip", ChipRole), ("here", HereRole), ("goto", GotoRole), ("aside", AsideRole)):
        app.add_role_to_domain("outage", name, role())
