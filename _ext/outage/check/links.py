"""Addresses outside the handbook, each asked whether it still answers: Sphinx's link check, in our words.

It needs the network and takes minutes, so it is asked for (``outage check --links``) and never runs in CI.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from outage.errors import Failed, OutageError, Refused
from outage.text import one_line

if TYPE_CHECKING:
    from outage.project import Project

SETTINGS = {"linkcheck_timeout": 20, "linkcheck_retries": 2, "linkcheck_workers": 4, "linkcheck_anchors": 0}
"""Seconds to wait, tries, and how many are asked at once; whether a page has an anchor is its own affair."""

_DEAD = {"broken": "does not answer well", "timeout": "did not answer in time"}
_HINT = "look whether it moved; if it is gone, name an archive's copy, or leave the link out"


def check_links(project: Project, settings: dict[str, Any] | None = None) -> list[OutageError]:
    """Refuse each dead address of the pages, with the page and the line that first names it.

    Args:
        project: the handbook, whose pages are read as its site's build reads them.
        settings: more of Sphinx's settings; they come before ours.

    Raises:
        Failed: the pages could not be read; nothing was asked then.
    """
    with TemporaryDirectory(prefix="outage-links-") as folder:
        policy = os.path.relpath(project.policy_path, project.root)
        told = {"outage_policy": policy, **SETTINGS, **(settings or {})}
        options = [part for key, value in told.items() for part in ("-D", f"{key}={value}")]
        command = [sys.executable, "-m", "sphinx", "--quiet", "--builder", "linkcheck", "--jobs", "auto"]
        subprocess.run(
            [*command, *options, "-d", f"{folder}/doctrees", str(project.root), f"{folder}/out"],
            capture_output=True, check=False,
        )  # fmt: skip
        found = Path(folder) / "out" / "output.json"
        if not found.is_file():
            raise Failed("the pages could not be read, so no address was asked", hint="'make html' says why")
        return list(_find_fault(found.read_text(encoding="utf-8")))


def _find_fault(lines: str) -> Iterator[OutageError]:
    asked = [json.loads(line) for line in lines.splitlines() if line.strip()]
    for one in sorted(asked, key=lambda one: (one["filename"], one["lineno"])):
        if one["status"] in _DEAD:
            reason = one_line(one["info"])[:200] or "without a reason"
            message = f"{one_line(one['uri'])} {_DEAD[one['status']]}: {reason}"
            yield Refused(message, file=one["filename"], line=one["lineno"] or None, hint=_HINT)
