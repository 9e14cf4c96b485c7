"""Part sshd: the fleet is reachable as fleets are, and leaves no trace."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess

import pytest
import yaml

from outage.lab import control
from outage.lab.parts import sshd_folder
from outage.lab.parts.sshd import WEB


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    """A lab with nothing but its sshd."""
    folder = tmp_path_factory.mktemp("sshd lab") / "run"  # a space in the path: people have those
    lab, _ = control.up(folder, ["sshd"])
    yield lab
    control.down(folder)


def ssh(lab, name, *words, key="client", config="ssh_config"):
    place = lab.place("sshd")
    command = ["ssh", "-F", str(place / config), "-i", str(place / key), "-p", str(lab.port(f"sshd-{name}"))]
    return subprocess.run(
        [*command, "127.0.0.1", *words], capture_output=True, text=True, timeout=30, check=False
    )


def test_whoever_started_the_lab_logs_in_with_the_labs_key(fleet):
    done = ssh(fleet, "web8", "id", "-u")
    assert (done.returncode, done.stdout.strip()) == (0, str(os.geteuid())), done.stderr


def test_another_key_is_not_let_in(fleet, tmp_path):
    place = fleet.place("sshd")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "mine")], check=True)
    config = (place / "ssh_config").read_text(encoding="utf-8").replace(f"{place}/client", f"{tmp_path}/mine")
    (tmp_path / "config").write_text(config, encoding="utf-8")
    refused = ssh(fleet, "web1", "true", key=str(tmp_path / "mine"), config=str(tmp_path / "config"))
    assert refused.returncode == 255
    assert "Permission denied (publickey)" in refused.stderr


def test_each_server_has_a_host_key_of_its_own_and_another_is_noticed(fleet, tmp_path):
    place = fleet.place("sshd")
    keys = {(place / f"host-{name}.pub").read_text(encoding="ascii").split()[1] for name in WEB}
    assert len(keys) == len(WEB)
    known = (place / "known_hosts").read_text(encoding="ascii")
    one, two = (f":{fleet.port(f'sshd-{name}')} " for name in WEB[:2])
    swapped = known.replace(one, ":swap ").replace(two, one).replace(":swap ", two)
    (tmp_path / "known_hosts").write_text(swapped, encoding="ascii")
    config = (place / "ssh_config").read_text(encoding="utf-8")
    config = config.replace(str(place / "known_hosts"), str(tmp_path / "known_hosts"))
    (tmp_path / "config").write_text(config, encoding="utf-8")
    refused = ssh(fleet, "web1", "true", config=str(tmp_path / "config"))
    assert refused.returncode == 255
    assert "Host key verification failed" in refused.stderr


def test_keys_are_their_owners_alone(fleet):
    place = fleet.place("sshd")
    assert place.stat().st_mode & 0o077 == 0
    for name in ("client", *(f"host-{name}" for name in WEB)):
        assert (place / name).stat().st_mode & 0o077 == 0


def test_the_inventory_has_eight_hosts_in_the_group_web(fleet):
    inventory = yaml.safe_load((fleet.place("sshd") / "inventory.yml").read_text(encoding="utf-8"))
    assert tuple(inventory["web"]["hosts"]) == WEB
    assert control.build_environment(fleet)["ANSIBLE_INVENTORY"] == str(fleet.place("sshd") / "inventory.yml")


class TestFolderOfRoot:
    """sshd wants a folder when root starts it; the lab's is taken away again, Debian's never."""

    def test_the_last_lab_removes_what_the_first_made(self, tmp_path):
        folder = tmp_path / "sshd"
        first, second = sshd_folder.hold(folder), sshd_folder.hold(folder)
        sshd_folder.leave(first, folder)
        assert folder.is_dir(), "the second lab still needs it"
        sshd_folder.leave(second, folder)
        assert not folder.exists()

    def test_the_distributions_own_folder_stays(self, tmp_path):
        folder = tmp_path / "sshd"
        folder.mkdir(mode=0o755)
        sshd_folder.leave(sshd_folder.hold(folder), folder)
        assert folder.is_dir()

    def test_a_folder_that_goes_while_it_is_locked_is_made_again(self, tmp_path, monkeypatch):
        folder, lock, gone = tmp_path / "sshd", fcntl.flock, list[object]()

        def remove_first(handle, how):
            if not gone:
                gone.append(folder)
                shutil.rmtree(folder)
            lock(handle, how)

        monkeypatch.setattr(fcntl, "flock", remove_first)
        handle = sshd_folder.hold(folder)
        assert os.path.samestat(os.fstat(handle), folder.stat())
        os.close(handle)
