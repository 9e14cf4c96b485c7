"""The sample drill can be played again: every command of it still works, against a real lab."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from outage.incident.record import load
from outage.policy import load_policy
from outage.render.incident.snapshot import load_snapshot
from outage.review.audit import audit
from tests.sites import LARKFIELD

ROOT = Path(__file__).parents[3]
GIT = ["git", "-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]


@pytest.fixture
def handbook(tmp_path):
    """A handbook of its own, committed, that shares nothing with anybody."""
    root = tmp_path / "handbook"
    for name in ("lab", "runbooks"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    policy = (ROOT / LARKFIELD).read_text(encoding="utf-8")
    (root / "handbook.yml").write_text(
        policy.replace("automatic: true", "automatic: false"), encoding="utf-8"
    )
    subprocess.run([*GIT, "init", "-q", "-b", "main"], cwd=root, check=True)
    subprocess.run([*GIT, "add", "."], cwd=root, check=True)
    subprocess.run([*GIT, "commit", "-q", "-m", "all"], cwd=root, check=True)
    return root


@pytest.mark.timeout(300)
def test_the_drill_can_be_played_at_any_pace(handbook):
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "OUTAGE_"))}
    command = [sys.executable, "-m", "outage.lab.sample_incident", "--pace", "0"]
    played = subprocess.run(command, cwd=handbook, env=own, capture_output=True, text=True, check=False)
    assert played.returncode == 0, played.stdout + played.stderr
    (folder,) = (handbook / "incidents").glob("*/")
    case = load_snapshot(folder, datetime.now(UTC))
    assert (case.incident.stage, case.incident.drill, case.incident.problems) == ("closed", True, ())
    assert [(run.journal.mode, run.journal.state) for run in case.runs if run.journal] == [
        ("plan", "failed"),
        ("plan", "succeeded"),
        ("apply", "succeeded"),
    ]


def test_the_sample_teaches_something():
    """What is committed has a promise that was kept late, a late entry, and a correction."""
    folders = list((ROOT / "incidents").glob("*-drill-*/"))
    assert folders
    for folder in folders:
        incident = load(folder)
        found = audit(incident, load_policy(folder / "policy.yml"), datetime.now(UTC))
        assert [finding.verdict for finding in found.broken] == ["late"]
        assert any(entry.late for entry in incident.entries)
        assert any(entry.corrections for entry in incident.entries)
