"""Runbooks of a test's making: one code cell for each tag."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def notebook(tmp_path: Path, name: str = "look", meta: dict[str, Any] | None = None, **cells: str) -> Path:
    """A runbook with one code cell for each tag."""
    made: list[dict[str, Any]] = [
        {"cell_type": "markdown", "id": "t", "metadata": {}, "source": f"# About {name}"}
    ]
    made += [
        {"cell_type": "code", "id": tag, "metadata": {"tags": [tag]}, "source": source, "outputs": [],
         "execution_count": None}
        for tag, source in cells.items()
    ]  # fmt: skip
    path = tmp_path / f"{name}.ipynb"
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"runbook": meta or {}}, "cells": made}
    path.write_text(json.dumps(content))
    return path
