"""Versions of what the lab runs, so that a proof says against what it was made."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Iterable
from functools import cache
from importlib import metadata

from outage.lab.parts.model import PYPI, Part


def list_versions(parts: Iterable[Part]) -> dict[str, str]:
    """Return name of each package of the parts, of Python and of ``outage``, to its version."""
    packages = {package for part in parts for package in part.packages.values()}
    named = {package.removeprefix(PYPI): _find_version(package) for package in sorted(packages)}
    ours = {"python": platform.python_version(), "outage": metadata.version("outage-handbook")}
    return ours | named


@cache
def _find_version(package: str) -> str:
    """Return the installed version; ``unknown`` where neither pip nor dpkg knows the package."""
    if package.startswith(PYPI):
        return metadata.version(package.removeprefix(PYPI))
    if shutil.which("dpkg-query") is None:
        return "unknown"
    asked = ["dpkg-query", "--show", "--showformat=${Version}", package]
    done = subprocess.run(asked, capture_output=True, text=True, errors="replace", check=False)
    return done.stdout.strip() or "unknown"
