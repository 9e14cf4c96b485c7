"""``lab.json``: what one lab consists of, so that any later command, or one after a crash, finds it all.

``{"v": 2, "since": time, "sockets": folder, "homes": {part: folder}, "ports": {name: port}, "parts": [id]}``.
A folder or port is written down before it is used; a part once it is ready.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from outage import files, locks
from outage.run.lab import STATE

VERSION = 2
LOCK = "lab.json.lock"


def read(folder: Path) -> dict[str, Any]:
    """Return the state; empty if there is none, or it is torn."""
    try:
        state = json.loads((folder / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


@contextmanager
def change(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the state, to be altered in place; it is written if the block ends well, by one thread at a time.

    It is replaced in one step: a reader never sees half of it.
    """
    with locks.hold(folder / LOCK):
        state = read(folder)
        yield state
        files.replace(folder / STATE, json.dumps(state), durable=False)


def is_ours(name: str) -> bool:
    """Return whether a file of that name is one of these, also when a crash left it."""
    return name in {STATE, LOCK} or files.is_draft(name, STATE)
