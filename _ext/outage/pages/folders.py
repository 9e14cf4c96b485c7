"""Pages that are made from the files of a folder, and read again exactly when those change.

The environment keeps, for each such page, a digest of its files and one of what it made of them.
Before a build, files that are as they were cost a glance; where they differ, the text decides.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from outage.run.journal import FILE as JOURNAL
from outage.run.journal import is_alive

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


@dataclass(frozen=True)
class Kind:
    """What a kind of page is made from.

    Attributes:
        files: those of a folder, in a fixed order; some may be missing.
        text: what is made of them, if that is cheap; else any change of the files counts.
    """

    files: Callable[[Path], Iterable[Path]]
    text: Callable[[Path], str] | None


class Noted(NamedTuple):
    """What a page was made from when it was read: the kind, and the two digests."""

    kind: str
    files: str
    text: str


KINDS: dict[str, Kind] = {}


def set_dependency(
    name: str, files: Callable[[Path], Iterable[Path]], text: Callable[[Path], str] | None = None
) -> None:
    """Make a kind of page known, for :func:`note_folder`."""
    KINDS[name] = Kind(files, text)


def note_folder(env: BuildEnvironment, kind: str) -> None:
    """Note that the page being read is made from the folder that it is in."""
    folder = Path(env.doc2path(env.docname)).parent
    get_noted(env)[env.docname] = Noted(kind, _files(kind, folder), _text(kind, folder))


def get_noted(env: BuildEnvironment) -> dict[str, Noted]:
    """Page to what it was made from."""
    if not hasattr(env, "outage_folders"):
        env.outage_folders = {}  # type: ignore[attr-defined]
    return cast("dict[str, Noted]", env.outage_folders)  # type: ignore[attr-defined]


def _files(kind: str, folder: Path) -> str:
    """Return a digest of the files, and of which runs are alive: a process that dies writes nothing."""
    found = sha256()
    for path in KINDS[kind].files(folder):
        alive = path.name == JOURNAL and is_alive(path.parent)
        found.update(f"{os.path.relpath(path, folder)} {path.is_file()} {alive}\0".encode())
        found.update(path.read_bytes() if path.is_file() else b"")
    return found.hexdigest()


def _text(kind: str, folder: Path) -> str:
    text = KINDS[kind].text
    return sha256(text(folder).encode()).hexdigest() if text else ""


def _changed(was: Noted, folder: Path) -> bool:
    if _files(was.kind, folder) == was.files:
        return False
    return KINDS[was.kind].text is None or _text(was.kind, folder) != was.text


def _outdated(
    app: Sphinx, env: BuildEnvironment, added: Set[str], changed: Set[str], removed: Set[str]
) -> Iterable[str]:
    here = {name: was for name, was in get_noted(env).items() if name in env.found_docs}
    return [name for name, was in here.items() if _changed(was, Path(env.doc2path(name)).parent)]


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    get_noted(env).pop(docname, None)


def _merge(app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment) -> None:
    get_noted(env).update({name: get_noted(other)[name] for name in docnames if name in get_noted(other)})


def setup(app: Sphinx) -> None:
    """Ask before each build, forget with a page, and merge what processes noted."""
    app.connect("env-get-outdated", _outdated)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
