"""The dispatch service and its small disk; fault disk-full: the kernel itself says that there is no room."""

from __future__ import annotations

import errno
import os

import pytest

from outage.errors import Refused
from outage.lab import control
from outage.lab.faults import disk_full
from outage.lab.parts import dispatch


@pytest.fixture
def small(lab):
    control.require(lab, dispatch.ID)
    return lab


def test_the_disk_has_a_size_of_its_own_and_the_service_writes_on_it(small):
    found = os.statvfs(dispatch.disk(small))
    assert found.f_blocks * found.f_frsize == dispatch.SIZE
    assert not disk_full.measure(small).sick
    assert dispatch.health(small)["written"] > 0


def test_full_means_that_a_write_fails_with_enospc(small):
    disk_full.begin(small)
    assert disk_full.measure(small).sick
    assert disk_full.measure(small).signals["free_bytes"] == 0
    assert dispatch.health(small)["error"] == "No space left on device"
    with pytest.raises(OSError, match="No space left") as failed:
        (dispatch.disk(small) / "one-more").write_bytes(b"x")
    assert failed.value.errno == errno.ENOSPC
    (dispatch.disk(small) / "one-more").unlink()


def test_fixed_the_service_writes_again(small):
    disk_full.begin(small)
    assert disk_full.fix(small)
    assert not disk_full.measure(small).sick
    assert not disk_full.fix(small)


def test_where_no_small_disk_can_be_had_it_refuses_and_fills_nothing(small, monkeypatch, tmp_path):
    """The ordinary folder that the service has then is on somebody's real disk."""
    monkeypatch.setattr(dispatch, "disk", lambda lab: tmp_path)
    with pytest.raises(Refused, match="nothing was filled") as refused:
        disk_full.begin(small)
    assert "user namespaces" in str(refused.value.hint)
    assert list(tmp_path.iterdir()) == []


def test_without_namespaces_the_service_runs_on_an_ordinary_folder(small, monkeypatch):
    monkeypatch.setattr(dispatch, "find_namespace", lambda: None)
    (program,) = dispatch.prepare(small)
    assert program.command[-1] == "0"
    assert "unshare" not in program.command[0]


def test_the_disk_is_gone_with_the_service(small):
    leads_to = os.readlink(dispatch.disk(small))  # noqa: PTH115 - as text: resolving leads elsewhere
    assert leads_to.startswith("/proc/")
    with open("/proc/mounts", encoding="utf-8") as mounts:  # noqa: PTH123
        assert str(small.folder) not in mounts.read(), "nobody else has it mounted"
