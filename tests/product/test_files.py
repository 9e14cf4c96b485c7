"""Files: a reader sees the old content or the new, and a failure leaves the old and nothing else."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from outage import files


def test_a_file_is_replaced_and_keeps_its_rights(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    files.replace(file, "één")
    assert file.read_text(encoding="utf-8") == "één"
    file.chmod(0o640)
    files.replace(file, b"two")
    assert file.read_bytes() == b"two"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [file]


def test_a_secret_is_for_its_owner_alone_from_its_first_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, modes = os.write, list[int]()

    def look_and_write(file: int, content: memoryview) -> int:
        modes.append(stat.S_IMODE(os.fstat(file).st_mode))
        return write(file, content[:3])  # the system may take a part only

    monkeypatch.setattr(os, "write", look_and_write)
    files.replace(tmp_path / "passwords", "secret", mode=0o600)
    assert modes == [0o600, 0o600]
    assert (tmp_path / "passwords").read_text() == "secret"


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_file_and_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    file = tmp_path / "state.json"
    files.replace(file, "old")

    def fail(_: int) -> None:
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(type(error)):
        files.replace(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_new_file_never_takes_the_place_of_another_or_of_a_link(tmp_path: Path) -> None:
    files.create(tmp_path / "policy.yml", b"new")
    assert (tmp_path / "policy.yml").read_bytes() == b"new"
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("policy.yml", "link"):
        with pytest.raises(FileExistsError):
            files.create(tmp_path / name, b"other")
    assert not (tmp_path / "elsewhere").exists()
