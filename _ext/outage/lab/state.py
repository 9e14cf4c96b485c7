"""``lab.json``: what one lab consists of, so that any later command, or one after a crash, finds it all.

``{"v": 2, "since": time, "sockets": folder, "homes": {part: folder}, "ports": {name: port}, "parts": [id]}``.
A folder or port is written down before it is used; a part once it is ready.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from outage.run.lab import STATE

VERSION = 2
NEW = "lab.json.new"
LOCK = "lab.json.lock"
OURS = {STATE, NEW, LOCK}


def read(folder: Path) -> dict[str, Any]:
    """The state; empty if there is none, or it is torn."""
    try:
        state = json.loads((folder / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


@contextmanager
def change(folder: Path) -> Iterator[dict[str, Any]]:
    """The state to alter in place; written when the block ends well, by one process or thread at a time.

    It is replaced in one step: a reader never sees half of it.
    """
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        state = read(folder)
        yield state
        new = folder / NEW
        new.write_text(json.dumps(state), encoding="utf-8")
        new.replace(folder / STATE)
    finally:
        os.close(handle)
