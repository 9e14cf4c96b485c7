"""A handbook of one's own: the real policy and runbooks, committed, in a temporary folder."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.product.cli.processes import OUTAGE
from tests.sites import LARKFIELD

HANDBOOK = Path(__file__).parents[3]
Outage = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def handbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone's root, as a company has it: policy and runbooks on the reviewed branch."""
    monkeypatch.setenv("OUTAGE_LOCKS", str(tmp_path))  # the labs of tests beside this one are other targets
    root = tmp_path / "handbook"
    root.mkdir()
    shutil.copy(HANDBOOK / LARKFIELD, root / "handbook.yml")
    shutil.copytree(HANDBOOK / "runbooks", root / "runbooks")
    git = ["git", "-c", "user.name=Test", "-c", "user.email=test@example.org", "-C", str(root)]
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "Reviewed"], check=True)
    return root


@pytest.fixture
def outage(handbook: Path) -> Outage:
    """Runs ``outage ...`` in that handbook, as a process of its own."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*OUTAGE, *words], cwd=handbook, capture_output=True, text=True, check=False, timeout=100
        )

    return run
