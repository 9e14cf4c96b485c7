"""The pages that people read as prose: where they are, who keeps them, when they were last read through."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from outage.errors import OutageError, Refused
from outage.policy.vocabulary import ROLES
from outage.source import nearest
from outage.text import one_line

FOLDERS = ("process", "playbooks", "library", "case-studies")
"""Folders whose pages are prose that a role keeps; runbooks name their owner in their metadata."""

LOOKED_UP = ("process/policy.md",)
"""Made from the policy, whose keeper git knows."""


def list_pages(root: Path) -> list[Path]:
    """Every page of those folders, relative to the handbook's root, in order; notebooks that were run not."""
    found = (
        path for folder in FOLDERS for kind in ("*.md", "*.ipynb") for path in (root / folder).rglob(kind)
    )
    shown = (path.relative_to(root) for path in found)
    return sorted(path for path in shown if not {"runs"} & set(path.parts) and not _is_hidden(path))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)


def check_keepers(root: Path) -> list[OutageError]:
    """Refuse each page that does not say which role keeps it, or when it was last read through."""
    kept = (path for path in list_pages(root) if path.as_posix() not in LOOKED_UP)
    return [
        Refused(reason, file=path, line=None if path.suffix == ".ipynb" else 1, hint=hint)
        for path in kept
        for reason, hint in _find_faults(read_front_matter(root / path), path)
    ]


def read_front_matter(path: Path) -> dict[str, Any]:
    """Read what a page says about itself (front matter, or a notebook's metadata); nothing if broken."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
        if path.suffix == ".ipynb":
            found = json.loads(text)["metadata"]
        else:
            front = text.split("---\n")[1] if text.startswith("---\n") else ""
            found = yaml.load(front, Loader=yaml.BaseLoader)  # a wrong day stays the word that it is
    except (OSError, ValueError, KeyError, TypeError, RecursionError, yaml.YAMLError):
        return {}
    return found if isinstance(found, dict) else {}


def _find_faults(front: dict[str, Any], path: Path) -> Iterator[tuple[str, str]]:
    where = "the notebook's metadata" if path.suffix == ".ipynb" else "the lines between --- at its top"
    owner, reviewed = front.get("owner"), front.get("reviewed")
    if owner is None:
        yield "the page does not say which role keeps it", f"write owner: ROLE into {where}"
    elif owner not in ROLES:
        hint = nearest(str(owner), list(ROLES)) or ""
        yield f"its owner is no role: '{one_line(str(owner))}'", hint
    if reviewed is None:
        yield (
            "the page does not say when it was last read through",
            f"write reviewed: YYYY-MM-DD into {where}",
        )
    elif not _is_day(reviewed):
        yield f"reviewed is no day: '{one_line(str(reviewed))}'", "write it as 2026-11-20"


def _is_day(value: object) -> bool:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return False
    return True
