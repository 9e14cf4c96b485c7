"""Locks: waited for, tried, and taken on the file that has the name at the end."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from outage import locks


def opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT)


def test_a_lock_is_held_by_one_until_it_is_released(tmp_path: Path) -> None:
    with locks.hold(tmp_path / "lock") as first, locks.hold(tmp_path / "lock", wait=0) as second:
        assert (first, second) == (True, False)
    with locks.hold(tmp_path / "lock", wait=0) as third:
        assert third


def test_shared_locks_go_together_and_exclude_an_exclusive_one(tmp_path: Path) -> None:
    one, two, three = (opened(tmp_path / "lock") for _ in range(3))
    assert locks.take(one, shared=True, wait=0)
    assert locks.take(two, shared=True, wait=0)
    assert not locks.take(three, wait=0)
    locks.release(one)
    os.close(two)
    assert locks.take(three, wait=0)
    os.close(one)
    os.close(three)


@pytest.mark.parametrize("wait", [10.0, None])
def test_a_lock_is_waited_for(tmp_path: Path, wait: float | None) -> None:
    file = opened(tmp_path / "lock")
    assert locks.take(file)
    timer = threading.Timer(0.1, os.close, [file])
    timer.start()
    with locks.hold(tmp_path / "lock", wait=wait) as is_ours:
        assert is_ours
    timer.join()


def test_a_file_that_is_replaced_while_it_is_opened_is_opened_again(tmp_path: Path) -> None:
    path, opens = tmp_path / "record", list[int]()

    def open_and_replace() -> int:
        opens.append(opened(path))
        if len(opens) == 1:
            path.unlink()
        return opens[-1]

    file = locks.open_current(path, open_and_replace)
    assert len(opens) == 2
    assert locks.is_current(file, path)
    with pytest.raises(BlockingIOError, match="record"):
        locks.open_current(path, lambda: opened(path), wait=0)
    os.close(file)
