"""Files that a runbook hands to other programs: each is there, and each is under review with the notebook.

A cell names a playbook or a template by its path from the handbook's root. Metadata ``files`` lists
it, or a folder that holds it, so that the digest covers it (see :mod:`outage.runbook.digest`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from outage.errors import OutageError
from outage.source import nearest

if TYPE_CHECKING:
    from pathlib import Path

    from outage.runbook.contract import Contract
    from outage.runbook.notebook import Cell


def find_file_problems(contract: Contract, root: Path) -> list[OutageError]:
    """Find what is listed and not there, and what is named in a cell and not listed.

    A name that is put together while the cell runs is not seen; lists of folders help there.

    Args:
        contract: of the runbook.
        root: the handbook's, from which paths count.
    """
    listed = contract.meta.files
    found: list[OutageError] = [
        contract.notebook.refuse(
            None,
            f"metadata runbook.files.{number}: there is no {name}",
            nearest(name, [path.relative_to(root).as_posix() for path in (root / name).parent.glob("*")]),
        )
        for number, name in enumerate(listed)
        if not (root / name).exists()
    ]
    for cell in contract.notebook.cells:
        for name, line in _find_named(cell, root) if cell.cell_type == "code" else []:
            if not any(name == each or name.startswith(f"{each}/") for each in listed):
                hint = "list it, or its folder, in metadata runbook.files, to be reviewed with the rest"
                reason = f"it names the file {name}, which metadata runbook.files does not list"
                found.append(contract.notebook.refuse(cell, reason, hint, line))
    return found


def _find_named(cell: Cell, root: Path) -> Iterator[tuple[str, int]]:
    """Texts in a cell's code that are paths of files of the handbook, each with its line."""
    try:
        tree = ast.parse(cell.source)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _file(node.value, root):
            yield node.value, node.lineno


def _file(text: str, root: Path) -> bool:
    if "/" not in text or len(text) > 500 or not text.isprintable():
        return False
    path = root / text
    try:
        return path.is_file() and path.resolve().is_relative_to(root.resolve())
    except OSError:
        return False
