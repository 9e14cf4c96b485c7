"""Drawings that stand beside a page as SVG: read, refused where they could do harm, made fit to be put in.

An inlined drawing is part of its page: a script in it would run, a reference would ask another host, a
colour written out would be unreadable in one of the two themes, and an id could be a second of its kind.
So only what draws is let through, by a list of elements and attributes.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path
from xml.sax import SAXParseException, make_parser
from xml.sax.handler import ContentHandler, feature_namespaces, property_lexical_handler
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from outage.errors import OutageError, Problems, Refused

_DRAWS = """
svg g defs symbol use title desc path rect circle ellipse line polyline polygon text tspan textPath marker
clipPath linearGradient radialGradient stop pattern
"""
_SAYS_HOW = """
id class style x y x1 y1 x2 y2 cx cy r rx ry dx dy d points width height transform viewBox href offset
preserveAspectRatio fill fill-opacity fill-rule stroke stroke-width stroke-dasharray stroke-dashoffset
stroke-linecap stroke-linejoin stroke-opacity stop-color stop-opacity color opacity font-size font-weight
font-style font-family text-anchor dominant-baseline alignment-baseline baseline-shift letter-spacing
textLength lengthAdjust startOffset rotate marker-start marker-mid marker-end markerWidth markerHeight
markerUnits orient refX refY clip-path gradientUnits gradientTransform patternUnits patternTransform
vector-effect paint-order role aria-labelledby aria-hidden xml:space xmlns version
"""
_ELEMENTS, _ATTRIBUTES = set(_DRAWS.split()), set(_SAYS_HOW.split())
_COLOURED = {"fill", "stroke", "stop-color", "color"}
_COLOUR = re.compile(
    r"none|transparent|inherit|currentColor|context-stroke|context-fill|url\(#[\w-]+\)|var\(--[^;]*\)"
    r"|color-mix\([^;]*var\([^;]*\)[^;]*\)",
    re.IGNORECASE,
)
_FRAME = re.compile(r"\s*(-?[\d.]+[\s,]+){2}(?P<width>[\d.]+)[\s,]+[\d.]+\s*")
_LOCAL = re.compile(r"#([\w-]+)")
_REACHES_OUT = re.compile(r"url\(\s*(?!#)|@import|javascript:|expression\(|://|\\", re.IGNORECASE)
_LARGEST = 200_000  # bytes; a drawing by hand has a few thousand


@dataclass(frozen=True)
class Svg:
    """A drawing that a page may hold.

    Attributes:
        markup: the ``svg`` element, its ids made unique, with ``role="img"`` and its name and description.
        title: what it shows, in a few words.
        desc: what it says, for readers who can't see it.
    """

    markup: str
    title: str
    desc: str


def read_svg(path: Path, shown: Path, prefix: str) -> Svg:
    """Read a drawing.

    Args:
        path: the file.
        shown: its name in messages.
        prefix: what makes its ids unique on the page.

    Raises:
        Problems: the file is missing, is no SVG, or holds what a page must not take over; each with its line.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = "there is no such drawing" if isinstance(error, FileNotFoundError) else error.strerror
        hint = "it stands in the folder of the page, and its name ends in .svg"
        raise Problems([Refused(f"{reason}", file=shown, hint=hint)]) from None
    if len(data) > _LARGEST:
        reason = f"the drawing has {len(data):,} bytes, and at most {_LARGEST:,} are taken into a page"
        raise Problems([Refused(reason, file=shown, hint="draw it with fewer shapes")])
    reader = _Reader(shown, prefix)
    parser = make_parser()
    parser.setFeature(feature_namespaces, 0)
    parser.setContentHandler(reader)
    parser.setProperty(property_lexical_handler, reader)
    try:
        parser.parse(io.BytesIO(data))
    except SAXParseException as error:
        reason = f"this is not XML: {error.getMessage()}"
        hint = "an SVG is XML: every element is closed, and & is written &amp;"
        raise Problems([Refused(reason, file=shown, line=error.getLineNumber(), hint=hint)]) from None
    return reader.result()


class _Reader(ContentHandler):
    """Writes down what a page may hold, and refuses the rest."""

    def __init__(self, shown: Path, prefix: str) -> None:
        super().__init__()
        self._shown, self._prefix = shown, prefix
        self._out = io.StringIO()
        self._write = XMLGenerator(self._out, "utf-8", short_empty_elements=True)
        self._problems: list[OutageError] = []
        self._open: list[str] = []
        self._words = {"title": "", "desc": ""}
        self._ids: set[str] = set()
        self._named: list[tuple[str, int]] = []

    def result(self) -> Svg:
        """Return the drawing, or all its problems at once."""
        for key, what in (("title", "what it shows"), ("desc", "what it says")):
            if not self._words[key].strip():
                hint = f"write <{key}> as a child of <svg>: in words, {what}"
                self._problems.append(Refused(f"the drawing has no <{key}>", file=self._shown, hint=hint))
        for name, line in self._named:
            if name not in self._ids:
                reason = f"no element has the id '{name}'"
                hint = "give that id to what is meant, or leave the reference out"
                self._problems.append(Refused(reason, file=self._shown, line=line, hint=hint))
        if self._problems:
            raise Problems(self._problems)
        title, desc = (" ".join(self._words[key].split()) for key in ("title", "desc"))
        return Svg(self._out.getvalue(), title, desc)

    # ---- what the parser calls

    def startDTD(self, name: str, public: str | None, system: str | None) -> None:  # noqa: N802
        """Refuse a document type: it may define entities, which can grow without end."""
        self._refuse("a <!DOCTYPE> is not taken over", "leave it out; the drawing needs none")
        raise Problems(self._problems)

    def endDTD(self) -> None:  # noqa: N802
        """Nothing."""

    def comment(self, text: str) -> None:
        """Comments stay in the file."""

    startCDATA = endCDATA = endDTD  # noqa: N815

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        """Keep an element that draws, with the attributes that draw."""
        if not self._open and name != "svg":
            self._refuse(f"the file begins with <{name}>, not with <svg>", "save the drawing as plain SVG")
        elif name not in _ELEMENTS:
            self._refuse(f"<{name}> is not taken into a page", f"allowed: {', '.join(sorted(_ELEMENTS))}")
        kept = {key: self._attribute(key, attrs.getValue(key)) for key in attrs.getNames() if self._may(key)}
        if not self._open:
            kept = self._outermost(kept)
        if len(self._open) == 1 and name in self._words:
            kept = {"id": f"{self._prefix}-{name}"}
        self._open.append(name)
        self._write.startElement(name, AttributesImpl(kept))

    def endElement(self, name: str) -> None:  # noqa: N802
        """Close an element."""
        self._open.pop()
        self._write.endElement(name)

    def characters(self, content: str) -> None:
        """Words, escaped by the writer."""
        if len(self._open) == 2 and self._open[1] in self._words:
            self._words[self._open[1]] += content
        self._write.characters(content)

    # ---- attributes

    def _may(self, key: str) -> bool:
        if key in _ATTRIBUTES or key.startswith(("xmlns:", "data-")):
            return key in _ATTRIBUTES
        self._refuse(f"the attribute {key} is not taken into a page", "leave it out")
        return False

    def _attribute(self, key: str, value: str) -> str:
        if key == "xmlns":
            return value
        if _REACHES_OUT.search(value) or (key == "href" and not value.startswith("#")):
            self._refuse(
                f'{key}="{value[:60]}" reaches out of the file', "draw it here; only #id may be named"
            )
            return ""
        if key in _COLOURED:
            self._colour(key, value)
        if key == "style":
            self._style(value)
        if key == "id":
            self._ids.add(value)
            return f"{self._prefix}-{value}"
        if key in {"href", "aria-labelledby"} or "url(" in value:
            return _LOCAL.sub(self._renamed, value)
        return value

    def _renamed(self, found: re.Match[str]) -> str:
        self._named.append((found[1], self._line))
        return f"#{self._prefix}-{found[1]}"

    def _style(self, value: str) -> None:
        for part in filter(str.strip, value.split(";")):
            key, _, given = part.partition(":")
            if key.strip() in _COLOURED:
                self._colour(key.strip(), given.strip())

    def _colour(self, key: str, value: str) -> None:
        if not _COLOUR.fullmatch(value.strip()):
            hint = (
                "write currentColor, or a colour of the site: var(--outage-calm), var(--pst-color-text-muted)"
            )
            self._refuse(f'{key}="{value}" is unreadable in one of the two themes', hint)

    def _outermost(self, kept: dict[str, str]) -> dict[str, str]:
        """Set what the page needs of the drawing: its frame, that it is a picture, and its name."""
        frame = _FRAME.fullmatch(kept.get("viewBox", ""))
        if frame is None:
            self._refuse(
                "the drawing has no viewBox", 'write viewBox="0 0 WIDTH HEIGHT", and it fits a phone'
            )
        return {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": kept.get("viewBox", ""),
            "style": f"max-width: {frame['width'] if frame else 0}px",
            "class": "outage-svg",
            "role": "img",
            "aria-labelledby": f"{self._prefix}-title {self._prefix}-desc",
            **{key: kept[key] for key in ("font-size", "fill", "stroke", "stroke-width") if key in kept},
        }

    # ---- refusals

    @property
    def _line(self) -> int:
        return int(self._locator.getLineNumber() or 1)  # type: ignore[attr-defined]

    def _refuse(self, reason: str, hint: str) -> None:
        self._problems.append(Refused(reason, file=self._shown, line=self._line, hint=hint))
