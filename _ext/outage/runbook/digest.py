"""The digest of what a run would execute: sources, tags, metadata, project modules and named files."""

from __future__ import annotations

import ast
import hashlib
import json
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from outage.runbook.notebook import Notebook

_OURS = "outage"
_NOT_SOURCE = "__pycache__"


class Tree(Protocol):
    """The project's files, as they stand on the disk or in a commit; paths are relative to its root."""

    def read(self, path: str) -> bytes | None:
        """Read the content of a file (``_ext/outage/lab/postgres.py``), or None."""

    def below(self, folder: str) -> list[str]:
        """Paths of all files in a folder, at any depth; none if there is no such folder."""


def compute_digest(notebook: Notebook, tree: Tree) -> str:
    """``sha256:...`` of a notebook, of the project's modules that it imports, and of the files it names.

    Outputs, execution counts and cell ids do not count. The outage package itself does not
    either: it is what compares, and an altered one could not be caught by comparing.
    """
    content: dict[str, Any] = {
        "cells": [[cell.cell_type, sorted(cell.tags), cell.source] for cell in notebook.cells],
        "runbook": notebook.runbook,
        "modules": _hash_files(find_project_modules(notebook, tree)),
    }
    if files := find_named_files(notebook, tree):
        content["files"] = _hash_files(files)
    text = json.dumps(content, sort_keys=True, ensure_ascii=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def find_code_files(notebook: Notebook, tree: Tree) -> dict[str, str]:
    """Find the files beside the notebook that the digest covers, by path, each with its SHA-256."""
    return _hash_files({**find_project_modules(notebook, tree), **find_named_files(notebook, tree)})


def _hash_files(files: dict[str, bytes]) -> dict[str, str]:
    return {path: hashlib.sha256(content).hexdigest() for path, content in sorted(files.items())}


def find_named_files(notebook: Notebook, tree: Tree) -> dict[str, bytes]:
    """Files that the metadata lists under ``files``, those in listed folders too, with their content.

    They are what cells hand to other programs: playbooks, SQL, templates.
    """
    raw = notebook.runbook.get("files") if isinstance(notebook.runbook, dict) else None
    found: dict[str, bytes] = {}
    for name in raw if isinstance(raw, list) else []:
        for path in [name, *tree.below(name)] if isinstance(name, str) else []:
            if _NOT_SOURCE not in path.split("/") and (content := tree.read(path)) is not None:
                found[path] = content
    return found


def find_project_modules(notebook: Notebook, tree: Tree) -> dict[str, bytes]:
    """Files of the project that the notebook's code imports, by path, with their content."""
    found: dict[str, bytes] = {}
    sources = [(cell.source.encode(), "") for cell in notebook.cells if cell.cell_type == "code"]
    while sources:
        source, package = sources.pop()
        for module in _find_imports(source, package):
            for path, inside in _list_candidates(module):
                if path not in found and (content := tree.read(path)) is not None:
                    found[path] = content
                    sources.append((content, inside))
    return found


def _find_imports(source: bytes, package: str) -> set[str]:
    """Dotted names that a source imports; relative ones are resolved against ``package``."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return set()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parts, *([base] if base else [])])
            names |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return {name for name in names if name and name.split(".")[0] != _OURS}


def _list_candidates(module: str) -> list[tuple[str, str]]:
    """Paths in which a module and the packages above it may be, each with the package it belongs to."""
    parts = module.split(".")
    if not all(part.isidentifier() for part in parts):
        return []
    above = [".".join(parts[: end + 1]) for end in range(len(parts))]
    folders = [name.replace(".", "/") for name in above]
    packages = [(f"{folder}/__init__.py", name) for folder, name in zip(folders, above, strict=True)]
    return [*packages, (f"{folders[-1]}.py", ".".join(parts[:-1]))]
