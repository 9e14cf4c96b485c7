"""The shape of the lab: no two of its modules import each other, not even for types."""

from __future__ import annotations

import ast
from pathlib import Path

import lab

ROOT = Path(lab.__file__).parent


def module(path: Path) -> str:
    return ".".join(("lab", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")


def imported(path: Path, known: set[str]) -> set[str]:
    """Modules of the lab that a file imports, wherever it does: at the top, in a function, for types."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names} & known
            found |= inner or {node.module}
    return found & known - {module(path)}


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Modules that import each other in a circle, or none."""
    left = dict(graph)
    while free := [name for name, needs in left.items() if not needs & left.keys()]:
        for name in free:
            del left[name]
    return sorted(left)


def test_no_modules_import_each_other_in_a_circle():
    paths = {module(path): path for path in ROOT.rglob("*.py")}
    assert circle({name: imported(path, set(paths)) for name, path in paths.items()}) == []


def test_a_circle_would_be_found():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"e"}, "e": set()}) == ["a", "b", "c"]
