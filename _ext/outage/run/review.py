"""Reviewed means committed: is what would be applied part of the branch that people review?"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from outage.errors import OutageError, Refused
from outage.run.lines import ReviewData
from outage.runbook.digest import named_files, notebook_digest, project_modules
from outage.runbook.notebook import parse_notebook

if TYPE_CHECKING:
    from outage.runbook.notebook import Notebook

MOST_COMMITS = 200
_GIT_SECONDS = 20


@dataclass(frozen=True)
class WorkingTree:
    """Files of the project as they stand on the disk; nothing outside it."""

    root: Path

    def read(self, path: str) -> bytes | None:
        """The content of a file, or None."""
        file = self.root / path
        try:
            inside = file.resolve().is_relative_to(self.root.resolve())
            return file.read_bytes() if inside and file.is_file() else None
        except OSError:
            return None

    def below(self, folder: str) -> list[str]:
        """Paths of all files in a folder, at any depth."""
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
        """The content of a file, or None."""
        try:
            return _git(self.root, "cat-file", "blob", f"{self.commit}:./{path}")
        except (OSError, subprocess.SubprocessError):
            return None

    def below(self, folder: str) -> list[str]:
        """Paths of all files in a folder, at any depth."""
        where = f"{folder.rstrip('/')}/"
        try:
            listed = _git(self.root, "ls-tree", "-r", "-z", "--name-only", self.commit, "--", where)
        except (OSError, subprocess.SubprocessError):
            return []
        return [name for name in listed.decode("utf-8", "surrogateescape").split("\0") if name]


def working_digest(root: Path, notebook: Notebook) -> str:
    """The digest of a notebook and its modules as they stand on the disk."""
    return notebook_digest(notebook, WorkingTree(root))


def find_review(root: Path, path: Path, notebook: Notebook, digest: str, branch: str) -> ReviewData:
    """The commit, reachable from ``branch``, that holds exactly what has this digest.

    Args:
        root: the project.
        path: the notebook's file.
        notebook: as read from it.
        digest: of it and its modules, as they stand.
        branch: the policy's reviewed branch.

    Raises:
        Refused: there is none, or git cannot say; the hint says what to do.
    """
    relative = path.resolve().relative_to(root.resolve()).as_posix()
    tree = WorkingTree(root)
    others = sorted({*project_modules(notebook, tree), *named_files(notebook, tree)})
    override = "commit it and have it reviewed, or say why not: --unreviewed 'REASON' (it goes on the record)"
    try:
        commits = _commits(root, branch, [relative, *others])
    except (OSError, subprocess.SubprocessError) as error:
        reason = _git_said(error)
        raise Refused(f"git cannot say if this was reviewed: {reason}", file=path, hint=override) from None
    for commit in commits:
        if _digest_at(root, commit, relative) == digest:
            return ReviewData(commit=commit, branch=branch)
    reason = f"this is not what branch '{branch}' holds: it was changed or never committed there"
    raise Refused(reason, file=path, hint=override)


def _commits(root: Path, branch: str, paths: list[str]) -> list[str]:
    """The branch's own head, and the commits before it that touched one of the files, newest first."""
    head = _git(root, "rev-parse", "--verify", "--end-of-options", f"{branch}^{{commit}}").decode().strip()
    listed = _git(root, "log", "--format=%H", f"--max-count={MOST_COMMITS}", head, "--", *paths)
    return [head, *listed.decode().split()]


def _digest_at(root: Path, commit: str, relative: str) -> str | None:
    tree = CommittedTree(root, commit)
    content = tree.read(relative)
    if content is None:
        return None
    try:
        return notebook_digest(parse_notebook(content, Path(relative)), tree)
    except OutageError:
        return None


def files_at(root: Path, commit: str, relative: str) -> list[str]:
    """Paths of a notebook, the modules that it imports and the files that it names, as a commit has them."""
    tree = CommittedTree(root, commit)
    content = tree.read(relative)
    if content is None:
        return []
    notebook = parse_notebook(content, Path(relative))
    return [relative, *sorted({*project_modules(notebook, tree), *named_files(notebook, tree)})]


def _git(root: Path, *arguments: str) -> bytes:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, timeout=_GIT_SECONDS).stdout


def _git_said(error: Exception) -> str:
    from outage.text import one_line

    said = getattr(error, "stderr", None)
    if isinstance(said, bytes) and said.strip():
        return one_line(said.decode("utf-8", "replace").strip().splitlines()[-1])
    return one_line(str(error))
