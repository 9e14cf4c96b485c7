"""A handbook with our own playbook."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.sites import LARKFIELD

ROOT = Path(__file__).parents[3]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the handbook, as far as its playbooks need it; it posts nowhere and pushes nothing."""
    shutil.copy(ROOT / LARKFIELD, tmp_path / "handbook.yml")
    shutil.copytree(ROOT / "playbooks", tmp_path / "playbooks")
    shutil.copytree(ROOT / "process", tmp_path / "process")
    (tmp_path / "runbooks").mkdir()
    shutil.copy(ROOT / "runbooks/blocked-queries.ipynb", tmp_path / "runbooks")
    return tmp_path
