"""The domain: what each page shows of the policy, and where each clause can be read.

A page that shows a changed value is read again, and no other: the domain keeps a digest of every
text that a page was given, and before a build asks for each text once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from docutils import nodes
from sphinx.domains import Domain, ObjType
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

from outage.errors import OutageError
from outage.glossary import FILE as GLOSSARY_FILE
from outage.pages.site import get_policy
from outage.render import show
from outage.source import nearest

if TYPE_CHECKING:
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

    from outage.policy import Policy

RUNBOOKS = "runbooks/"
"""Where the pages of runbooks are."""

GLOSSARY = GLOSSARY_FILE.removesuffix(".md")
"""The page of the glossary."""

logger = logging.getLogger(__name__)


class Asked(NamedTuple):
    """What a page asked the policy for: a kind of text (a role, a view, ``when``) and its argument."""

    kind: str
    argument: str


class Anchor(NamedTuple):
    """Where a clause can be read."""

    docname: str
    id: str


class OutageDomain(Domain):
    """Roles and directives that quote the policy; its objects are the policy's clauses."""

    name = "outage"
    label = "Outage handbook"
    object_types: ClassVar[dict[str, ObjType]] = {"clause": ObjType("clause", "clause", "policy")}
    initial_data: ClassVar[dict[str, Any]] = {"used": {}, "anchors": {}}
    data_version = 1

    @property
    def used(self) -> dict[str, dict[Asked, str]]:
        """Page to what it asked for, and the digest of what it got."""
        return self.data["used"]  # type: ignore[no-any-return]

    @property
    def anchors(self) -> dict[str, Anchor]:
        """Clause address to the place where it can be read."""
        return self.data["anchors"]  # type: ignore[no-any-return]

    def note_used(self, kind: str, argument: str) -> None:
        """Note that the page being read shows this text."""
        asked = Asked(kind, argument)
        self.used.setdefault(self.env.docname, {})[asked] = compute_digest(get_policy(self.env.config), asked)

    def note_anchor(self, address: str, node_id: str, location: Any) -> None:
        """Note that the page being read holds this clause; a second page that does is warned about."""
        other = self.anchors.get(address)
        if other and other.docname != self.env.docname:
            where = self.env.doc2path(other.docname)
            logger.warning("clause %s stands in %s already", address, where, location=location, type="outage")
        self.anchors[address] = Anchor(self.env.docname, node_id)

    def outdated(self, policy: Policy) -> set[str]:
        """Pages that would show another text now."""
        now = {
            asked: compute_digest(policy, asked) for asked in {a for page in self.used.values() for a in page}
        }
        return {page for page, asked in self.used.items() if any(now[a] != was for a, was in asked.items())}

    def clear_doc(self, docname: str) -> None:
        """Forget a page that is about to be read again, or is gone."""
        self.used.pop(docname, None)
        for address in [a for a, anchor in self.anchors.items() if anchor.docname == docname]:
            del self.anchors[address]

    def merge_domaindata(self, docnames: Set[str], otherdata: dict[str, Any]) -> None:
        """Take over what another process noted about the pages that it read."""
        self.used.update({page: asked for page, asked in otherdata["used"].items() if page in docnames})
        self.anchors.update(
            {a: anchor for a, anchor in otherdata["anchors"].items() if anchor.docname in docnames}
        )

    def resolve_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        typ: str,
        target: str,
        node: pending_xref,
        contnode: nodes.Element,
    ) -> nodes.reference | None:
        """Resolve a link to a clause, a term, a runbook's page or a role's page; None makes Sphinx warn."""
        if typ == "runbook":
            return self._runbook(env, fromdocname, builder, target, node)
        if typ == "term":
            return make_refnode(builder, fromdocname, GLOSSARY, target, contnode)
        page = f"process/roles/{target.removeprefix('roles.')}"
        if typ == "role" and page in env.found_docs:  # what the role does, not the line that names it
            return make_refnode(builder, fromdocname, page, "", contnode)
        anchor = self.anchors.get(target)
        if anchor is None:
            return None
        return make_refnode(builder, fromdocname, anchor.docname, anchor.id, contnode)

    def _runbook(
        self, env: BuildEnvironment, fromdocname: str, builder: Builder, target: str, node: pending_xref
    ) -> nodes.reference | None:
        docname = f"{RUNBOOKS}{target}"
        if docname not in env.titles:
            return None
        title = node.astext() if node["refexplicit"] else env.titles[docname].astext()
        words = nodes.inline(title, title, classes=["outage-runbook"])
        return make_refnode(builder, fromdocname, docname, "", words)

    def resolve_any_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        target: str,
        node: pending_xref,
        contnode: nodes.Element,
    ) -> list[tuple[str, nodes.reference]]:
        """As :meth:`resolve_xref`, for ``[words](#address)``."""
        contnode["classes"].append("outage-value")
        found = self.resolve_xref(env, fromdocname, builder, "clause", target, node, contnode)
        return [("outage:clause", found)] if found is not None else []

    def get_objects(self) -> Iterator[tuple[str, str, str, str, str, int]]:
        """Return the clauses, for the inventory; the search finds the policy page itself."""
        for address, anchor in sorted(self.anchors.items()):
            yield address, address, "clause", anchor.docname, anchor.id, -1


def get_domain(env: BuildEnvironment) -> OutageDomain:
    """Return the domain of a build environment."""
    domain = env.domains["outage"]
    assert isinstance(domain, OutageDomain)
    return domain


def compute_digest(policy: Policy, asked: Asked) -> str:
    """Compute a short digest of what the policy answers; a refusal is an answer too."""
    try:
        text = show(policy, asked.kind, asked.argument)
    except OutageError as error:
        text = f"refused: {error}"
    return sha256(text.encode()).hexdigest()[:16]


def _outdated(app: Sphinx, env: BuildEnvironment, *_: Set[str]) -> Iterable[str]:
    return get_domain(env).outdated(get_policy(app.config)) & env.found_docs


def _missing(app: Sphinx, domain: Domain, node: pending_xref) -> bool | None:
    """Warn that a runbook is missing, and name the nearest that isn't."""
    if node["refdomain"] != OutageDomain.name or node["reftype"] != "runbook":
        return None
    pages = sorted(name for name in domain.env.found_docs if name.startswith(RUNBOOKS))
    hint = nearest(node["reftarget"], [name.removeprefix(RUNBOOKS) for name in pages]) or "none is here yet"
    logger.warning("there is no runbook '%s': %s", node["reftarget"], hint, location=node, type="outage")
    return True


def setup(app: Sphinx) -> None:
    """Add the domain."""
    app.add_domain(OutageDomain)
    app.connect("warn-missing-reference", _missing)
    app.connect("env-get-outdated", _outdated)
