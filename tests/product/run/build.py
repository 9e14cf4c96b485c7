"""Builds notebooks for tests: a valid runbook, to be broken in one place at a time."""

from __future__ import annotations

import json
import socket
import subprocess
from pathlib import Path
from typing import Any

POLICY = f"""\
company: Testing
severities:
  sev1: All is lost
environments:
  lab: {{hosts: [localhost, 127.0.0.1, "{socket.gethostname()}"]}}
  live: {{hosts: ["*.live.example"], production: true}}
"""
LIVE = {"target": {"kind": "a disk", "host": "db.live.example"}}
"""Metadata of a runbook whose target is production; without it, it is this machine, in the lab."""
SETUP = "from outage.kit import Action, guard, propose, proposed, require, save, saved"
PROPOSE = (
    "propose([Action(target=str(path), command=f'touch {path}', undo=f'rm {path}',"
    " data={'path': str(path)})])"
)
CHANGE = (
    "guard()\nfor action in proposed():\n    Path(action.data['path']).touch()\nsave('touched', str(path))"
)
PARAMETERS = "from pathlib import Path\npath: Path  # what to touch"

Cell = dict[str, Any]


def code(tag: str | None, source: str) -> Cell:
    """A code cell with one tag, or with none."""
    return {
        "cell_type": "code",
        "metadata": {"tags": [tag] if tag else []},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def prose(source: str, tag: str | None = None) -> Cell:
    """A Markdown cell."""
    return {"cell_type": "markdown", "metadata": {"tags": [tag] if tag else []}, "source": source}


def touching() -> list[Cell]:
    """A whole runbook: it touches the file ``path``, verifies that and can undo it."""
    return [
        prose("# Touch a file"),
        code("parameters", PARAMETERS),
        code("setup", SETUP),
        code("check", "require(path.parent.is_dir(), 'no such folder', 'make it')"),
        code("read", f"# What is there\nprint('exists:', path.exists())\n{PROPOSE}"),
        code("change", f"# Touch it\n{CHANGE.replace('# Touch it', '')}"),
        code("undo", "guard()\nPath(saved('touched')).unlink()"),
        code("verify", "# Is it there?\nrequire(Path(saved('touched')).exists(), 'it is not there')"),
    ]


def reading(*sources: str) -> list[Cell]:
    """A runbook of read cells."""
    return [code("parameters", "# none"), *(code("read", source) for source in sources)]


def notebook(cells: list[Cell], meta: dict[str, Any] | None = None, **over: Any) -> dict[str, Any]:
    """A notebook file's content; cells get ids by their position."""
    meta = {"summary": "It is a test.", "owner": "tests", **(meta or {})}
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": spec, "runbook": meta},
        "cells": [{"id": f"c{number}", **cell} for number, cell in enumerate(cells, 1)],
        **over,
    }


class Handbook:
    """A handbook in a folder of its own, with the runbooks that a test writes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "runbooks").mkdir(parents=True)
        (root / "handbook.yml").write_text(POLICY)

    def write(self, name: str, cells: list[Cell], meta: dict[str, Any] | None = None, **over: Any) -> Path:
        """Write ``runbooks/NAME.ipynb``."""
        path = self.root / "runbooks" / f"{name}.ipynb"
        path.write_text(json.dumps(notebook(cells, meta, **over)))
        return path

    def commit(self) -> None:
        """Commit everything to main, which is the branch that counts as reviewed."""
        git = ["git", "-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
        for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "Reviewed"]):
            subprocess.run([*git, *words], cwd=self.root, check=True)

    def runs(self) -> list[Path]:
        """Folders of runs, newest first."""
        return sorted((self.root / "runs").glob("[0-9]*"), reverse=True)
