"""Sources at the foot of a page: one line a work, which ends in how we know it.

sphinxcontrib-bibtex numbers and links them; here is how an entry of ``bibliography.bib`` reads, and which
pages are read again when one changes. It would read every page again that has any source.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from docutils import nodes
from pybtex.plugin import register_plugin
from pybtex.style import FormattedEntry
from pybtex.style.formatting import BaseStyle
from pybtex.style.template import field, first_of, href, join, names, optional, optional_field, sentence
from sphinx.util import logging
from sphinxcontrib.bibtex.foot_domain import BibtexFootDomain
from sphinxcontrib.bibtex.foot_roles import FootCiteRole

if TYPE_CHECKING:
    from pybtex.database import Entry
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment
    from sphinxcontrib.bibtex.bibfile import BibData

logger = logging.getLogger(__name__)

_ANYONE = first_of[
    optional[names("author", sep=", ", sep2=" and ", last_sep=" and ")],
    optional_field("organization"),
    optional[names("editor", sep=", ", sep2=" and ", last_sep=" and ")],
]
_TITLE = first_of[optional[href(field("url", raw=True))[field("title")]], optional_field("title")]
_PLACES = ("chapter", "journal", "booktitle", "publisher", "institution", "howpublished", "edition", "year")
_ENTRY = join(sep=" ")[
    optional[sentence[_ANYONE]],
    sentence[[_TITLE, *(optional_field(place) for place in _PLACES)]],
    optional[sentence[join["How we know it: ", field("note")]]],
]


class HandbookStyle(BaseStyle):  # type: ignore[misc]
    """The author; its linked title, where and when it appeared; how we know it: one form for all."""

    default_name_style = "plain"
    default_label_style = "number"
    default_sorting_style = "author_year_title"

    def format_entry(self, label: str, entry: Entry, bib_data: Any = None) -> FormattedEntry:
        """Format one entry."""
        text = _ENTRY.format_data({"entry": entry, "style": self, "bib_data": bib_data})
        return FormattedEntry(entry.key, text, label)


def _without_works(app: Sphinx, config: Config) -> None:
    """Let a handbook without a bibliography build too."""
    if config.bibtex_bibfiles is None:
        config.bibtex_bibfiles = []


class CiteRole(FootCiteRole):
    """``{footcite:p}`key```; it notes which works the page names, those too that are missing."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the number in brackets, linked to the foot of the page."""
        for key in self.text.split(","):
            get_cited(self.env).setdefault(self.env.docname, {})[key.strip()] = _digest(self.env, key.strip())
        return super().run()


def get_cited(env: BuildEnvironment) -> dict[str, dict[str, str]]:
    """Page to the works that it names, each with a digest of its entry."""
    if not hasattr(env, "outage_cited"):
        env.outage_cited = {}  # type: ignore[attr-defined]
    return cast("dict[str, dict[str, str]]", env.outage_cited)  # type: ignore[attr-defined]


def _works(env: BuildEnvironment) -> BibData:
    return cast("BibData", env.domains["cite"].bibdata)  # type: ignore[attr-defined]


def _digest(env: BuildEnvironment, key: str) -> str:
    entry = _works(env).data.entries.get(key)
    return sha256(repr(entry).encode()).hexdigest()[:16]


def _only_what_it_names(app: Sphinx, doctree: nodes.document) -> None:
    """Make the page depend on the entries that it names at its foot, not on the whole file."""
    env = app.env
    files = {Path(env.srcdir) / path for path in _works(env).bibfiles}
    on = env.dependencies[env.docname]
    on -= {path for path in on if Path(env.srcdir) / path in files}
    shown = any("footcite" in str(note["names"]) for note in doctree.findall(nodes.footnote))
    if env.docname in get_cited(env) and not shown:
        logger.warning(
            "it cites and has no {footbibliography}: add one at its end", location=env.docname, type="outage"
        )


def _outdated(app: Sphinx, env: BuildEnvironment, *_: Set[str]) -> Iterable[str]:
    works = {name: was for name, was in get_cited(env).items() if name in env.found_docs}
    return [name for name, was in works.items() if any(_digest(env, key) != d for key, d in was.items())]


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    get_cited(env).pop(docname, None)


def _merge(app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment) -> None:
    get_cited(env).update({name: get_cited(other)[name] for name in docnames if name in get_cited(other)})


def setup(app: Sphinx) -> None:
    """Add the style, and say which pages an edited entry makes outdated."""
    register_plugin("pybtex.style.formatting", "outage", HandbookStyle)
    app.setup_extension("sphinxcontrib.bibtex")
    for name in BibtexFootDomain.roles:
        app.add_role_to_domain("footcite", name, CiteRole(), override=True)
    app.connect("config-inited", _without_works)
    app.connect("doctree-read", _only_what_it_names)
    app.connect("env-get-outdated", _outdated)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
