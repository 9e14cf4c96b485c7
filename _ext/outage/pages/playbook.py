"""``{playbook}``: the checklist of ``playbooks/<id>.yml``, kept by the reader's own browser.

A page is read again exactly when the playbook says something else for this company: the environment
keeps a digest of what it was given, as the domain does for each value that the texts quote.
A wrong playbook stops the build in words, as a wrong policy does.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Set
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

from docutils import nodes
from markupsafe import Markup
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective

from outage.errors import OutageError
from outage.pages.render import render
from outage.pages.site import get_policy
from outage.playbook import Checklist, find_playbooks, load_playbook, resolve
from outage.playbook.browser import make_page_data
from outage.render.policy.checklist import write_checklist
from outage.source import nearest
from outage.text import terminal

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment
    from sphinx.writers.html5 import HTML5Translator

_CHECKLISTS: WeakKeyDictionary[Config, dict[str, Checklist]] = WeakKeyDictionary()
# Beside the configuration and not in it, as the policy: Sphinx pickles neither.


class playbook_head(nodes.General, nodes.Element):  # noqa: N801 - docutils names its nodes in small letters
    """The controls above a checklist; without scripts, what to do instead."""


class playbook_foot(nodes.General, nodes.Element):  # noqa: N801
    """What is below a checklist: the line that stays in sight, the questions asked, the data."""


class tasks(nodes.bullet_list):  # noqa: N801
    """The steps of a phase; elsewhere than on a web page it is a list like any other."""


class task(nodes.list_item):  # noqa: N801
    """A step: its first child is the order, its second who and when, the others how."""


class PlaybookDirective(SphinxDirective):
    """The checklist of one playbook, named by its id."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return controls, a section for each phase, and what stays in sight."""
        name = self.arguments[0]
        known = _CHECKLISTS[self.config]
        if name not in known:
            raise self.error(f"there is no playbook '{name}': {nearest(name, list(known)) or 'none is here'}")
        if self.env.docname in _noted(self.env):
            raise self.error("a page holds one playbook")
        _noted(self.env)[self.env.docname] = (name, digest(known[name]))
        text = write_checklist(known[name])
        body = self.parse_text_to_nodes(text, allow_section_headings=True)
        return [playbook_head(playbook=name), *body, playbook_foot(playbook=name)]


class TasksDirective(SphinxDirective):
    """The steps of a phase, in a checklist that the core wrote."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the list."""
        return [tasks("", *self.parse_content_to_nodes(), phase=self.arguments[0], bullet="-")]


class TaskDirective(SphinxDirective):
    """One step, in the list of a phase."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the step. Its order becomes the label of a tick box, so it holds no links."""
        children = self.parse_content_to_nodes()
        for link in list(children[0].findall(addnodes.pending_xref)):
            link.replace_self(link.children)
        return [task("", *children, task=self.arguments[0])]


class HeadFirst(SphinxTransform):
    """Puts the controls above the phases: MyST adds sections to the page before what a directive returns."""

    default_priority = 200

    def apply(self, **kwargs: Any) -> None:
        """Move them, on the page that has them."""
        for head in list(self.document.findall(playbook_head)):
            page = head.parent
            page.remove(head)
            at = next((at for at, child in enumerate(page) if isinstance(child, nodes.section)), len(page))
            page.insert(at, head)


# ---------------------------------------------------------------- what must be read again


def digest(found: Checklist) -> str:
    """Of all that a checklist says here; the values it quotes are watched by the domain."""
    return sha256(json.dumps(asdict(found), default=str).encode()).hexdigest()


def _noted(env: BuildEnvironment) -> dict[str, tuple[str, str]]:
    """Page to its playbook, and the digest when it was read."""
    if not hasattr(env, "outage_playbooks"):
        env.outage_playbooks = {}  # type: ignore[attr-defined]
    return cast("dict[str, tuple[str, str]]", env.outage_playbooks)  # type: ignore[attr-defined]


def _outdated(
    app: Sphinx, env: BuildEnvironment, added: Set[str], changed: Set[str], removed: Set[str]
) -> Iterable[str]:
    now = {name: digest(found) for name, found in _CHECKLISTS[app.config].items()}
    return [
        page for page, (name, was) in _noted(env).items() if now.get(name) != was and page in env.found_docs
    ]


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    _noted(env).pop(docname, None)


def _merge(app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment) -> None:
    _noted(env).update({page: was for page, was in _noted(other).items() if page in set(docnames)})


def _read_playbooks(app: Sphinx, config: Config) -> None:
    """Read every playbook once, before anything else; wrong ones stop the build in words."""
    policy, root = get_policy(config), Path(app.srcdir)
    found: dict[str, Checklist] = {}
    problems: list[OutageError] = []
    for path in find_playbooks(root):
        try:
            found[path.stem] = resolve(load_playbook(path, policy, root), policy)
        except OutageError as error:
            problems.append(error)
    if problems:
        sys.stderr.write("".join(f"{terminal(str(problem))}\n" for problem in problems))
        raise SystemExit(max(problem.code for problem in problems))
    _CHECKLISTS[config] = found


# ---------------------------------------------------------------- HTML


def _visit_head(self: HTML5Translator, node: playbook_head) -> None:
    found = _CHECKLISTS[self.config][node["playbook"]]
    policy = get_policy(self.config)
    self.body.append(render("playbook-head.html.jinja", playbook=found, zone=policy.company.timezone))
    raise nodes.SkipNode


def _visit_foot(self: HTML5Translator, node: playbook_foot) -> None:
    found = _CHECKLISTS[self.config][node["playbook"]]
    self.body.append(render("playbook-foot.html.jinja", data=make_page_data(found, get_policy(self.config))))
    raise nodes.SkipNode


def _visit_tasks(self: HTML5Translator, node: tasks) -> None:
    node["start"] = len(self.body)


def _depart_tasks(self: HTML5Translator, node: tasks) -> None:
    steps = Markup("".join(self.body[node["start"] :]))  # what our own templates just wrote
    del self.body[node["start"] :]
    self.body.append(render("playbook-tasks.html.jinja", phase=node["phase"], steps=steps))


def _visit_task(self: HTML5Translator, node: task) -> None:
    """Write the children one by one, and put what was written into the template."""
    written: list[Markup] = []
    for child in node.children:
        start = len(self.body)
        inside = child.children if len(written) < 2 else [child]  # the first two without their paragraphs
        for part in inside:
            part.walkabout(self)
        written.append(Markup("".join(self.body[start:])))  # what the writer itself just wrote
        del self.body[start:]
    order, who, *how = written
    self.body.append(render("playbook-task.html.jinja", id=node["task"], order=order, who=who, how=how))
    raise nodes.SkipNode


def _skip(self: Any, node: nodes.Node) -> None:
    raise nodes.SkipNode


def _as(kind: str) -> dict[str, Any]:
    """Visitors for all that is no web page: those of the node that ours stands for."""

    def visit(self: Any, node: nodes.Node) -> None:
        getattr(self, f"visit_{kind}")(node)

    def depart(self: Any, node: nodes.Node) -> None:
        getattr(self, f"depart_{kind}")(node)

    return dict.fromkeys(("latex", "text", "man", "texinfo"), (visit, depart))


def _scripts(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Style and scripts for the pages that need them, and no others."""
    if pagename in _noted(app.env):
        app.add_css_file("playbook.css")
        app.add_js_file("playbook-clock.js", loading_method="defer")
        app.add_js_file("playbook.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    """Add the directives, their nodes, and what makes their pages read again."""
    skipped = (_skip, None)
    for node, visit in ((playbook_head, _visit_head), (playbook_foot, _visit_foot)):
        app.add_node(node, html=(visit, None), latex=skipped, text=skipped, man=skipped, texinfo=skipped)
    app.add_node(tasks, html=(_visit_tasks, _depart_tasks), **_as("bullet_list"))
    app.add_node(task, html=(_visit_task, None), **_as("list_item"))
    app.add_directive_to_domain("outage", "playbook", PlaybookDirective)
    app.add_directive_to_domain("outage", "tasks", TasksDirective)
    app.add_directive_to_domain("outage", "task", TaskDirective)
    app.add_transform(HeadFirst)
    app.connect("config-inited", _read_playbooks, priority=200)  # after the policy
    app.connect("env-get-outdated", _outdated)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    app.connect("html-page-context", _scripts)
