"""A handbook with a small case, for tests to add to."""

from __future__ import annotations

import shutil
from pathlib import Path

HANDBOOK = Path(__file__).with_name("handbook")
ROOT = Path(__file__).parents[3]
SMALL = "seven-of-eight"


def handbook(folder: Path) -> Path:
    """A copy of it; the sample policy is the handbook's own."""
    shutil.copytree(HANDBOOK, folder, dirs_exist_ok=True)
    shutil.copyfile(ROOT / "case-studies" / "policy.yml", folder / "case-studies" / "policy.yml")
    return folder


def case(root: Path, text: str, name: str = "x") -> Path:
    """A case of a handbook, written down; its folder."""
    folder = root / "case-studies" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "record.yml").write_text(text, encoding="utf-8")
    return folder
