"""What no page may hold, whoever wrote it: raw HTML, a link that runs code, a picture of another host.

Data is made literal before it becomes a page. This is behind that, and for the pages that people write: it
looks at the document that was read, so that no syntax, directive or extension is a way round it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

if TYPE_CHECKING:
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)

LINE_BREAK = "<br />\n"
"""What MyST writes for a line that ends in a backslash; the only HTML that is let through."""
COMMENT = re.compile(r"\s*<!--.*-->\s*", re.DOTALL)
SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*):")
PICTURES = re.compile(r"data:image/(png|jpeg|gif|webp);base64,")


class Guard(SphinxTransform):
    """Shows raw HTML as text, and takes out links and pictures that lead where no page may."""

    default_priority = 990  # after everything that adds to the document

    def apply(self, **kwargs: Any) -> None:
        """Look at all of the page."""
        for raw in list(self.document.findall(nodes.raw)):
            if "html" in raw.get("format", "").split() and raw.astext() != LINE_BREAK:
                _as_text(raw)
        schemes = {*self.config.myst_url_schemes}
        for link in list(self.document.findall(nodes.reference)):
            found = SCHEME.match(link.get("refuri", ""))
            if found and found[1].lower() not in schemes:
                _warn(
                    link, f"a link may not begin with {found[1]}:", f"allowed: {', '.join(sorted(schemes))}"
                )
                link.replace_self(link.children)
        for image in list(self.document.findall(nodes.image)):
            _check_picture(image)


def _as_text(raw: nodes.raw) -> None:
    """Put the text of raw HTML in its place; a comment stays unseen."""
    text = raw.astext()
    if COMMENT.fullmatch(text):
        raw.parent.remove(raw)
        return
    _warn(raw, f"HTML is shown as text: {text.strip()[:60]}", "write it in Markdown, or put it in backticks")
    inline = isinstance(raw.parent, nodes.TextElement)
    raw.replace_self(nodes.Text(text) if inline else nodes.literal_block(text, text, language="html"))


def _check_picture(image: nodes.image) -> None:
    """Put the description of a picture in its place where the picture is not a file of the handbook."""
    uri = image.get("uri", "").strip()
    if not SCHEME.match(uri) or PICTURES.match(uri):
        return
    _warn(image, f"a page shows only pictures of the handbook, not {uri[:60]}", "save it beside the page")
    text = nodes.Text(image.get("alt", ""))
    inline = isinstance(image.parent, nodes.TextElement)
    image.replace_self(text if inline else nodes.paragraph("", "", text))


def _warn(node: nodes.Node, what: str, hint: str) -> None:
    logger.warning("%s\n  hint: %s", what, hint, location=node, type="outage", subtype="guard")


def setup(app: Sphinx) -> None:
    """Look at every page when it is read."""
    app.add_transform(Guard)
