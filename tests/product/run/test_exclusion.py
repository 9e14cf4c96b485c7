"""Of two applies of one runbook to one target one is refused, whichever clone or spelling it comes from."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from outage.errors import Failed, Refused
from outage.run import exclusion
from outage.run.exclusion import find_lock_folder, hold_locks
from outage.run.lines import TargetData
from tests.product.run.build import Handbook, touching
from tests.product.run.running import run

pytestmark = pytest.mark.usefixtures("nothing_is_left")


@pytest.fixture
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This machine's folder of locks, for one test."""
    folder = tmp_path / "locks"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o1777)
    monkeypatch.setattr(exclusion, "FOLDERS", (folder,))
    monkeypatch.delenv("OUTAGE_LOCKS", raising=False)
    return folder


def postgres(*hosts: str, port: str | None = None, database: str = "shop") -> TargetData:
    words = " and ".join(hosts)
    more = {"production": False, "port": port, "database": database}
    return TargetData(words=words, kind="PostgreSQL", host=words, hosts=hosts, **more)


@contextmanager
def applied(target: TargetData, runbook: str = "fix") -> Iterator[None]:
    with hold_locks(runbook, target, "20261120-1-fix-abcd, started by Ines in /srv/a"):
        yield


def test_another_clone_is_refused_and_told_who_and_where(
    handbook: Handbook,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    locks: Path,
) -> None:
    handbook.write("touch", touching())
    other = Handbook(tmp_path / "other")
    other.write("touch", touching())
    refused = []

    def meanwhile(kind: str, data: object) -> None:
        if kind == "actions":
            monkeypatch.chdir(other.root)
            with pytest.raises(Refused, match="'touch' is being applied to this target by 2") as error:
                run("touch", f"path={tmp_path / 'x'}", apply=True, unreviewed="a test", by="Bo")
            refused.append(error.value.message)
            monkeypatch.chdir(handbook.root)

    run("touch", f"path={tmp_path / 'x'}", apply=True, unreviewed="a test", observe=meanwhile)
    assert refused[0].endswith(f"started by Ines in {handbook.root}")
    assert not other.runs(), "a refusal starts nothing"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (postgres("localhost"), postgres("127.0.0.1")),
        (postgres("localhost"), postgres("::1", port="5432")),
        (postgres("DB1"), postgres("db1.")),
        (postgres("db1", "db2"), postgres("db2")),
    ],
    ids=["localhost", "port", "capitals", "one-of-two"],
)
def test_another_spelling_of_the_target_is_excluded(locks: Path, one: TargetData, other: TargetData) -> None:
    with applied(one), pytest.raises(Refused, match="by 20261120-1-fix-abcd, started by Ines in /srv/a"):
        with applied(other):
            pass
    with applied(other):
        """It is free again."""


def test_other_targets_and_runbooks_exclude_nobody(locks: Path) -> None:
    with applied(postgres("db1")), applied(postgres("db2")), applied(postgres("db1", database="x")):
        with applied(postgres("db1"), runbook="look"):
            """None of them waits for another."""


def test_locks_work_for_several_users(locks: Path) -> None:
    before = os.umask(0o077)
    try:
        with applied(postgres("db1")):
            (lock,) = locks.iterdir()
    finally:
        os.umask(before)
    assert stat.S_IMODE(lock.stat().st_mode) == 0o666
    assert lock.read_bytes() == b"", "who held it is no one's business afterwards"


def test_a_lock_that_was_cleared_away_while_it_was_taken_is_made_again(
    locks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with applied(postgres("db1")):
        (lock,) = locks.iterdir()
    flock, left = fcntl.flock, [1]

    def cleared(descriptor: int, how: int) -> None:
        flock(descriptor, how)
        if left:
            left.pop()
            lock.unlink()

    monkeypatch.setattr("outage.locks.fcntl.flock", cleared)
    with applied(postgres("db1")), pytest.raises(Refused):
        with applied(postgres("db1")):
            pass


def test_a_link_or_another_thing_in_its_place_is_not_followed(locks: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("kept")
    with applied(postgres("db1")):
        (lock,) = locks.iterdir()
    lock.unlink()
    lock.symlink_to(precious)
    with pytest.raises(Failed, match="the lock cannot be taken") as failed, applied(postgres("db1")):
        pass
    assert "export OUTAGE_LOCKS=DIR" in str(failed.value.hint)
    assert precious.read_text() == "kept"
    lock.unlink()
    os.mkfifo(lock)
    with pytest.raises(Failed, match="this is no plain file"), applied(postgres("db1")):
        pass


def test_the_folder_is_chosen_by_what_it_is_and_not_by_who_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, shared = tmp_path / "own", tmp_path / "shared"
    own.mkdir(0o755)
    shared.mkdir()
    shared.chmod(0o1777)
    monkeypatch.setattr(exclusion, "FOLDERS", (tmp_path / "absent", own, shared))
    assert find_lock_folder({}) == shared
    assert find_lock_folder({"OUTAGE_LOCKS": str(own)}) == own


def test_a_machine_without_such_a_folder_is_told_what_to_do(
    handbook: Handbook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exclusion, "FOLDERS", (tmp_path / "absent",))
    monkeypatch.delenv("OUTAGE_LOCKS")
    handbook.write("touch", touching())
    with pytest.raises(Failed, match="could not exclude each other: nothing was started") as failed:
        run("touch", f"path={tmp_path / 'x'}", apply=True, unreviewed="a test")
    assert "mkdir -m 1777 DIR; export OUTAGE_LOCKS=DIR" in str(failed.value.hint)
    assert not handbook.runs()
    assert run("touch", f"path={tmp_path / 'x'}").state == "succeeded", "a plan needs no lock"
    monkeypatch.setenv("OUTAGE_LOCKS", str(tmp_path / "gone"))
    with pytest.raises(Failed, match=r"\$OUTAGE_LOCKS is no folder"):
        run("touch", f"path={tmp_path / 'x'}", apply=True, unreviewed="a test")
