"""Runbook disk-full against a full disk: what goes, what never does, and what comes back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from outage.kit import CheckFailed
from outage.lab import control
from outage.lab.faults import disk_full
from outage.lab.fingerprint import find_differences, take_fingerprint
from outage.lab.parts import dispatch
from tests.content.runbooks.cells import assignments, stage

ABOUT = ("runbooks/disk-full.ipynb",)
NAME = "disk-full"


@pytest.fixture
def full(lab):
    """The lab with its small disk, and no byte of it free."""
    disk_full.begin(lab)
    return lab


def old(folder: Path, name: str, size: int = 4096) -> Path:
    """A file as the patterns allow it, last written long ago."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x" * size)
    os.utime(file, (1_700_000_000, 1_700_000_000))
    return file


def candidates(folder: Path, *more: str) -> list[str]:
    """What would go from a folder of our own, of which all is wanted free."""
    plan = stage(NAME, f"path={folder}", "free=0.999999", *more).plan()
    return [action.data["name"] for action in plan.actions]


def test_the_oldest_allowed_files_go_until_there_is_room_and_the_service_writes(full):
    plan = stage(NAME, *assignments(full, disk_full.FAULT)).plan()
    assert [action.data["name"] for action in plan.actions] == [
        "exports/stock-3.csv",
        "exports/stock-2.csv",
        "exports/stock-1.csv",
        "log/debug.log.12",
        "log/debug.log.11",
    ]
    assert {action.undo for action in plan.actions} == {f"copy back from {full.place('aside')}"}
    assert "16 MiB, 0 bytes free (0%)" in plan.text
    assert "read-only is NOT ENFORCED" in plan.text
    done = plan.apply()
    assert "A file of 64 KiB was written and removed again." in done.text
    assert "The service says 200." in done.text
    left = {path.name for path in (dispatch.disk(full) / "log").iterdir()}
    assert left == {f"debug.log.{number}" for number in range(1, 11)}


def test_an_undo_brings_every_file_back_from_its_copy(full):
    before = take_fingerprint(full)
    done = stage(NAME, *assignments(full, disk_full.FAULT)).plan().apply()
    assert len(find_differences(before, take_fingerprint(full))) == 5
    done.undo()
    assert find_differences(before, take_fingerprint(full)) == set()


def test_without_copies_an_undo_says_that_it_cannot(full):
    done = stage(NAME, f"path={dispatch.disk(full)}").plan().apply()
    with pytest.raises(CheckFailed, match="was not kept") as failed:
        done.undo()
    assert "cannot be brought back" in failed.value.hint


def test_with_room_enough_nothing_has_to_go(lab):
    control.require(lab, dispatch.ID)
    plan = stage(NAME, f"path={dispatch.disk(lab)}").plan()
    assert plan.actions == []
    assert "Nothing has to go." in plan.text


def test_a_file_that_was_written_to_since_the_plan_stays(full):
    plan = stage(NAME, f"path={dispatch.disk(full)}", "free=0.1").plan()
    first = dispatch.disk(full) / plan.actions[0].data["name"]
    os.utime(first)
    done = plan.apply_only_change()
    assert f"{plan.actions[0].data['name']}: stays, it has changed since the plan" in done.text
    assert first.exists()


def test_if_what_is_allowed_is_too_little_it_fails_and_says_so(full):
    plan = stage(NAME, f"path={dispatch.disk(full)}", 'may_go=["exports/*.csv"]', "free=0.9").plan()
    assert len(plan.actions) == 3
    with pytest.raises(CheckFailed, match="still too little room"):
        plan.apply()


def test_a_service_that_does_not_recover_is_named(full):
    health = "health=http://127.0.0.1:1/"
    with pytest.raises(CheckFailed, match="is still not written to by its service"):
        stage(NAME, f"path={dispatch.disk(full)}", health, "time_limit=1s").plan().apply()


class TestNever:
    """What stays, whatever the patterns say."""

    def test_a_file_outside_the_patterns_or_deeper_than_they_say(self, tmp_path):
        goes = old(tmp_path, "log/shop.log.1")
        for name in ("log/shop.log", "log/deep/shop.log.1", "data/shop.log.1", "shop.log.1"):
            old(tmp_path, name)
        assert candidates(tmp_path) == [str(goes.relative_to(tmp_path))]

    @pytest.mark.parametrize("folder", ["db/log", "log"])
    def test_a_file_in_a_databases_folder(self, tmp_path, folder):
        old(tmp_path, f"{folder}/shop.log.1")
        old(tmp_path, f"{folder.partition('/')[0]}/PG_VERSION")
        assert candidates(tmp_path, 'may_go=["db/log/*", "log/*.log.*"]') == []

    def test_write_ahead_log(self, tmp_path):
        old(tmp_path, "pg_wal/000000010000000000000001")
        assert candidates(tmp_path, 'may_go=["pg_wal/*"]') == []

    def test_a_young_file(self, tmp_path):
        os.utime(old(tmp_path, "log/shop.log.1"))
        assert candidates(tmp_path) == []

    def test_a_file_that_a_program_has_open(self, tmp_path):
        with old(tmp_path, "log/shop.log.1").open("rb"):
            assert candidates(tmp_path) == []

    def test_a_file_with_a_second_name(self, tmp_path):
        (tmp_path / "second").hardlink_to(old(tmp_path, "log/shop.log.1"))
        assert candidates(tmp_path) == []

    def test_what_a_link_leads_to(self, tmp_path):
        old(tmp_path, "outside/shop.log.1")
        (tmp_path / "disk").mkdir()
        (tmp_path / "disk" / "log").symlink_to(tmp_path / "outside")
        (tmp_path / "disk" / "exports").mkdir()
        (tmp_path / "disk" / "exports" / "x.csv").symlink_to(tmp_path / "outside" / "shop.log.1")
        assert candidates(tmp_path / "disk") == []

    def test_what_a_link_leads_to_that_was_put_there_after_the_plan(self, full):
        disk = dispatch.disk(full)
        plan = stage(NAME, f"path={disk}", "free=0.1").plan()
        assert {action.data["name"].partition("/")[0] for action in plan.actions} == {"exports"}
        (disk / "exports").rename(disk / "moved")
        (disk / "exports").symlink_to("moved")
        try:
            with pytest.raises(CheckFailed, match="may not be removed by you: Not a directory"):
                plan.apply_only_change()
        finally:
            (disk / "exports").unlink()
            (disk / "moved").rename(disk / "exports")
        assert len(list((disk / "exports").iterdir())) == 3


@pytest.mark.parametrize("pattern", ["../*", "log/../../*", "/etc/*"])
def test_a_pattern_that_leads_out_of_the_disk_is_refused(tmp_path, pattern):
    with pytest.raises(CheckFailed, match="leads out of the disk"):
        stage(NAME, f"path={tmp_path}", f'may_go=["{pattern}"]').run("setup", "check")


def test_copies_on_the_same_disk_are_refused(tmp_path):
    (tmp_path / "aside").mkdir()
    with pytest.raises(CheckFailed, match="is on the same disk"):
        stage(NAME, f"path={tmp_path}", f"aside={tmp_path / 'aside'}").run("setup", "check")


def test_hostile_names_stay_text(tmp_path):
    old(tmp_path, "log/x\x1b[2J\n.log.1; rm -rf *")
    plan = stage(NAME, f"path={tmp_path}", "free=0.999999").plan()
    assert "\x1b" not in plan.text
    assert plan.actions[0].command.startswith("rm '")


def test_a_path_that_is_not_there_starts_nothing_that_changes(outage, tmp_path):
    failed = outage("run", NAME, "-p", f"path={tmp_path / 'nowhere'}")
    assert failed.returncode == 1
    assert "is no folder" in failed.stdout
    assert "Traceback" not in failed.stdout + failed.stderr


def test_the_path_has_to_be_said(outage):
    refused = outage("run", NAME)
    assert refused.returncode == 2
    assert "path" in refused.stderr
