"""Runs a runbook's cells in this process, in the plan's order or the apply's: no kernel, milliseconds.

What a cell may do is the same; what the runner adds (journal, live output, exit code) is tested with it.
"""

from __future__ import annotations

import contextlib
import io
import json
import linecache
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from outage import kit
from outage.lab.faults.model import Fault
from outage.lab.model import Lab
from outage.run.history import load_run
from outage.run.model import Run
from outage.run.notebook import write_injected_source
from outage.runbook.contract import Contract, check_values, read_contract

RUNBOOKS = Path(__file__).parents[3] / "runbooks"


@dataclass
class Stage:
    """A runbook on its way: what it printed, proposed and saved so far."""

    contract: Contract
    scope: dict[str, Any]
    text: str = ""
    actions: list[kit.Action] = field(default_factory=list)
    saved: dict[str, Any] = field(default_factory=dict)

    def run(self, *tags: str) -> Stage:
        """Run the cells with these step tags, in order; what they raise is raised."""
        for cell, tag in self.contract.steps:
            if tag in tags:
                self._cell(cell.id, cell.source)
        return self

    def _cell(self, name: str, source: str) -> None:
        shown: list[dict[str, Any]] = []
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        output = io.StringIO()

        def display(data: dict[str, Any]) -> None:
            shown.append(data)
            print(data["text/plain"])

        try:
            with mock.patch.object(kit, "_display", display), contextlib.redirect_stdout(output):
                exec(compile(source, name, "exec"), self.scope)
        finally:
            self.text += output.getvalue()
            for data in shown:
                if kit.ACTIONS_MIME in data:
                    self.actions = [kit.Action(**action) for action in data[kit.ACTIONS_MIME]["actions"]]
                if kit.SAVED_MIME in data:
                    self.saved[data[kit.SAVED_MIME]["name"]] = data[kit.SAVED_MIME]["value"]

    def plan(self) -> Stage:
        """All that a plan runs."""
        return self.run("setup", "check", "read")

    def apply(self) -> Stage:
        """What an apply runs after its plan, with a token for the proposed actions."""
        return self.apply_only_change().run("verify")

    def apply_only_change(self) -> Stage:
        """The change of an apply, with a token for the proposed actions; nothing is verified."""
        actions = [asdict(action) for action in self.actions]
        kit._issue(json.dumps({"run": "test", "token": "test", "actions": actions, "saved": self.saved}))
        try:
            return self.run("change")
        finally:
            kit._revoke()

    def undo(self) -> Stage:
        """What undoing it runs, from what was saved, with a token."""
        kit._issue(json.dumps({"run": "test", "token": "test", "actions": [], "saved": self.saved}))
        try:
            return self.run("undo")
        finally:
            kit._revoke()


def assignments(lab: Lab, fault: Fault) -> list[str]:
    """What a person would type after ``-p`` for a fault that has begun."""
    return [f"{name}={value}" for name, value in fault.parameters(lab).items()]


def advice(runbook: str, error: BaseException) -> str:
    """What the runner would say to this error: the meaning of the hint that fits it."""
    hint = read_contract(RUNBOOKS / f"{runbook}.ipynb").meta.hint_for(f"{type(error).__name__}: {error}")
    assert hint is not None, error
    return hint.means


def last_run(handbook: Path, runbook: str) -> Run:
    """The newest run of a runbook in a handbook."""
    folders = (handbook / "runs").glob(f"*-{runbook}-*")
    return load_run(max(folders, key=lambda folder: folder.stat().st_mtime_ns))


def stage(name: str, *assigned: str) -> Stage:
    """A runbook with its parameters set as after ``-p``, and nothing run yet."""
    kit._session = kit._Session()
    contract = read_contract(RUNBOOKS / f"{name}.ipynb")
    started = Stage(contract, {"__name__": "__main__"}).run("parameters")
    exec(write_injected_source(contract.parameters, check_values(contract, assigned)), started.scope)
    return started
