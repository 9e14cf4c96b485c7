"""Reviewed means committed: is what would be applied part of the branch that people review?"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from outage.errors import OutageError, Refused
from outage.runbook.digest import notebook_digest, project_modules
from outage.runbook.lines import ReviewData
from outage.runbook.notebook import parse_notebook

if TYPE_CHECKING:
    from outage.runbook.digest import Reader
    from outage.runbook.notebook import Notebook

MOST_COMMITS = 200
_GIT_SECONDS = 20


@dataclass(frozen=True)
class Reviewed:
    """The digest of what would run, and the review that it had, or did not need."""

    digest: str
    review: ReviewData | None


def working_reader(root: Path) -> Reader:
    """Reads files of the project as they stand on the disk; nothing outside it."""

    def read(path: str) -> bytes | None:
        file = root / path
        try:
            inside = file.resolve().is_relative_to(root.resolve())
            return file.read_bytes() if inside and file.is_file() else None
        except OSError:
            return None

    return read


def working_digest(root: Path, notebook: Notebook) -> str:
    """The digest of a notebook and its modules as they stand on the disk."""
    return notebook_digest(notebook, working_reader(root))


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
    modules = sorted(project_modules(notebook, working_reader(root)))
    override = "commit it and have it reviewed, or say why not: --unreviewed 'REASON' (it goes on the record)"
    try:
        commits = _commits(root, branch, [relative, *modules])
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
    def read(path: str) -> bytes | None:
        try:
            return _git(root, "cat-file", "blob", f"{commit}:./{path}")
        except (OSError, subprocess.SubprocessError):
            return None

    content = read(relative)
    if content is None:
        return None
    try:
        return notebook_digest(parse_notebook(content, Path(relative)), read)
    except OutageError:
        return None


def _git(root: Path, *arguments: str) -> bytes:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, timeout=_GIT_SECONDS).stdout


def _git_said(error: Exception) -> str:
    from outage.text import one_line

    said = getattr(error, "stderr", None)
    if isinstance(said, bytes) and said.strip():
        return one_line(said.decode("utf-8", "replace").strip().splitlines()[-1])
    return one_line(str(error))
