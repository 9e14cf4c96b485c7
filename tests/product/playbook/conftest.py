"""A handbook with our own playbook, and the command line inside it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sites import LARKFIELD

ROOT = Path(__file__).parents[3]


@pytest.fixture
def handbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the handbook, as far as its playbooks need it; it posts nowhere and pushes nothing."""
    shutil.copy(ROOT / LARKFIELD, tmp_path / "handbook.yml")
    shutil.copytree(ROOT / "playbooks", tmp_path / "playbooks")
    shutil.copytree(ROOT / "process", tmp_path / "process")
    (tmp_path / "runbooks").mkdir()
    shutil.copy(ROOT / "runbooks/blocked-queries.ipynb", tmp_path / "runbooks")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTAGE_BY", "Ines")
    monkeypatch.delenv("OUTAGE_INCIDENT", raising=False)
    return tmp_path


@pytest.fixture
def outage(handbook: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """``outage ...`` as it is typed, in this process; returns what it prints, and asserts how it ends."""
    from outage.cli import main

    def run(*arguments: str, ends: int = 0) -> str:
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        printed = capsys.readouterr()
        assert ended.value.code == ends, printed.err
        return printed.out + printed.err

    return run
