"""What the cells of runbooks may import: the kit's public names, and a few beside it."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any

from outage import kit, project, text

BEHIND = {"describe", "rpc"}
"""Modules of the kit that its other modules import, and no runbook does."""
BESIDE = (text.one_line, text.join_words, project.find_project)


def modules() -> list[str]:
    """The modules of the kit that runbooks may import."""
    found = {module.name for module in pkgutil.iter_modules(kit.__path__)} - BEHIND
    return ["outage.kit", *(f"outage.kit.{name}" for name in sorted(found))]


def public() -> dict[str, Any]:
    """The functions and classes that runbooks may import, by module and name."""
    own = [
        each
        for module in modules()
        for name, each in vars(import_module(module)).items()
        if not name.startswith("_") and callable(each) and getattr(each, "__module__", "") == module
    ]
    return {f"{each.__module__}.{each.__qualname__}": each for each in [*own, *BESIDE]}
