"""Reviewed means committed: is what would be applied part of the branch that people review?"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from outage.errors import OutageError, Refused
from outage.git import GitFailed, GitMissing, call
from outage.run.lines import ReviewData
from outage.runbook.digest import compute_digest, find_named_files, find_project_modules
from outage.runbook.notebook import parse_notebook

if TYPE_CHECKING:
    from outage.runbook.notebook import Notebook

MOST_COMMITS = 200
_ABSENT = ("does not exist in", "exists on disk, but not in", "valid object name")
_NO_BRANCH = "Needed a single revision"


@dataclass(frozen=True)
class WorkingTree:
    """Files of the project as they are on the disk; nothing outside it."""

    root: Path

    def read(self, path: str) -> bytes | None:
        """Return the content of a file, or None."""
        file = self.root / path
        try:
            inside = file.resolve().is_relative_to(self.root.resolve())
            return file.read_bytes() if inside and file.is_file() else None
        except OSError:
            return None

    def below(self, folder: str) -> list[str]:
        """Return paths of all files in a folder, at any depth."""
        return [
            (Path(parent) / name).relative_to(self.root).as_posix()
            for parent, _, names in os.walk(self.root / folder)
            for name in names
        ]


@dataclass(frozen=True)
class CommittedTree:
    """Files of the project as a commit holds them."""

    root: Path
    commit: str

    def read(self, path: str) -> bytes | None:
        """Return the content of a file, or None where the commit has none; GitFailed where git cannot say."""
        name = f"{self.commit}:./{path}"
        try:
            return call(self.root, "cat-file", "blob", name)
        except GitFailed as error:
            if any(words in error.said for words in _ABSENT) or _find_kind(self.root, name) == "tree":
                return None
            raise

    def below(self, folder: str) -> list[str]:
        """Return paths of all files in a folder, at any depth."""
        where = f"{folder.rstrip('/')}/"
        listed = call(self.root, "ls-tree", "-r", "-z", "--name-only", self.commit, "--", where)
        return [name for name in listed.decode("utf-8", "surrogateescape").split("\0") if name]


def _find_kind(root: Path, name: str) -> str:
    return call(root, "cat-file", "-t", name).decode().strip()


def compute_working_digest(root: Path, notebook: Notebook) -> str:
    """Return the digest of a notebook and its modules as they are on the disk."""
    return compute_digest(notebook, WorkingTree(root))


def find_review(
    root: Path, path: Path, notebook: Notebook, digest: str, branch: str, remote: str = "origin"
) -> ReviewData:
    """Return the commit, reachable from ``branch``, that holds exactly what has this digest.

    Args:
        root: the project.
        path: the notebook's file.
        notebook: as read from it.
        digest: of it and its modules, as they are.
        branch: the policy's reviewed branch; here, or as it was last fetched from ``remote``.
        remote: the policy's remote.

    Raises:
        Refused: there is none, or git cannot say; the hint says what to do.
    """
    relative = path.resolve().relative_to(root.resolve()).as_posix()
    tree = WorkingTree(root)
    paths = [relative, *sorted({*find_project_modules(notebook, tree), *find_named_files(notebook, tree)})]
    override = "say why not: --unreviewed 'REASON' (it goes on the record)"
    try:
        heads = _list_heads(root, branch, remote)
        for name, head in heads.items():
            for commit in _list_commits(root, head, paths):
                if _compute_digest_at(root, commit, relative) == digest:
                    return ReviewData(commit=commit, branch=name)
    except GitFailed as error:
        reason = f"git cannot say if this was reviewed: {error.message}"
        remedy = f"{error.hint}; or {override}" if error.hint else override
        raise Refused(reason, file=path, hint=remedy) from None
    if not heads:
        reason = f"there is no branch '{branch}' here, nor {remote}/{branch}"
        fetch = f"git fetch {remote} {branch}:refs/remotes/{remote}/{branch}"
        reason = f"git cannot say if this was reviewed: {reason}"
        raise Refused(reason, file=path, hint=f"get it: {fetch}; or {override}")
    reason = f"this is not what branch '{branch}' holds: it was changed or never committed there"
    raise Refused(reason, file=path, hint=f"commit it and have it reviewed, or {override}")


def _list_heads(root: Path, branch: str, remote: str) -> dict[str, str]:
    """Return the newest commits of the reviewed branch: of the one here, and of the one last fetched.

    A clone of another branch, as CI makes them, has only the second; here, the first may be old.
    """
    found: dict[str, str] = {}
    for name in (branch, f"{remote}/{branch}"):
        try:
            said = call(root, "rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}")
        except GitMissing:
            raise
        except GitFailed as error:
            if _NO_BRANCH not in error.said:
                raise
        else:
            found[name] = said.decode().strip()
    return found


def _list_commits(root: Path, head: str, paths: list[str]) -> list[str]:
    """Return a branch's newest commit, and those before it that touched one of the files, newest first."""
    listed = call(root, "rev-list", f"--max-count={MOST_COMMITS}", head, "--", *paths)
    return [head, *listed.decode().split()]


def _compute_digest_at(root: Path, commit: str, relative: str) -> str | None:
    tree = CommittedTree(root, commit)
    content = tree.read(relative)
    if content is None:
        return None
    try:
        return compute_digest(parse_notebook(content, Path(relative)), tree)
    except GitFailed:
        raise
    except OutageError:
        return None


def list_files_at(root: Path, commit: str, relative: str) -> list[str]:
    """Return the paths of a notebook and of what it imports and names, as a commit has them.

    Empty where git has no such commit or file, or cannot say.
    """
    tree = CommittedTree(root, commit)
    try:
        content = tree.read(relative)
    except GitFailed:
        content = None
    if content is None:
        return []
    notebook = parse_notebook(content, Path(relative))
    return [relative, *sorted({*find_project_modules(notebook, tree), *find_named_files(notebook, tree)})]
