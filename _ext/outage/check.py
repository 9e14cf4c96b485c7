"""Whether a handbook is right: its policy, its prose and its runbooks, everything at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outage.errors import OutageError
from outage.prose import check_prose

if TYPE_CHECKING:
    from pathlib import Path

    from outage.project import Project


def check(project: Project) -> list[OutageError]:
    """Every problem of prose and runbooks, in the order of their files.

    Raises:
        Problems: the policy itself is wrong; nothing else can be judged then.
    """
    policy = project.policy()
    return [*check_prose(project.root, policy), *_runbooks(project.runbooks)]


def _runbooks(folder: Path) -> list[OutageError]:
    from outage.runbook.contract import examine
    from outage.runbook.notebook import read_notebook

    found: list[OutageError] = []
    for path in sorted(folder.glob("*.ipynb")):
        try:
            found += examine(read_notebook(path)).refusals()
        except OutageError as error:
            found.append(error)
    return found
