"""Pages whose source is gone: taken out of the site, with their pictures, downloads and what Sphinx kept.

A build that only reads what changed must end as one from nothing does, or a page that someone deleted stays
published. Links are resolved when a page is written, so every page is written again when one is gone: each
sidebar without it, and a warning for each link that leads nowhere now.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from sphinx.addnodes import pending_xref
from sphinx.builders.html import INVENTORY_FILENAME, StandaloneHTMLBuilder
from sphinx.util import docname_join
from sphinx.util.inventory import InventoryFile

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

_BEFORE: WeakKeyDictionary[Sphinx, tuple[set[str], set[Path]]] = WeakKeyDictionary()
"""The pages, and the files beside them, that an earlier build left in the site."""


def _outdated(
    app: Sphinx, env: BuildEnvironment, added: Set[str], changed: Set[str], removed: Set[str]
) -> Iterable[str]:
    """Keep what there was; read again the pages that name one that is gone."""
    _BEFORE[app] = ({*removed, *_published(app)}, _files(app, env))
    return [page for page in env.all_docs if removed and page not in removed and _named(env, page) & removed]


def _named(env: BuildEnvironment, page: str) -> set[str]:
    """Return the pages that a page lists or links to."""
    with suppress(OSError):  # a page that Sphinx kept nothing of is read anyway
        links = [str(link["reftarget"]) for link in env.get_doctree(page).findall(pending_xref)]
        return {*env.toctree_includes.get(page, ()), *links, *(docname_join(page, link) for link in links)}
    return set()


def _updated(app: Sphinx, env: BuildEnvironment) -> Iterable[str]:
    """Write every page again when one is gone."""
    return sorted(env.found_docs) if _gone(app, env) else []


def _gone(app: Sphinx, env: BuildEnvironment) -> set[str]:
    return _BEFORE[app][0] - env.found_docs if app in _BEFORE else set()


def _published(app: Sphinx) -> set[str]:
    """Return the pages of the site as an earlier build left it; that build's own notes may be gone."""
    if not isinstance(app.builder, StandaloneHTMLBuilder):
        return set()
    with suppress(OSError, ValueError):
        inventory = InventoryFile.loads((app.outdir / INVENTORY_FILENAME).read_bytes(), uri="")
        return set(inventory.data.get("std:doc", {}))
    return set()


def _files(app: Sphinx, env: BuildEnvironment) -> set[Path]:
    """Where pictures and downloads of pages are in the site."""
    pictures = {app.outdir / "_images" / name for _, name in env.images.values()}
    return pictures | {app.outdir / "_downloads" / name for _, name in env.dlfiles.values()}


def _prune(app: Sphinx, error: Exception | None) -> None:
    """Take out what belongs to no page any more, once the site stands."""
    if error is not None or app not in _BEFORE:
        return
    stale = _BEFORE[app][1] - _files(app, app.env)
    for page in _gone(app, app.env):
        stale.add(app.doctreedir / f"{page}.doctree")
        if isinstance(app.builder, StandaloneHTMLBuilder):
            stale.add(Path(app.builder.get_outfilename(page)))
            stale |= {app.outdir / "_sources" / f"{page}{ending}" for ending in _source_endings(app)}
    for path in stale:
        _remove(path, (app.outdir, app.doctreedir))


def _source_endings(app: Sphinx) -> Iterable[str]:
    """How the copy of a page's source may end."""
    return (f"{suffix}{text}" for suffix in app.config.source_suffix for text in ("", ".txt"))


def _remove(path: Path, roots: tuple[Path, ...]) -> None:
    """Remove a file, and the folders that are empty without it."""
    within = [root for root in map(Path, roots) if path.resolve().is_relative_to(root.resolve())]
    if not within:
        return
    path.unlink(missing_ok=True)
    with suppress(OSError):  # a folder that still holds something, or is gone
        for folder in path.parents:
            if folder in within:
                break
            folder.rmdir()


def setup(app: Sphinx) -> None:
    """Note what there is, write what changes by it, and take out the rest."""
    app.connect("env-get-outdated", _outdated)
    app.connect("env-updated", _updated)
    app.connect("build-finished", _prune)
