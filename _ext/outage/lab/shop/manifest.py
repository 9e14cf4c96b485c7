"""The release manifest: which release every server should run, which were rolled out before, their digests.

``{"digests": {version: digest}, "history": [version, ...]}``; the last of ``history`` is the one that should
run. A runbook finds the file through RELEASE_MANIFEST.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outage import files
from outage.lab.parts import web
from outage.lab.shop import releases

if TYPE_CHECKING:
    from outage.lab.model import Lab


def find_path(lab: Lab) -> Path:
    """Return the path of the file."""
    return web.store(lab) / "manifest.json"


def write(lab: Lab, history: list[str]) -> None:
    """Write down what was rolled out, the latest last."""
    known = {version: releases.digest(web.store(lab) / version) for version in releases.VERSIONS}
    text = json.dumps({"digests": known, "history": history}, indent=1) + "\n"
    files.replace(find_path(lab), text, durable=False)


def read_history(lab: Lab) -> list[str]:
    """Return what was rolled out, the latest last."""
    known: dict[str, Any] = json.loads(find_path(lab).read_text(encoding="utf-8"))
    return list(known["history"])
