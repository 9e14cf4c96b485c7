"""A run's journal told in a test: the same run as in ``story``, and what may become of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from outage.render.incident.snapshot import SnapshotRun
from outage.run.fold import fold
from outage.run.journal import Line
from outage.run.model import Run
from tests.product.render.story import at

PNG = (  # one transparent pixel
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
CELLS: list[dict[str, Any]] = [
    {"id": "intro", "cell_type": "markdown", "source": "# Blocked queries"},
    {"id": "look", "cell_type": "code", "step": "read", "tags": ["read"], "source": "look()"},
    {"id": "act", "cell_type": "code", "step": "change", "tags": ["change"], "source": "guard()"},
]
BEGAN: dict[str, Any] = {
    "run": "r1",
    "runbook": "blocked-queries",
    "mode": "plan",
    "by": "Tariq Aziz",
    "target": {"words": "PostgreSQL shop at db1"},
    "parameters": {"min_wait": "5s", "blocker": None},
    "host": "elsewhere",
}
ACTION = {"target": "session 4311", "command": "select pg_terminate_backend(4311)", "undo": ""}


def run(*lines: tuple[str, dict[str, Any]], alive: bool = False, **began: Any) -> Run:
    """The run that these lines tell of, after its first two."""
    told = [("run", BEGAN | began), ("notebook", {"cells": CELLS, "injected": ""}), *lines]
    numbered = [Line(number, at(17 + number / 60), kind, data) for number, (kind, data) in enumerate(told, 1)]
    return fold(Path("runs/r1"), numbered, alive=alive)


def looked(*outputs: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The first step passed, with these outputs."""
    lines: list[tuple[str, dict[str, Any]]] = [("cell", {"cell": 1, "state": "running"})]
    lines += [("output", {"cell": 1, "output": output}) for output in outputs]
    return [*lines, ("cell", {"cell": 1, "state": "passed", "seconds": 0.2})]


def text(words: str) -> dict[str, Any]:
    """What a step printed."""
    return {"output_type": "stream", "name": "stdout", "text": words}


def ended(state: str = "succeeded", reason: str = "every step passed") -> tuple[str, dict[str, Any]]:
    """The last line."""
    return ("ended", {"state": state, "code": 0, "reason": reason, "seconds": 1.0})


def planned() -> SnapshotRun:
    """The plan of the story: it looked, and proposed one action."""
    lines = [
        *looked(text("1 session holds a lock\n")),
        ("actions", {"cell": 1, "actions": [ACTION], "digest": "d"}),
        ("cell", {"cell": 2, "state": "planned"}),
        ended(),
    ]
    return SnapshotRun("r1", None, run(*lines))
