"""Where the handbook is: the folder of ``handbook.yml``, found from where one stands."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from outage.errors import Refused
from outage.unread import hint_for

if TYPE_CHECKING:
    from outage.policy import Policy

POLICY_FILE = "handbook.yml"


@dataclass(frozen=True)
class Project:
    """One clone of the handbook.

    Attributes:
        root: the folder that holds policy, pages, runbooks and incidents.
        policy_path: the policy in force, usually ``root/handbook.yml``.
    """

    root: Path
    policy_path: Path

    @property
    def incidents(self) -> Path:
        """Folder of incident folders; it may not exist yet."""
        return self.root / "incidents"

    @property
    def runbooks(self) -> Path:
        """Folder of runbook notebooks."""
        return self.root / "runbooks"

    @property
    def runs(self) -> Path:
        """Folder of runs that belong to no incident."""
        return self.root / "runs"

    def policy(self) -> Policy:
        """Return the checked policy; raises what :func:`outage.policy.load_policy` raises."""
        from outage.policy import load_policy

        return load_policy(self.policy_path)


def find_project(start: Path | None = None) -> Project:
    """Find the project of ``start`` (default: the current folder) or of ``$OUTAGE_HANDBOOK``.

    ``$OUTAGE_HANDBOOK`` names either a handbook's folder or a policy file; a policy file
    outside a handbook's root (``examples/small-team.yml``) is used with the handbook above it.

    Raises:
        Refused: no handbook is found.

    Example:
        >>> project = find_project()
        >>> project.policy().company.name
        'Testing'
        >>> project.runbooks == project.root / "runbooks"
        True
    """
    named = os.environ.get("OUTAGE_HANDBOOK")
    if named and start is None:
        path = Path(named).resolve()
        if path.is_file():
            return Project(_root_above(path.parent) or path.parent, path)
        if not (path / POLICY_FILE).is_file():
            hint = "name the handbook's folder, or its policy file"
            raise Refused(
                f"$OUTAGE_HANDBOOK names {named}, and there is no {POLICY_FILE} there",
                hint=hint_for(path, "policy", POLICY_FILE) or hint,
            )
        return Project(path, path / POLICY_FILE)
    here = (start or Path.cwd()).resolve()
    root = _root_above(here)
    if root is None:
        hint = "change into your clone of the handbook, or set OUTAGE_HANDBOOK to its path"
        raise Refused(
            f"no {POLICY_FILE} in {here} or above it", hint=hint_for(here, "policy", POLICY_FILE) or hint
        )
    return Project(root, root / POLICY_FILE)


def _root_above(folder: Path) -> Path | None:
    """Return the nearest folder, upwards, that holds a policy."""
    return next((at for at in (folder, *folder.parents) if (at / POLICY_FILE).is_file()), None)
