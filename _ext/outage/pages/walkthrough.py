"""``{walkthrough}``: a case, or a closed incident of ours, played event by event.

Without scripts, on paper and in other formats it is the story in order. The script takes the story out of
the page before anyone can see it, and shows one event after the other from data that waits in the page.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from outage.cases.frames import make_frames
from outage.cases.script import load_script
from outage.errors import OutageError
from outage.incident.folders import POLICY
from outage.incident.record import FILE
from outage.pages import folders
from outage.pages.domain import get_domain
from outage.pages.render import render
from outage.pages.site import get_policy
from outage.pages.walkthrough_data import make_page_data
from outage.render.case.walkthrough import write_walkthrough
from outage.text import one_line

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator


class walkthrough(nodes.General, nodes.Element):  # noqa: N801 - docutils names its nodes in small letters
    """The player, with its data; its children are the story."""


class WalkthroughDirective(SphinxDirective):
    """Plays the case in whose folder it stands, or what its argument names: ``incidents/<id>``."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the player; below it, for readers without scripts, the story."""
        root = Path(self.env.srcdir)
        own = Path(self.env.doc2path(self.env.docname)).parent.relative_to(root)
        name = self.arguments[0].strip("/") if self.arguments else str(own)
        site = get_policy(self.config)
        try:
            script = load_script(root, name)
            told = list(make_frames(script))
            text, data = write_walkthrough(script, told, site), make_page_data(script, told)
        except OutageError as error:
            raise self.error(one_line(str(error))) from None
        self._depend(root / name)
        for clause in _clauses(data):
            get_domain(self.env).note_used("when", clause)
        self._keep_files(data, name)
        return [walkthrough("", *self.parse_text_to_nodes(text), data=data)]

    def _depend(self, folder: Path) -> None:
        folders.note_folder(self.env, "case")
        for path in (folder / FILE, folder / POLICY):
            if path.is_file():
                self.env.note_dependency(str(path))

    def _keep_files(self, data: dict[str, Any], name: str) -> None:
        """Copy recordings that are files into the site."""
        for recording in (one for frame in data["frames"] for one in frame["recordings"]):
            file, _, offset = recording["url"].partition("#")
            if "//" not in file:
                kept = self.env.dlfiles.add_file(self.env.docname, f"{name}/{file}")
                recording["file"], recording["url"] = kept, f"#{offset}"


def _clauses(data: dict[str, Any]) -> list[str]:
    return [leads["clause"] for leads in _leads(data) if "clause" in leads]


def _leads(data: dict[str, Any]) -> list[dict[str, str]]:
    """Everything in the data that is to become a link."""
    found = []
    for frame in data["frames"]:
        found += [task["leads"] for task in frame["due"]]
        found += [one["leads"] for one in (frame["decision"] or {"speaks": []})["speaks"]]
    return found


# ---------------------------------------------------------------- HTML


def _visit(self: HTML5Translator, node: walkthrough) -> None:
    """Resolve what leads somewhere: only now is it known where pages and clauses are."""
    page = self.builder.current_docname
    for leads in _leads(node["data"]):
        leads.update(_link(self, page, leads))
    for recording in (one for frame in node["data"]["frames"] for one in frame["recordings"]):
        if "file" in recording:
            recording["url"] = f"{self.builder.dlpath}/{recording.pop('file')}{recording['url']}"
    self.body.append(render("walkthrough-head.html.jinja", data=node["data"]))


def _link(self: HTML5Translator, page: str, leads: dict[str, str]) -> dict[str, str]:
    """Return the words and address of a link; no address where the page or clause is not on this site."""
    env = self.builder.env
    if clause := leads.get("clause"):
        anchor = get_domain(env).anchors.get(get_policy(self.config).canonical(clause))
        url = f"{self.builder.get_relative_uri(page, anchor.docname)}#{anchor.id}" if anchor else ""
        return {"words": clause, "url": url}
    name, hash_, fragment = leads["page"].partition("#")
    if name not in env.titles:
        return {"words": name, "url": ""}
    return {
        "words": env.titles[name].astext(),
        "url": f"{self.builder.get_relative_uri(page, name)}{hash_}{fragment}",
    }


def _depart(self: HTML5Translator, node: walkthrough) -> None:
    self.body.append(render("walkthrough-foot.html.jinja"))


def _plainly(self: Any, node: nodes.Node) -> None:
    """Elsewhere than on a web page it is the story and nothing else."""


def _scripts(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Add the player to the pages that have one, at once: it must be there before the story is seen."""
    if doctree is not None and next(doctree.findall(walkthrough), None) is not None:
        app.add_js_file("walkthrough-parts.js")
        app.add_js_file("walkthrough.js")
        app.add_css_file("walkthrough.css")


def setup(app: Sphinx) -> None:
    """Add the directive and its node."""
    plain = (_plainly, _plainly)
    app.add_node(walkthrough, html=(_visit, _depart), latex=plain, text=plain, man=plain, texinfo=plain)
    app.add_directive_to_domain("outage", "walkthrough", WalkthroughDirective)
    app.connect("html-page-context", _scripts)
