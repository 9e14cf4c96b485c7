"""The digest of what a run would execute: sources, tags, metadata and project modules."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from outage.runbook.notebook import Notebook

Reader = Callable[[str], bytes | None]
"""Gives the content of a file by its path relative to the project (``lab/postgres.py``), or None."""

_OURS = "outage"


def notebook_digest(notebook: Notebook, read: Reader) -> str:
    """``sha256:...`` of a notebook and of the project's modules that it imports, directly or not.

    Outputs, execution counts and cell ids do not count. The outage package itself does not
    either: it is what compares, and an altered one could not be caught by comparing.
    """
    content = {
        "cells": [[cell.cell_type, sorted(cell.tags), cell.source] for cell in notebook.cells],
        "runbook": notebook.runbook,
        "modules": {
            path: hashlib.sha256(source).hexdigest()
            for path, source in sorted(project_modules(notebook, read).items())
        },
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def project_modules(notebook: Notebook, read: Reader) -> dict[str, bytes]:
    """Files of the project that the notebook's code imports, by path, with their content."""
    found: dict[str, bytes] = {}
    sources = [(cell.source.encode(), "") for cell in notebook.cells if cell.cell_type == "code"]
    while sources:
        source, package = sources.pop()
        for module in _imported(source, package):
            for path, inside in _files(module):
                if path not in found and (content := read(path)) is not None:
                    found[path] = content
                    sources.append((content, inside))
    return found


def _imported(source: bytes, package: str) -> set[str]:
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


def _files(module: str) -> list[tuple[str, str]]:
    """Paths in which a module and the packages above it may be, each with the package it belongs to."""
    parts = module.split(".")
    if not all(part.isidentifier() for part in parts):
        return []
    above = [".".join(parts[: end + 1]) for end in range(len(parts))]
    folders = [name.replace(".", "/") for name in above]
    packages = [(f"{folder}/__init__.py", name) for folder, name in zip(folders, above, strict=True)]
    return [*packages, (f"{folders[-1]}.py", ".".join(parts[:-1]))]
