"""``{incident}``, the page of an incident; ``{timeline}``, its drawing; ``{incidents}``, the list of all.

A page is read again exactly when its record, its policy copy or its runs changed, or when a run's
process went away (:mod:`outage.pages.folders`).
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from outage.errors import OutageError
from outage.incident.folders import PAGE, explain_left_out
from outage.incident.record import FILE
from outage.incident.record.store import is_plain
from outage.pages import folders
from outage.pages.render import render
from outage.playbook import find_playbooks
from outage.render.incident.drawing import NARROW, WIDE, describe, draw, list_signs
from outage.render.incident.listing import write_incident_list
from outage.render.incident.page import write_no_page, write_page
from outage.render.incident.snapshot import POLICY_COPY, RUNS, Snapshot, load_snapshot
from outage.run.journal import FILE as JOURNAL
from outage.text import one_line

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)


class timeline(nodes.General, nodes.Element):  # noqa: N801 - docutils names its nodes in small letters
    """An incident's drawing: its numbers, in one frame after the other."""


class stale(nodes.General, nodes.Element):  # noqa: N801
    """What a script shows when the page was built long ago; without the script nobody sees it."""


class IncidentDirective(SphinxDirective):
    """The whole page, title and sections, of the incident in whose folder it stands."""

    def run(self) -> list[nodes.Node]:
        """Return the page's text, parsed in place."""
        folder = _folder(self.env)
        folders.note_folder(self.env, "incident")
        if why := explain_left_out(folder):
            return self.parse_text_to_nodes(write_no_page(folder.name, why), allow_section_headings=True)
        try:
            snapshot = load_snapshot(folder, _now())
            text = write_page(snapshot)
        except OutageError as error:
            raise self.error(one_line(str(error))) from None
        self.env.current_document["outage_case"] = snapshot
        for problem in [*snapshot.incident.problems, *([snapshot.trouble] if snapshot.trouble else [])]:
            # Told, and no warning: a torn line must not keep the site from being published.
            logger.info("%s", one_line(str(problem)), location=self.get_location())
        return self.parse_text_to_nodes(text, allow_section_headings=True)


class TimelineDirective(SphinxDirective):
    """The drawing of the incident in whose folder it stands."""

    def run(self) -> list[nodes.Node]:
        """Return the drawing, in a frame for a desk and one for a phone."""
        snapshot = self.env.current_document.get("outage_case")
        if not isinstance(snapshot, Snapshot):
            raise self.error("a timeline stands in the page of an incident")
        found = [one for one in (draw(snapshot, WIDE), draw(snapshot, NARROW)) if one]
        return (
            [timeline(drawings=found, legend=list_signs(snapshot), description=describe(snapshot))]
            if found
            else []
        )


class StaleDirective(SphinxDirective):
    """The note that this page is old."""

    def run(self) -> list[nodes.Node]:
        """Return the note, not shown yet."""
        return [stale()]


class IncidentsDirective(SphinxDirective):
    """The list of incidents, those that are open first."""

    def run(self) -> list[nodes.Node]:
        """Return the list's text, parsed in place."""
        folders.note_folder(self.env, "incidents")
        return self.parse_text_to_nodes(write_incident_list(_folder(self.env)))


def _folder(env: BuildEnvironment) -> Path:
    """Return the folder of the page being read."""
    return Path(env.doc2path(env.docname)).parent


def _files(folder: Path) -> list[Path]:
    """All that an incident's page is made from."""
    journals = sorted((folder / RUNS).glob(f"*/{JOURNAL}"))
    return [folder / FILE, folder / POLICY_COPY, *journals, *_playbooks(folder)]


def _playbooks(folder: Path) -> list[Path]:
    """Return the handbook's playbooks, where the record speaks of any."""
    record = folder / FILE
    spoken = is_plain(record) and b'"playbook"' in record.read_bytes()
    return find_playbooks(folder.parent.parent) if spoken else []


def _all_files(folder: Path) -> list[Path]:
    """All that the list of incidents is made from."""
    return [one / name for one in sorted(folder.glob("*/")) for name in (FILE, POLICY_COPY, PAGE)]


def _now() -> datetime:
    """Return the moment of this build; reproducible builds set it."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(int(fixed), UTC) if fixed else datetime.now(UTC)


# ---------------------------------------------------------------- HTML


def _visit_timeline(self: HTML5Translator, node: timeline) -> None:
    self.body.append(
        render("timeline.html.jinja", **{key: node[key] for key in ("drawings", "legend", "description")})
    )
    raise nodes.SkipNode


def _visit_stale(self: HTML5Translator, node: stale) -> None:
    self.body.append(render("stale.html.jinja"))
    raise nodes.SkipNode


def _skip(self: Any, node: nodes.Node) -> None:
    raise nodes.SkipNode


def _scripts(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Style and script for the pages that need them, and no others."""
    if pagename in folders.get_noted(app.env):
        app.add_css_file("timeline.css")
        app.add_css_file("incident.css")
        app.add_js_file("incident.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    """Add the directives, their nodes, and what makes their pages read again."""
    skipped = (_skip, None)
    for node, visit in ((timeline, _visit_timeline), (stale, _visit_stale)):
        app.add_node(node, html=(visit, None), latex=skipped, text=skipped, man=skipped, texinfo=skipped)
    app.add_directive_to_domain("outage", "incident", IncidentDirective)
    app.add_directive_to_domain("outage", "timeline", TimelineDirective)
    app.add_directive_to_domain("outage", "stale", StaleDirective)
    app.add_directive_to_domain("outage", "incidents", IncidentsDirective)
    folders.set_dependency("incident", _files)
    folders.set_dependency("incidents", _all_files, write_incident_list)
    app.connect("html-page-context", _scripts)
