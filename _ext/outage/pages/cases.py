"""``{case-facts}`` and its like: the page of a case; ``{cases}``, the catalogue; ``{sessions}``, those held.

A page is read again exactly when the record, its policy or the bibliography changed, or when a clause that
it names came into this site's policy or left it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from outage.cases import load_case_study
from outage.cases.bibliography import FILE as BIBLIOGRAPHY
from outage.cases.load import FOLDER, RECORD, SAMPLE
from outage.cases.sessions import FILE as SESSIONS
from outage.cases.sessions import load_sessions
from outage.errors import OutageError
from outage.incident.record import FILE
from outage.pages import folders
from outage.pages.domain import get_domain
from outage.pages.site import get_policy
from outage.render.case.page import VIEWS, list_clauses, write_cases_list, write_sessions_list
from outage.text import one_line

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class CaseDirective(SphinxDirective):
    """Shows the view of its own name, of the case in whose folder it stands."""

    def run(self) -> list[nodes.Node]:
        """Return the view's text, parsed where the directive stands."""
        folders.note_folder(self.env, "case")
        folder = Path(self.env.doc2path(self.env.docname)).parent
        view = VIEWS[self.name.removeprefix("outage:")]
        site = get_policy(self.config)
        try:
            study = load_case_study(folder, Path(self.env.srcdir))
            text = view(study, site)
        except OutageError as error:
            raise self.error(one_line(str(error))) from None
        for clause in list_clauses(study):
            get_domain(self.env).note_used("when", clause)
        return self.parse_text_to_nodes(text, allow_section_headings=True)


class ListDirective(SphinxDirective):
    """Shows a list that is made from the whole folder of cases."""

    def run(self) -> list[nodes.Node]:
        """Return the list's text, parsed in place."""
        folders.note_folder(self.env, "cases")
        try:
            text = LISTS[self.name.removeprefix("outage:")](Path(self.env.srcdir))
        except OutageError as error:
            raise self.error(one_line(str(error))) from None
        return self.parse_text_to_nodes(text)


LISTS: dict[str, Callable[[Path], str]] = {
    "cases": write_cases_list,
    "sessions": lambda root: write_sessions_list(load_sessions(root), root),
}


def case_files(folder: Path) -> list[Path]:
    """All that the page of a case is made from."""
    own = [folder / RECORD, folder / FILE, folder / SAMPLE, folder / "walkthrough.md"]
    return [*own, folder.parent / SAMPLE, folder.parent.parent / BIBLIOGRAPHY]


def _all_files(folder: Path) -> list[Path]:
    """All that the lists are made from."""
    cases = [path for one in sorted(folder.glob("*/")) for path in case_files(one)[:4]]
    return [folder / SESSIONS, folder / SAMPLE, folder.parent / BIBLIOGRAPHY, *cases]


def _style(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Style for the pages that need it, and no others."""
    if pagename.startswith(f"{FOLDER}/"):
        app.add_css_file("cases.css")


def setup(app: Sphinx) -> None:
    """Add the directives, and what makes their pages read again."""
    for name in VIEWS:
        app.add_directive_to_domain("outage", name, CaseDirective)
    for name in LISTS:
        app.add_directive_to_domain("outage", name, ListDirective)
    folders.set_dependency("case", case_files)
    folders.set_dependency("cases", _all_files)
    app.connect("html-page-context", _style)
