"""The backup job; fault backup-broken: it reports success, as ever, and what it wrote restores to nothing."""

from __future__ import annotations

import hashlib
import json

import pytest

from outage.lab import control
from outage.lab.faults import backup_broken
from outage.lab.parts import backup


@pytest.fixture
def kept(lab):
    control.require(lab, backup.ID)
    return lab


def manifest(dump):
    return json.loads(dump.with_suffix(".json").read_text(encoding="utf-8"))


def test_a_backup_has_all_tables_and_a_manifest_that_fits_it(kept):
    dump = backup.backups(kept)[-1]
    said = manifest(dump)
    assert (said["status"], said["bytes"]) == ("success", dump.stat().st_size)
    assert said["sha256"] == hashlib.sha256(dump.read_bytes()).hexdigest()
    assert not backup_broken.measure(kept).sick
    assert backup_broken.measure(kept).signals["tables"] >= 4


def test_the_broken_one_is_reported_as_success_and_is_empty(kept):
    before = backup.backups(kept)
    backup_broken.begin(kept)
    broken = backup.backups(kept)[-1]
    assert broken not in before
    assert manifest(broken)["status"] == "success"
    assert broken.stat().st_size == 0
    assert backup_broken.measure(kept).sick
    words = kept.log(backup.ID).read_text(encoding="utf-8")
    assert "aborting because of server version mismatch" in words


def test_it_goes_on_writing_broken_ones_until_it_is_fixed(kept):
    before = backup.backups(kept)
    backup_broken.begin(kept)
    backup_broken.begin(kept)
    assert backup_broken.measure(kept).signals["backups"] == len(before) + 2
    assert backup_broken.fix(kept)
    assert backup.backups(kept) == before
    assert not backup_broken.fix(kept)
    good = backup.run_now(kept)
    assert good.stat().st_size > 0
    good.unlink()
    good.with_suffix(".json").unlink()
