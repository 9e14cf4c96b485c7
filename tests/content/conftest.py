"""This company's content: tests about a page, case, playbook or runbook that is gone are not collected.

Such a module names what it is about: ``ABOUT = ("runbooks/disk-full.ipynb",)``. In the sample company's
handbook all of it is there, so each is collected, and a name that is wrong fails its tests.
"""

from __future__ import annotations

import ast
from pathlib import Path

from tests.sites import IS_SAMPLE, ROOT


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out a module if something that it is about is gone."""
    if IS_SAMPLE or collection_path.suffix != ".py":
        return None
    return True if any(not (ROOT / thing).exists() for thing in _about(collection_path)) else None


def _about(path: Path) -> tuple[str, ...]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ABOUT":
            return tuple(ast.literal_eval(node.value))
    return ()
