"""``{glossary}``, and the links to it: where a page first uses a term, the words lead to its entry.

Ordinary text only: no heading, code, link, button or words to say, and none of the steps that are read while
it burns. A page's text is kept, so that an edited glossary makes those pages outdated whose links differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast
from weakref import WeakKeyDictionary

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from outage.glossary import Glossary, Term, check_glossary, read_glossary
from outage.pages.domain import GLOSSARY
from outage.text import one_line

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

logger = logging.getLogger(__name__)

NO_LINKS = (GLOSSARY, "process/now", "process/policy", "library/sources", "incidents/")
"""The glossary itself, the page that is read while it burns, the policy's values, other people's
headings, and the records."""

_NOT_INSIDE = (
    nodes.title, nodes.rubric, nodes.literal, nodes.literal_block, nodes.reference, nodes.target, nodes.raw,
    nodes.footnote, nodes.footnote_reference, nodes.thead, nodes.caption, nodes.math, nodes.math_block,
    nodes.comment, nodes.problematic, nodes.system_message, nodes.label, nodes.term, addnodes.pending_xref,
    addnodes.toctree, addnodes.download_reference,
)  # fmt: skip
_NOT_CALLED = {
    "outage-say", "outage-steps", "outage-next", "outage-tiles", "outage-source", "outage-foot",
    "outage-chip", "outage-value", "sd-card-title", "sd-tab-label", "sd-btn", "cell", "cell_output",
}  # fmt: skip


_BETWEEN = "\0"


class Noted(NamedTuple):
    """What a page says in ordinary text, and the entries to which it leads."""

    text: str
    links: frozenset[str]


class GlossaryDirective(SphinxDirective):
    """The terms, as a list whose entries can be linked to."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return a definition list, and a warning for each problem."""
        if self.env.docname != GLOSSARY:
            raise self.error(f"the glossary is {GLOSSARY}.md, and a handbook has one")
        for problem in check_glossary(Path(self.env.srcdir)):
            said = one_line(f"{problem.message}; {problem.hint}")
            logger.warning("%s", said, location=problem.where, type="outage", subtype="glossary")
        terms = read_glossary(Path(self.env.srcdir)).terms
        entries = [self._entry(term) for term in terms]
        return [nodes.definition_list("", *entries, classes=["outage-glossary"])]

    def _entry(self, term: Term) -> nodes.definition_list_item:
        name = nodes.term("", term.name, ids=[term.id], names=[term.id])
        self.state.document.note_explicit_target(name, name)
        if term.others:
            name += nodes.inline("", f" ({', '.join(term.others)})", classes=["outage-others"])
        said = nodes.definition("", *self.parse_text_to_nodes(term.definition))
        return nodes.definition_list_item("", name, said)


def get_noted(env: BuildEnvironment) -> dict[str, Noted]:
    """Page to what was noted of it."""
    if not hasattr(env, "outage_terms"):
        env.outage_terms = {}  # type: ignore[attr-defined]
    return cast("dict[str, Noted]", env.outage_terms)  # type: ignore[attr-defined]


_GLOSSARIES: WeakKeyDictionary[Sphinx, Glossary] = WeakKeyDictionary()


def _glossary(app: Sphinx) -> Glossary:
    """Return the glossary of this build, read once; without terms where the site has no such page."""
    if app not in _GLOSSARIES:
        here = GLOSSARY in app.env.found_docs
        _GLOSSARIES[app] = read_glossary(Path(app.srcdir)) if here else Glossary(())
    return _GLOSSARIES[app]


def _link(app: Sphinx, doctree: nodes.document) -> None:
    """Make the first use of each term a link, and note the page's text."""
    page = app.env.docname
    if page.startswith(NO_LINKS):
        return
    glossary, seen = _glossary(app), set[str]()
    ordinary = list(_ordinary(doctree))
    for text in ordinary:
        _link_text(text, glossary, seen)
    get_noted(app.env)[page] = Noted(_BETWEEN.join(ordinary), frozenset(seen))


def _ordinary(node: nodes.Element) -> Iterator[nodes.Text]:
    """Return the text below a node that people read as sentences."""
    for child in node.children:
        if isinstance(child, nodes.Text):
            yield child
        elif isinstance(child, nodes.Element) and not _is_apart(child):
            yield from _ordinary(child)


def _is_apart(node: nodes.Element) -> bool:
    return isinstance(node, _NOT_INSIDE) or bool(_NOT_CALLED.intersection(node.get("classes", ())))


def _link_text(text: nodes.Text, glossary: Glossary, seen: set[str]) -> None:
    words, made, end = str(text), list[nodes.Node](), 0
    for start, stop, term in glossary.uses(words):
        if term.id in seen:
            continue
        seen.add(term.id)
        made += [nodes.Text(words[end:start]), _reference(words[start:stop], term)]
        end = stop
    if made:
        cast("nodes.Element", text.parent).replace(text, [*made, nodes.Text(words[end:])])


def _reference(words: str, term: Term) -> addnodes.pending_xref:
    shown = nodes.inline("", words, classes=["outage-term"])
    options = {"refdomain": "outage", "reftype": "term", "reftarget": term.id, "refexplicit": True}
    return addnodes.pending_xref("", shown, refwarn=True, **options)


def _digest(glossary: Glossary) -> str:
    return sha256(repr([(term.id, term.name, term.others) for term in glossary.terms]).encode()).hexdigest()


def _outdated(app: Sphinx, env: BuildEnvironment, *_: Set[str]) -> Iterable[str]:
    """Pages that would lead to other entries now."""
    glossary = _glossary(app)
    now, was = _digest(glossary), getattr(env, "outage_glossary", "")
    env.outage_glossary = now  # type: ignore[attr-defined]
    if now == was:
        return []
    pages = {page: one for page, one in get_noted(env).items() if page in env.found_docs}
    return [page for page, one in pages.items() if _links(one.text, glossary) != one.links]


def _links(text: str, glossary: Glossary) -> frozenset[str]:
    return frozenset(term.id for line in text.split(_BETWEEN) for _, _, term in glossary.uses(line))


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    get_noted(env).pop(docname, None)


def _merge(app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment) -> None:
    get_noted(env).update({name: get_noted(other)[name] for name in docnames if name in get_noted(other)})


def setup(app: Sphinx) -> None:
    """Add the directive, link each page when it has been read, and ask before each build."""
    app.add_directive_to_domain("outage", "glossary", GlossaryDirective)
    app.connect("doctree-read", _link, priority=600)  # after the foot
    app.connect("env-get-outdated", _outdated)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
