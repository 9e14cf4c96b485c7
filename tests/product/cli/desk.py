"""A handbook in a temporary folder, and the command line in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from outage.cli import main
from outage.incident.record import Incident, load

HANDBOOK = """
company: {name: Larkfield, timezone: Europe/London}
divisions:
  shop: {name: Shop, areas: [basket, search]}
  payments: {name: Payments, areas: [checkout]}
severities:
  sev1:
    name: Sev 1
    meaning: Worst
    commander: 10m
    first_message: {responders: 5m, executives: 15m, customers: 15m}
    cadence: {responders: 15m, executives: 30m, customers: 30m}
  sev2: {name: Sev 2, meaning: Bad}
  sev3: {name: Sev 3, meaning: Small}
channels:
  company: "#company"
  incident: {name: "#inc-{incident}", address: secret://env/INCIDENT_URL}
"""


class Answer(NamedTuple):
    """What a command said: exit code, output and errors."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Terminal:
    """A terminal in a handbook."""

    root: Path
    captured: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Answer:
        self.captured.readouterr()
        with pytest.raises(SystemExit) as exit_:
            main(list(arguments))
        out, err = self.captured.readouterr()
        return Answer(int(exit_.value.code or 0), out, err)

    def said(self, *arguments: str, ends: int = 0) -> str:
        """Output and errors of a command that must end with this exit code."""
        answer = self(*arguments)
        assert answer.code == ends, answer.err + answer.out
        return answer.out + answer.err

    def ok(self, *arguments: str) -> str:
        """The output of a command that must succeed."""
        answer = self(*arguments)
        assert answer.code == 0, answer.err + answer.out
        return answer.out

    def refused(self, *arguments: str) -> str:
        """The words of a command that must be refused."""
        answer = self(*arguments)
        assert answer.code == 2, answer.err + answer.out
        assert "Traceback" not in answer.err
        return answer.err

    @property
    def folders(self) -> list[Path]:
        return sorted(path for path in (self.root / "incidents").glob("*") if path.is_dir())

    @property
    def folder(self) -> Path:
        (folder,) = self.folders
        return folder

    def named(self, part: str) -> Path:
        """The folder of the one incident whose id holds a text."""
        (folder,) = (folder for folder in self.folders if part in folder.name)
        return folder

    @property
    def incident(self) -> Incident:
        return load(self.folder)

    def texts(self) -> list[str]:
        return [entry.text for entry in self.incident.entries]
