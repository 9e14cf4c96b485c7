"""Runs runbooks in tests, and looks afterwards that nothing of them is left."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import psutil
import pytest

from outage.project import find_project
from outage.run.execute import execute, resume_run
from outage.run.journal import FILE, read_journal
from outage.run.model import Run
from outage.run.request import RunHooks, RunRequest
from outage.schemas import make_journal_schema
from tests.product.run.build import Cell, Handbook, code
from tests.waiting import eventually

VALIDATOR = jsonschema.Draft202012Validator(make_journal_schema())


@pytest.fixture
def nothing_is_left(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """After the test: no process of a run, no private folder of its kernel, and sound journals.

    A test that tears a journal says so with the mark ``torn``.
    """
    folder = Path(f"/tmp/outage-test-{os.getpid()}")
    folder.mkdir(exist_ok=True)
    monkeypatch.setenv("TMPDIR", str(folder))
    yield folder
    eventually(lambda: not processes(), processes)
    shutil.rmtree(folder)
    for journal in tmp_path.glob(f"**/{FILE}"):
        troubles = read_journal(journal.parent).troubles
        assert not troubles or request.node.get_closest_marker("torn"), troubles
        for line in [] if troubles else journal.read_text().splitlines():
            VALIDATOR.validate(json.loads(line))


def processes() -> list[psutil.Process]:
    """Processes of this test's runs: kernels, whatever they started, and what names their folder."""
    found, own = [], os.environ["TMPDIR"]
    for process in psutil.process_iter():
        try:
            environment, command = process.environ(), process.cmdline()
        except psutil.Error:
            continue
        ours = "OUTAGE_KERNEL" in environment and environment.get("TMPDIR") == own
        if ours or any(f"{own}/" in word for word in command):
            found.append(process)
    return found


def run(name: str, *assignments: str, **asked: Any) -> Run:
    """Run a runbook; keywords are those of :class:`RunRequest` and :class:`RunHooks`."""
    hooks = RunHooks(**{key: asked.pop(key) for key in ("ask", "observe", "warn") if key in asked})
    return execute(find_project(), RunRequest(name, assignments, **{"by": "Ines", **asked}), hooks)


def again(done: Run, *, undo: bool = False, by: str = "Ines", alone: str | None = None, **more: Any) -> Run:
    """Resume or undo a run."""
    request = RunRequest("", apply=True, by=by, alone=alone)
    return resume_run(find_project(), done.folder, request, RunHooks(**more), undo=undo)


def states(done: Run) -> str:
    """Steps and their states, in a line."""
    return " ".join(f"{cell.step}:{cell.state}" for cell in done.cells if cell.step)


def changes(done: Run) -> str:
    """States of the changes and undos."""
    return " ".join(f"{cell.step}:{cell.state}" for cell in done.cells if cell.step in {"change", "undo"})


def text(done: Run) -> str:
    """All that cells printed and showed."""
    outputs = [output for cell in done.cells for output in cell.outputs]
    return "".join(o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in outputs)


# A runbook of two changes, each with its undo. What they do stands in the file ``log``; a file
# ``trouble-STEP`` beside it holds Python that the step runs when it has acted.

_SETUP = """
import os, signal, subprocess, sys, time
from pathlib import Path
from outage.kit import Action, guard, propose, proposed, require, save, saved

def act(what):
    with log.open('a') as file:
        file.write(what + ' ')
    return what

def trouble(step):
    path = log.with_name('trouble-' + step)
    if path.exists():
        exec(path.read_text())
"""


def _propose(name: str) -> str:
    extra = "log.with_name('extra').read_text() if log.with_name('extra').exists() else ''"
    return f"extra = {extra}\npropose([Action(target=str(log), command='{name}' + extra, undo='un{name}')])"


def two_changes(*gate: Cell) -> list[Cell]:
    """The runbook; ``gate`` stands before the second change."""
    return [
        code("parameters", "from pathlib import Path\nlog: Path  # where it is written"),
        code("setup", _SETUP),
        code("check", "trouble('check')"),
        code("read", _propose("a")),
        code("change", "guard()\nproposed()\nsave('a', act('a'))\ntrouble('a')"),
        code("undo", "guard()\nact('un' + saved('a'))\ntrouble('undo')"),
        code("read", _propose("b")),
        *gate,
        code("change", "guard()\nproposed()\nsave('b', act('b'))\ntrouble('b')"),
        code("undo", "guard()\nact('un' + saved('b'))"),
        code("verify", "require(saved('a') == 'a', 'nothing was saved')\ntrouble('verify')"),
    ]


class Log:
    """What the two changes did, and the trouble that is made for them."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "log"

    def __str__(self) -> str:
        return self.path.read_text().strip() if self.path.exists() else ""

    def trouble(self, step: str, source: str) -> None:
        """Have a step run this when it has acted; empty: nothing any more."""
        path = self.path.with_name(f"trouble-{step}")
        path.write_text(source) if source else path.unlink()

    def apply(self, handbook: Handbook, *gate: Cell, meta: dict[str, Any] | None = None, **asked: Any) -> Run:
        """Write the runbook and apply it."""
        handbook.write("two", two_changes(*gate), meta)
        return run("two", f"log={self.path}", apply=True, unreviewed="a test", **asked)


def papermill(book: Path, out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "papermill",
        "--no-progress-bar",
        "--engine",
        "outage",
        str(book),
        str(out),
    ]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=100)
