"""Makes the golden journal anew, with fixed times: ``python tests/product/run/golden/make.py``.

Only when the format gains something. What older versions wrote must go on being read as it is.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from outage.run.fold import fold
from outage.run.journal import NO_LINE, parse_journal
from outage.run.notebook import derive_notebook

HERE = Path(__file__).parent
TARGET = {
    "words": "PostgreSQL, database 'shop' on db1.prod.example, environment 'live': PRODUCTION",
    "kind": "PostgreSQL",
    "host": "db1.prod.example",
    "database": "shop",
    "environment": "live",
    "production": True,
}
RUN = {
    "run": "20261120-093000-touch-1a2b",
    "runbook": "touch",
    "title": "Touch a file",
    "path": "runbooks/touch.ipynb",
    "mode": "apply",
    "by": "Ines Okafor",
    "incident": "2026-11-20-no-orders",
    "target": TARGET,
    "risk": "low",
    "parameters": {"path": "/tmp/x", "wait": "20m", "password": "secret://env/PASSWORD"},
    "secrets": ["password"],
    "digest": "sha256:" + "a" * 64,
    "review": {"commit": "b" * 40, "branch": "main"},
    "plan": "20261120-092800-touch-0c0d",
    "limits": {"cell": 600.0, "run": 3600.0},
    "versions": {"python": "3.11.9", "outage": "0.1.0", "ipykernel": "7.4.0", "nbclient": "0.11.0"},
    "host": "db-admin",
    "pid": 4242,
}
CELLS: list[dict[str, Any]] = [
    {"id": "c1", "cell_type": "markdown", "source": "# Touch a file"},
    {"id": "c2", "cell_type": "code", "step": "parameters", "tags": ["parameters"], "source": "path: Path"},
    {"id": "c3", "cell_type": "code", "step": "read", "tags": ["read"], "source": "look()"},
    {"id": "c4", "cell_type": "markdown", "step": "gate", "tags": ["gate"], "source": "It will be touched."},
    {"id": "c5", "cell_type": "code", "step": "change", "tags": ["change"], "source": "guard()\ntouch()"},
    {"id": "c6", "cell_type": "code", "step": "undo", "tags": ["undo"], "source": "guard()\nrm()"},
    {"id": "c7", "cell_type": "code", "step": "verify", "tags": ["verify"], "source": "look_again()"},
]
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
ACTION = {"target": "/tmp/x", "command": "touch /tmp/x", "undo": "rm /tmp/x", "data": {"path": "/tmp/x"}}
ERROR = {"name": "CheckFailed", "value": "it is not there", "traceback": "CheckFailed: it is not there"}


def cell(index: int, state: str, **more: Any) -> tuple[str, dict[str, Any]]:
    return "cell", {"cell": index, "step": CELLS[index]["step"], "state": state, **more}


def output(index: int, output: dict[str, Any], **more: Any) -> tuple[str, dict[str, Any]]:
    return "output", {"cell": index, "output": output, **more}


def stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


LINES: list[tuple[str, dict[str, Any]]] = [
    ("run", RUN),
    ("notebook", {"cells": CELLS, "runbook": {"owner": "tests"}, "injected": "path = Path('/tmp/x')"}),
    cell(1, "running"),
    cell(1, "passed", seconds=0.012),
    cell(2, "running"),
    output(2, stream("one\n")),
    output(2, stream("two\n"), cut="70 characters of stdout are left out here"),
    output(
        2,
        {"output_type": "display_data", "data": {"text/plain": "a plot", "image/png": PNG}, "metadata": {}},
        cut="text/html is not kept",
    ),
    ("actions", {"cell": 2, "actions": [ACTION], "digest": "sha256:" + "c" * 64}),
    output(2, {"output_type": "execute_result", "data": {"text/plain": "1"}, "metadata": {}}),
    cell(2, "passed", seconds=0.4),
    ("gate", {"cell": 3, "state": "waiting", "text": "It will be touched.", "digest": "sha256:" + "c" * 64}),
    ("gate", {"cell": 3, "state": "confirmed", "by": "Ines Okafor"}),
    cell(3, "passed"),
    cell(4, "running"),
    ("ended", {"state": "waiting", "code": 3, "reason": "a line of an earlier process", "seconds": 1.0}),
    ("resumed", {"mode": "apply", "by": "Bo Lind", "kept": [], "host": "db-admin", "pid": 4343}),
    ("asserted", {"cell": 4, "answer": "not-done", "by": "Bo Lind"}),
    ("gate", {"cell": 4, "state": "waiting", "text": "Once more.", "second_person": True}),
    (
        "gate",
        {"cell": 4, "state": "confirmed", "by": "Ines Okafor", "alone": True, "reason": "nobody is there"},
    ),
    cell(4, "running"),
    ("saved", {"cell": 4, "name": "touched", "value": ["/tmp/x"]}),
    cell(4, "passed", seconds=0.1),
    cell(5, "skipped"),
    ("heard", {"of": "a kind of a later version"}),
    cell(6, "running"),
    output(6, {"output_type": "error", "ename": "CheckFailed", "evalue": "x", "traceback": ["x"]}),
    cell(
        6,
        "failed",
        seconds=0.2,
        error={**ERROR, "hint": "Look at the disk."},
        cut="3 further outputs are left out",
    ),
    ("ended", {"state": "failed", "code": 1, "reason": "the verify in cell 7 failed", "seconds": 1.5}),
    (
        "undo-plan",
        {
            "by": "Bo Lind",
            "changes": [{"cell": 4, "state": "passed", "actions": [ACTION], "reversible": True}],
        },
    ),
]


def main() -> None:
    content, head = b"", NO_LINE
    for number, (kind, data) in enumerate(LINES):
        line = {"v": 1, "at": f"2026-11-20T09:30:{number:02}Z", "kind": kind, "prev": head, "data": data}
        raw = json.dumps(line, separators=(",", ":")).encode()
        head = hashlib.sha256(raw).hexdigest()
        content += raw + b"\n"
    (HERE / "journal.jsonl").write_bytes(content)
    reading = parse_journal(content)
    run = fold(Path(str(RUN["run"])), reading.lines, reading.troubles, alive=False)
    (HERE / "run.json").write_text(json.dumps(asdict(run), default=str, indent=1) + "\n")
    (HERE / "notebook.json").write_text(json.dumps(derive_notebook(run), indent=1) + "\n")


if __name__ == "__main__":
    main()
