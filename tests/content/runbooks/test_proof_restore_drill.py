"""Runbook restore-drill against backups that are broken, cut short, old or absent: what it says and does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from outage.kit import CheckFailed, scratch
from outage.lab import control, postgres
from outage.lab.faults import backup_broken
from outage.lab.parts import backup
from tests.content.runbooks.cells import assignments, stage

ABOUT = ("runbooks/restore-drill.ipynb",)
NAME = "restore-drill"


@pytest.fixture
def kept(libpq, monkeypatch):
    """The lab with its backup job, and the variable that leads to the backups."""
    control.require(libpq, backup.ID)
    for name, value in control.build_environment(libpq).items():
        monkeypatch.setenv(name, value)
    yield libpq
    for file in backup.backups(libpq)[1:]:
        file.unlink()
        file.with_suffix(".json").unlink()


def scratch_folders():
    return set(Path(tempfile.gettempdir()).glob("outage-scratch-*"))


def test_a_broken_backup_is_found_a_good_one_taken_proved_and_removed_again(kept):
    backup_broken.begin(kept)
    broken = backup.backups(kept)[-1]
    plan = stage(NAME, *assignments(kept, backup_broken.FAULT)).plan()
    (action,) = plan.actions
    assert action.target.startswith(f"folder {backup.folder(kept)}")
    assert "the job reported 'success'" in plan.text
    assert "WRONG: pg_restore: pg_restore: error: input file is too short" in plan.text
    assert "Older: " in plan.text
    assert "The newest backup that restores is " in plan.text
    done = plan.apply()
    assert "The fresh backup restores whole." in done.text
    assert broken.exists(), "the broken one is evidence"
    fresh = backup.backups(kept)[-1]
    assert json.loads(fresh.with_suffix(".json").read_text(encoding="utf-8"))["bytes"] == fresh.stat().st_size

    done.undo()
    assert backup.backups(kept)[-1] == broken


def test_a_good_backup_passes_and_nothing_is_proposed(kept):
    plan = stage(NAME).plan()
    assert plan.actions == []
    assert "The drill is passed" in plan.text
    assert "Restored in " in plan.text
    assert "0 ms before the primary's" in plan.text


def test_rows_that_are_missing_are_found_by_comparing_with_the_primary(kept):
    """A backup that can be read is not enough: this one was cut short while it was taken."""
    good = backup.backups(kept)[-1]
    cut = good.with_name("shop-99991231T000000.000000Z.dump")
    programs = postgres.find_programs()
    listed = subprocess.run(
        [str(programs / "pg_restore"), "-l", str(good)], capture_output=True, text=True, check=True
    )
    kept_lines = [line for line in listed.stdout.splitlines() if "TABLE DATA public order_lines" not in line]
    with scratch.server(scratch.programs(programs, 18)) as server:
        chosen = server.folder / "list"
        chosen.write_text("\n".join(kept_lines), encoding="utf-8")
        where = f"host={server.folder} port=5432 user=scratch dbname=restored"
        restore = ["pg_restore", "--no-owner", "--no-privileges", "-L", str(chosen), "-d", where, str(good)]
        subprocess.run([programs / restore[0], *restore[1:]], check=True)
        subprocess.run([programs / "pg_dump", "-Fc", "-f", cut, "-d", where], check=True)
    cut.with_suffix(".json").write_text('{"status": "success"}', encoding="utf-8")
    plan = stage(NAME).plan()
    assert "WRONG: public.order_lines has 0 rows, the primary 1200" in plan.text
    assert len(plan.actions) == 1


def test_a_backup_that_is_too_old_is_wrong_however_good_it_is(kept):
    newest = backup.backups(kept)[-1]
    state = newest.stat()
    os.utime(newest, (state.st_atime, state.st_mtime - 3 * 86400))
    try:
        plan = stage(NAME).plan()
    finally:
        os.utime(newest, (state.st_atime, state.st_mtime))
    assert "WRONG: the newest is 3 days, 0:0" in plan.text
    assert len(plan.actions) == 1


def test_no_backup_at_all_is_the_worst_case_and_one_is_taken(kept, tmp_path):
    done = stage(NAME, f"folder={tmp_path}").plan()
    assert "WRONG: there are no backups" in done.text
    assert "NO BACKUP RESTORES." in done.text
    done.apply()
    (dump,) = tmp_path.glob("*.dump")
    assert "The fresh backup restores whole." in done.text
    done.undo()
    assert list(tmp_path.iterdir()) == []
    assert not dump.exists()


def test_a_pg_dump_that_fails_leaves_nothing_and_says_why(kept, tmp_path):
    older = postgres.find_programs().parents[1] / "pginstall" / "bin"
    done = stage(NAME, f"folder={tmp_path}").plan()
    done.scope["binaries"] = older
    with pytest.raises(CheckFailed, match="pg_dump failed: .*server version mismatch"):
        done.apply()
    assert list(tmp_path.iterdir()) == []


def test_the_scratch_server_leaves_nothing_also_when_the_drill_stops(kept):
    before = scratch_folders()
    with pytest.raises(ZeroDivisionError), scratch.server(scratch.programs(None, 18)) as server:
        assert server.folder in scratch_folders() - before
        assert server.folder.stat().st_mode & 0o077 == 0, "nobody else may enter"
        raise ZeroDivisionError
    assert not server.folder.exists()


def test_programs_that_are_too_old_are_named(kept):
    older = postgres.find_programs().parents[1] / "pginstall" / "bin"
    with pytest.raises(CheckFailed, match="is version 16") as failed:
        stage(NAME, f"programs={older}").run("setup", "check")
    assert "install postgresql-18" in failed.value.hint


def test_programs_that_are_not_there_are_named(kept, tmp_path):
    with pytest.raises(CheckFailed, match="no programs of PostgreSQL 18 or later: .* lacks one of initdb"):
        stage(NAME, f"programs={tmp_path}").run("setup", "check")


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("folder=/nowhere/backups", "/nowhere/backups is no folder"),
        ("backup_user=outage_monitor", r"outage_monitor \(backup_user\) may not read every table: customers"),
        ("backup_user=outage_raeder", "no session as outage_raeder"),
    ],
)
def test_what_is_wrong_with_the_way_there_is_named(kept, assignment, words):
    with pytest.raises(CheckFailed, match=words):
        stage(NAME, assignment).run("setup", "check")


def test_without_a_folder_it_says_how_to_name_one(kept, monkeypatch):
    monkeypatch.delenv(backup.VARIABLE)
    with pytest.raises(CheckFailed, match="name the folder of the backups") as failed:
        stage(NAME).run("setup", "check")
    assert "export OUTAGE_BACKUPS" in failed.value.hint


def test_an_unreachable_server_fails_the_check_in_words(kept, outage, monkeypatch):
    monkeypatch.setenv("PGPORT", "1")
    failed = outage("run", NAME)
    assert failed.returncode == 1
    assert "look at PGHOST and PGPORT" in failed.stdout
    assert "Traceback" not in failed.stdout + failed.stderr


def test_hostile_names_of_files_stay_text(kept, tmp_path):
    name = "x\x1b[2J<script>.dump"
    shutil.copy(backup.backups(kept)[0], tmp_path / name)
    text = stage(NAME, f"folder={tmp_path}").plan().text
    assert "\x1b" not in text
    assert "x\\x1b[2J<script>.dump" in text
