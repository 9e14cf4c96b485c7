"""Whether a target belongs to a lab: a place to practise is never production.

A lab's run folder holds ``lab.json``, which names the ports and folders that are the lab's own.
``$OUTAGE_LAB`` names that folder; ``outage lab env`` sets it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

STATE = "lab.json"
FOLDER = "OUTAGE_LAB"


def is_lab_path(path: Path, environ: Mapping[str, str]) -> bool:
    """Return whether a file or folder is a lab's: it lies in a lab's run folder, or among its sockets.

    Links are not followed: a lab's disk is one that leads into a process of its own.
    """
    above = Path(os.path.normpath(path.absolute())).parents
    sockets = _read_state(environ).get("sockets")
    return any((folder / STATE).is_file() for folder in above) or (
        isinstance(sockets, str) and Path(sockets) in above
    )


def is_lab_port(port: str | None, environ: Mapping[str, str]) -> bool:
    """Return whether a port of this machine is a lab's.

    A target that is named without one is the lab's if a lab is up: ``outage lab env`` named it.
    """
    state = _read_state(environ)
    return bool(state) and (port is None or port in {str(one) for one in state.get("ports", {}).values()})


def _read_state(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the state of the lab that the environment names; empty where there is none."""
    named = environ.get(FOLDER)
    if not named:
        return {}
    try:
        state = json.loads((Path(named) / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) and isinstance(state.get("ports", {}), dict) else {}
