"""Work on many machines: what Ansible really did on each, and in words why it did not."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from outage.kit import RunbookError, haproxy, manifest
from outage.kit.fleet import natural, play, table
from tests.waiting import eventually

LOCAL = {"ansible_connection": "local"}
DEAD = {
    "ansible_connection": "ssh",
    "ansible_host": "127.0.0.1",
    "ansible_port": 1,
    "ansible_ssh_args": "-F none -o BatchMode=yes",
}
TELL = """
- hosts: "{{ fleet }}"
  gather_facts: false
  tasks:
    - tell: {words: "{{ inventory_hostname }}"}
"""
MODULE = """
from ansible.plugins.action import ActionBase
class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        words = self._task.args["words"]
        if words == "bad1":
            return {"failed": True, "msg": "it\\nis \\x1b[31mbroken"}
        return {"outage": {"words": words, "check": self._task.check_mode}, "outage_says": f"here is {words}"}
"""


@pytest.fixture
def ansible(tmp_path, monkeypatch):
    """Writes an inventory, and gives the playbook that plays on it; no process is started on the hosts."""
    (tmp_path / "handbook.yml").touch()
    (tmp_path / "plays" / "action_plugins").mkdir(parents=True)
    (tmp_path / "plays" / "tell.yml").write_text(TELL, encoding="utf-8")
    reach = TELL.replace("tasks:", "tasks:\n    - raw: 'true'")
    (tmp_path / "plays" / "reach.yml").write_text(reach, encoding="utf-8")
    (tmp_path / "plays" / "action_plugins" / "tell.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "plays" / "library").mkdir()
    (tmp_path / "plays" / "library" / "tell.py").write_text("", encoding="utf-8")
    (tmp_path / "ansible.cfg").write_text(
        f"[defaults]\nforks = 20\nhome = {tmp_path}/home\ntimeout = 5\n", "utf-8"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANSIBLE_INVENTORY", str(tmp_path / "inventory.json"))
    monkeypatch.setenv("ANSIBLE_CONFIG", str(tmp_path / "ansible.cfg"))
    monkeypatch.setenv("PATH", os.defpath)  # Ansible is found beside our Python

    def write(**hosts):
        content = json.dumps({"web": {"hosts": hosts}})
        (tmp_path / "inventory.json").write_text(content, encoding="utf-8")

    return write


def test_one_dead_host_is_named_and_the_others_are_reported(ansible):
    ansible(web1=LOCAL, web2=DEAD, web10=LOCAL, bad1=LOCAL)
    said: list[str] = []
    handlers = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    played = play("plays/reach.yml", variables={"fleet": "web"}, show=said.append)
    assert [host.name for host in played.done] == ["web1", "web10"]
    assert played.hosts["web10"].told == {"words": "web10", "check": False}
    assert [host.name for host in played.unreachable] == ["web2"]
    assert played.hosts["web2"].why.startswith("ssh: connect to host 127.0.0.1 port 1: Connection refused")
    assert [(host.name, host.why) for host in played.failed] == [("bad1", "it is \\x1b[31mbroken")]
    assert set(said) == {"web1: here is web1", "web10: here is web10"}
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == handlers


@pytest.mark.parametrize(
    ("variable", "value"), [("LC_ALL", "C"), ("LC_ALL", "xx_XX.UTF-8"), ("LANG", "xx_XX.UTF-8")]
)
def test_any_locale_will_do_installed_or_not(ansible, monkeypatch, variable, value):
    ansible(web1=LOCAL)
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv(variable, value)
    assert [host.name for host in play("plays/tell.yml", variables={"fleet": "web"}).done] == ["web1"]


def test_two_hundred_hosts(ansible):
    ansible(**{f"web{number}": LOCAL for number in range(1, 201)})
    played = play("plays/tell.yml", variables={"fleet": "web"}, looking=True)
    assert len(played.done) == 200
    assert played.done[-1].name == "web200"
    assert all(host.told["check"] for host in played.done), "looking is Ansible's check mode"


def test_only_the_hosts_that_are_named(ansible):
    ansible(web1=LOCAL, web2=LOCAL)
    assert list(play("plays/tell.yml", variables={"fleet": "web"}, hosts=["web2"]).hosts) == ["web2"]


def test_a_group_that_the_inventory_lacks(ansible):
    ansible(web1=LOCAL)
    with pytest.raises(RunbookError, match="the inventory has no such hosts") as failed:
        play("plays/tell.yml", variables={"fleet": "wbe"})
    assert "ANSIBLE_INVENTORY" in failed.value.hint


def test_a_playbook_that_is_none_is_told_in_ansibles_words(ansible, tmp_path):
    ansible(web1=LOCAL)
    (tmp_path / "plays" / "tell.yml").write_text("- hosts: [", encoding="utf-8")
    with pytest.raises(RunbookError, match=r"ansible-playbook ended with \d+: .*YAML") as failed:
        play("plays/tell.yml", variables={"fleet": "web"})
    assert "inventory" not in failed.value.hint.lower()  # it was read


def test_an_interrupt_ends_ansible_and_everything_that_it_started(ansible, tmp_path):
    slow = TELL.replace("tasks:", f"tasks:\n    - raw: 'echo $$ > {tmp_path}/pid; exec sleep 100'")
    (tmp_path / "plays" / "tell.yml").write_text(slow, encoding="utf-8")
    ansible(web1=LOCAL)
    pid = tmp_path / "pid"

    def interrupt():
        while not (pid.exists() and pid.read_text(encoding="utf-8").strip()):
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        play("plays/tell.yml", variables={"fleet": "web"})
    thread.join()
    process = int(pid.read_text(encoding="utf-8"))
    eventually(lambda: not Path(f"/proc/{process}").exists())


def test_nothing_of_a_play_is_left_behind(ansible, tmp_path, monkeypatch):
    ansible(web1=LOCAL)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    play("plays/tell.yml", variables={"fleet": "web"})
    assert list((tmp_path / "tmp").iterdir()) == []


def test_people_count_web2_before_web10():
    assert natural(["web10", "web2", "db1", "web"]) == ["db1", "web", "web2", "web10"]


def test_a_table_stays_a_table_whatever_stands_in_it():
    shown = table(("A", "B"), [("x\ny", "\x1b[2J"), ("longer", 1)])
    assert shown.splitlines() == ["A       B", "x y     \\x1b[2J", "longer  1"]


# ---------------------------------------------------------------- HAProxy

STAT = """# pxname,svname,scur,status,
shop,FRONTEND,3,OPEN,
web,web1,2,UP,
web,web2,,DRAIN,
web,BACKEND,3,UP,
"""


@pytest.fixture
def door(tmp_path, monkeypatch):
    """An HAProxy's socket that answers from a table."""
    path = str(tmp_path / "s")
    answers = {"show stat": STAT}
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()

    def serve():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                asked = client.recv(1000).decode().strip()
                client.sendall(answers.get(asked, "Permission denied.\n").encode())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    monkeypatch.setenv(haproxy.LOOKING, path)
    yield answers
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def test_the_servers_of_a_backend(door):
    found = haproxy.servers("web")
    assert [(each.name, each.status, each.sessions, each.serves) for each in found.values()] == [
        ("web1", "UP", 2, True),
        ("web2", "DRAIN", 0, False),
    ]
    with pytest.raises(RunbookError, match="no backend wbe"):
        haproxy.servers("wbe")


def test_whether_a_socket_may_change_is_asked_by_what_changes_nothing(door):
    assert not haproxy.may_change(haproxy.LOOKING)
    door["set server no-such-backend/no-such-server state ready"] = "No such backend.\n"
    assert haproxy.may_change(haproxy.LOOKING)


@pytest.mark.parametrize(("path", "words"), [("", "is not set"), ("/nowhere", "does not answer at /nowhere")])
def test_no_haproxy_names_the_variable(monkeypatch, path, words):
    monkeypatch.setenv(haproxy.ADMIN, path)
    with pytest.raises(RunbookError, match=words) as failed:
        haproxy.ask(haproxy.ADMIN, "show info")
    assert haproxy.ADMIN in f"{failed.value}" or "stats socket" in failed.value.hint


# ---------------------------------------------------------------- the manifest


def test_the_manifest_tells_what_should_run_and_what_was_before(tmp_path, monkeypatch):
    file = tmp_path / "manifest.json"
    known = {"digests": {"1": "aa", "2": "bb", "3": "cc"}, "history": ["1", "2", "3"]}
    file.write_text(json.dumps(known), encoding="utf-8")
    monkeypatch.setenv(manifest.VARIABLE, str(file))
    read = manifest.read()
    assert (read.expected, read.before("3"), read.before("2"), read.before("1")) == ("3", "2", "3", "3")
    read.write([*read.history, "2"])
    assert manifest.read().expected == "2"
    assert manifest.read().digests == read.digests


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        ("{", "is no release manifest"),
        ("[]", "is no release manifest"),
        ('{"digests": {}, "history": []}', "does not say which release should run"),
        ('{"digests": {"1": "a"}, "history": ["2"]}', "does not say which release should run"),
    ],
)
def test_a_manifest_that_is_none(tmp_path, monkeypatch, content, words):
    file = Path(tmp_path / "manifest.json")
    if content is not None:
        file.write_text(content, encoding="utf-8")
    monkeypatch.setenv(manifest.VARIABLE, str(file))
    with pytest.raises(RunbookError, match=words):
        manifest.read()
    monkeypatch.delenv(manifest.VARIABLE)
    with pytest.raises(RunbookError, match="RELEASE_MANIFEST is not set"):
        manifest.read()
