"""Files that were meant to be read and are not: in a sub-folder, or with another ending or other letters.

Each kind of file has one place and one spelling, so that a name leads to one file. What looks like one and
is elsewhere is named, by ``outage check`` and by whatever lists or looks for its kind.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from outage.errors import Refused
from outage.text import one_line

_LEFT_OUT = ("runs", "node_modules")
"""Folders that hold copies; those whose names begin with a dot or an underscore are left out too."""


@dataclass(frozen=True)
class Kind:
    """One kind of file that is found by its place.

    Attributes:
        folder: where to look, from the handbook's root.
        read: the paths, from ``folder``, that are read.
        alike: the name of a file that was meant to be one.
        place: where such a file belongs, from ``folder``; ``{stem}`` is its name, ``{parent}`` its folder's.
        deep: whether sub-folders are looked through.
    """

    folder: str
    read: re.Pattern[str]
    alike: re.Pattern[str]
    place: str
    deep: bool = True


def _kind(folder: str, read: str, alike: str, place: str, *, deep: bool = True) -> Kind:
    return Kind(folder, re.compile(read), re.compile(alike, re.IGNORECASE), place, deep)


KINDS: dict[str, tuple[Kind, ...]] = {
    "policy": (_kind(".", r"handbook\.yml", r"handbook\.ya?ml", "handbook.yml", deep=False),),
    "runbook": (_kind("runbooks", r"[a-z0-9]+(-[a-z0-9]+)*\.ipynb", r".*\.ipynb", "{stem}.ipynb"),),
    "playbook": (_kind("playbooks", r"[^/]+\.yml", r".*\.ya?ml", "{stem}.yml"),),
    "case": (
        _kind("case-studies", r"[^/]+/record\.yml", r"record\.ya?ml", "{parent}/record.yml"),
        _kind("case-studies", r"sessions\.yml", r"sessions\.ya?ml", "sessions.yml", deep=False),
        _kind("case-studies", r"policy\.yml", r"policy\.ya?ml", "policy.yml", deep=False),
    ),
    "incident": (
        _kind("incidents", r"[^/]+/record\.jsonl", r"record\.jsonl", "{parent}/record.jsonl"),
        _kind("incidents", r"[^/]+/policy\.yml", r"policy\.ya?ml", "{parent}/policy.yml"),
    ),
}


@dataclass(frozen=True)
class Unread:
    """A file that nobody reads.

    Attributes:
        what: its kind: a key of :data:`KINDS`.
        path: from the handbook's root.
        place: where it belongs, from the root.
        taken: whether another file is there.
    """

    what: str
    path: Path
    place: Path
    taken: bool

    @property
    def hint(self) -> str:
        """What to type."""
        if self.taken:
            return f"{_shown(self.place)} is read instead: keep one of the two"
        old, new = self.path, self.place
        if old.name == new.name and old.parent.name == new.parent.name:  # all of its folder belongs there
            old, new = old.parent, new.parent
        return one_line(shlex.join(["mv", old.as_posix(), new.as_posix()]))

    def refuse(self) -> Refused:
        """Make a refusal that says the same."""
        reason = f"this {self.what} is not read: its place is {_shown(self.place)}"
        return Refused(reason, file=self.path, hint=self.hint)


def find_unread(root: Path, what: str | None = None) -> list[Unread]:
    """Return the files of one kind, or of every kind, that were meant to be read and are not.

    Args:
        root: the handbook's folder.
        what: a key of :data:`KINDS`; None for all of them.
    """
    kinds = KINDS if what is None else {what: KINDS[what]}
    return [found for name, group in kinds.items() for kind in group for found in _of(root, name, kind)]


def hint_for(root: Path, what: str, name: str) -> str | None:
    """Return what to do about the file that a name was meant for, if there is one that is not read."""
    wanted = name.rpartition("/")[2].partition(".")[0].casefold()
    for found in find_unread(root, what):
        if wanted in {found.path.stem.casefold(), found.path.parent.name.casefold()}:
            return f"{_shown(found.path)} is not read: {found.hint}"
    return None


def notes(root: Path, what: str) -> Iterator[str]:
    """Yield a line for each file of a kind that is not read, for what lists those that are."""
    for found in find_unread(root, what):
        yield f"{_shown(found.path)} is not read: {found.hint}"


def _of(root: Path, what: str, kind: Kind) -> Iterator[Unread]:
    base = root / kind.folder
    for path in _files(base, deep=kind.deep):
        inside = path.relative_to(base).as_posix()
        if not kind.alike.fullmatch(path.name) or kind.read.fullmatch(inside):
            continue
        stem = "-".join(re.findall(r"[a-z0-9]+", path.stem.lower())) or "name"
        place = base / kind.place.format(stem=stem, parent=PurePosixPath(inside).parent.name or "NAME")
        taken = place.exists()
        if not taken or not place.samefile(path):  # where case does not matter, it is the same file
            yield Unread(what, path.relative_to(root), place.relative_to(root), taken)


def _files(base: Path, *, deep: bool) -> Iterator[Path]:
    """Return the files in a folder and below it, in the order of their names."""
    for folder, inner, names in os.walk(base):
        inner[:] = sorted(name for name in inner if deep and _is_looked_into(name))
        yield from (Path(folder, name) for name in sorted(names))


def _is_looked_into(name: str) -> bool:
    return not name.startswith((".", "_")) and name not in _LEFT_OUT


def _shown(path: Path) -> str:
    return one_line(path.as_posix())
