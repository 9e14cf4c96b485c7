"""``outage doctor``: what would not work from here is found, in words, and nothing is changed by looking."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from outage.doctor import chat as chats
from outage.doctor import clock
from outage.doctor.finding import Finding
from outage.doctor.handbook import look as look_at_handbook
from outage.incident.notify.deliver import load_services
from outage.policy import parse_policy
from outage.project import find_project
from tests.product.run.build import POLICY, Handbook, code, prose, reading

POLICY_PARTS = """
channels:
  incident: {name: "#incident", address: secret://env/DOCTOR_CHAT}
"""


class Chat(BaseHTTPRequestHandler):
    """A chat server that counts what is posted, and whose clock may be wrong."""

    posted = 0
    away = timedelta(0)

    def do_HEAD(self):
        self.send_response_only(404)
        self.send_header("Date", format_datetime(datetime.now(UTC) + type(self).away, usegmt=True))
        self.end_headers()

    def do_POST(self):
        type(self).posted += 1
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def chat(monkeypatch) -> Iterator[type[Chat]]:
    kind = type("ThisChat", (Chat,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("DOCTOR_CHAT", f"json://127.0.0.1:{server.server_port}")
    yield kind
    server.shutdown()
    server.server_close()


@pytest.fixture
def handbook(tmp_path, monkeypatch) -> Handbook:
    """An empty handbook, in whose folder the test stands."""
    made = Handbook(tmp_path / "handbook")
    monkeypatch.chdir(made.root)
    return made


@pytest.fixture
def clinic(handbook: Handbook, monkeypatch, tmp_path) -> Handbook:
    """A handbook in git with a remote, one runbook and one channel."""
    for name in ("PROMETHEUS_URL", "ALERTMANAGER_URL", "PGHOST", "OUTAGE_INCIDENT", "OUTAGE_HANDBOOK"):
        monkeypatch.delenv(name, raising=False)
    policy = handbook.root / "handbook.yml"
    policy.write_text(policy.read_text() + POLICY_PARTS)
    handbook.write("look", reading("print('looked')"))
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(remote)], check=True)
    git(handbook, "init", "-q", "-b", "main")
    for key, value in (("user.name", "Ines"), ("user.email", "ines@example.org")):
        git(handbook, "config", key, value)
    git(handbook, "add", ".")
    git(handbook, "commit", "-q", "-m", "all")
    git(handbook, "remote", "add", "origin", str(remote))
    git(handbook, "push", "-q", "origin", "HEAD:main")
    return handbook


def git(handbook: Handbook, *words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=handbook.root, capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout.strip()


def doctor(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from outage.cli import main; main()", "doctor", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert "Traceback" not in done.stdout + done.stderr
    return done


def findings(code: int) -> dict[str, dict[str, str]]:
    done = doctor("--json")
    assert done.returncode == code, done.stdout + done.stderr
    return {f"{one['area']} {one['name']}": one for one in json.loads(done.stdout)["findings"]}


def test_where_everything_works_it_says_so_and_has_changed_nothing(clinic, chat):
    before = git(clinic, "status", "--porcelain"), git(clinic, "ls-remote", "origin")
    found = findings(0)
    assert {one["state"] for one in found.values()} == {"works"}, found
    assert set(found) == {
        *("handbook handbook", "handbook kernel", "handbook name", "handbook runbooks"),
        *("handbook age", "handbook push", "chat #incident", "clock clock", "runbooks look"),
    }
    assert (git(clinic, "status", "--porcelain"), git(clinic, "ls-remote", "origin")) == before
    assert chat.posted == 0
    assert clinic.runs() == []


def test_the_name_is_the_one_that_the_record_gets(clinic, monkeypatch):
    assert "record is signed 'Ines'\n" in doctor().stdout
    monkeypatch.setenv("OUTAGE_BY", "Ines Okafor")
    said = "name: what you record is signed 'Ines Okafor'; the commits that share it are signed 'Ines'\n"
    assert said in doctor().stdout


def test_for_people_it_is_a_line_each_and_a_last_one_that_counts(clinic, chat):
    said = doctor().stdout
    assert "Handbook\n  ✓ handbook: policy, pages, playbooks and runbooks are right\n" in said
    assert said.endswith("\n9 of 9 work.\n")


def test_a_chat_that_does_not_answer_is_named_with_its_address(clinic, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("DOCTOR_CHAT", f"json://127.0.0.1:{port}")
    found = findings(1)
    assert found["chat #incident"]["words"].startswith(f"127.0.0.1:{port} does not answer")
    assert found["clock clock"]["state"] == "unknown"


def test_behind_a_proxy_it_asks_the_proxy_and_on_loopback_never(chat, monkeypatch):
    load_services(["json://127.0.0.1"])
    policy = parse_policy(POLICY + POLICY_PARTS)
    monkeypatch.setenv("http_proxy", "127.0.0.1:9")
    assert [one.state for one in (*chats.look(policy), *clock.look(policy))] == ["works", "works"]
    monkeypatch.setenv("DOCTOR_CHAT", "json://chat.example")
    (found,) = chats.look(policy)
    assert found.words.startswith("127.0.0.1:9, the proxy to chat.example, does not answer")
    assert "http_proxy" in found.hint


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "the variable DOCTOR_CHAT holds nothing here"),
        ("hunter2:secret", "is no address that Apprise understands"),
    ],
)
def test_a_missing_or_senseless_address_is_told_and_never_shown(clinic, monkeypatch, value, words):
    monkeypatch.setenv("DOCTOR_CHAT", value)
    found = findings(1)
    assert words in found["chat #incident"]["words"]
    assert "hunter2" not in json.dumps(found)


@pytest.mark.parametrize(
    ("away", "said"), [(timedelta(minutes=3), "behind"), (timedelta(minutes=-3), "ahead of")]
)
def test_a_clock_that_is_wrong_is_told_with_its_direction(clinic, chat, away, said):
    chat.away = away
    found = findings(1)["clock clock"]
    assert found["state"] == "fails"
    assert f"s {said} that of 127.0.0.1" in found["words"]


def test_a_clone_that_lacks_what_the_remote_has_is_old(clinic, chat, tmp_path):
    other = tmp_path / "other"
    subprocess.run(["git", "clone", "-q", git(clinic, "remote", "get-url", "origin"), str(other)], check=True)
    (other / "new.txt").write_text("new")
    as_other = ["git", "-C", str(other), "-c", "user.name=Bo", "-c", "user.email=bo@example.org"]
    for words in (["add", "."], ["commit", "-q", "-m", "new"], ["push", "-q", "origin", "main"]):
        subprocess.run([*as_other, *words], check=True)
    found = findings(1)
    assert "has something that this clone lacks" in found["handbook age"]["words"]
    assert found["handbook age"]["hint"] == "git pull"
    assert found["handbook push"]["words"] == "'origin' would take a push, after a pull"


def test_a_remote_that_cannot_be_reached_fails_for_reading_and_writing(clinic, chat, tmp_path):
    git(clinic, "remote", "set-url", "origin", str(tmp_path / "gone.git"))
    found = findings(1)
    assert found["handbook age"]["state"] == found["handbook push"]["state"] == "fails"


def test_no_remote_is_no_failure_and_is_said(clinic, chat):
    git(clinic, "remote", "remove", "origin")
    assert "nobody else has" in findings(0)["handbook remote"]["words"]


def test_without_git_nothing_is_reviewed_or_shared(clinic, chat):
    (clinic.root / ".git").rename(clinic.root.parent / "elsewhere")
    assert findings(1)["handbook repository"]["words"] == "this is not a git repository"


def test_a_runbook_changed_since_its_commit_is_named(clinic, chat):
    clinic.write("look", reading("print('looked twice')"))
    found = findings(0)["handbook runbooks"]
    assert (found["state"], found["words"]) == ("look", "runbooks/look.ipynb differ from what is committed")


class TestTheClone:
    """In process, and of the clone alone: what git refuses, and what differs from what is reviewed."""

    def found(self, clinic: Handbook) -> dict[str, Finding]:
        project = find_project()
        return {one.name: one for one in look_at_handbook(project, project.policy())}

    def test_outputs_that_were_saved_in_a_runbook_are_no_change(self, clinic):
        path = clinic.root / "runbooks" / "look.ipynb"
        content = json.loads(path.read_text())
        content["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "looked"}]
        path.write_text(json.dumps(content))
        assert git(clinic, "status", "--porcelain") == "M runbooks/look.ipynb"
        assert self.found(clinic)["runbooks"].state == "works"

    def test_what_git_refuses_is_told_in_its_words(self, clinic, monkeypatch):
        monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        found = self.found(clinic)["repository"]
        assert "detected dubious ownership" in found.words
        assert found.hint == f"git config --global --add safe.directory {clinic.root}"

    def test_incidents_that_git_cannot_reach_are_named(self, clinic, tmp_path):
        (tmp_path / "elsewhere").mkdir()
        (clinic.root / "incidents").symlink_to(tmp_path / "elsewhere")
        assert "incidents is a link to" in self.found(clinic)["incidents"].words


def test_a_runbook_whose_check_fails_says_why_and_what_to_look_at(clinic, chat):
    failing = code("check", _REQUIRE)
    clinic.write(
        "look", [prose("# Look"), code("parameters", ""), code("setup", "1"), failing, code("read", "1/0")]
    )
    found = findings(1)["runbooks look"]
    assert found["words"] == "the shop is not there"
    assert found["hint"] == "look at SHOP_HOST"


_REQUIRE = "from outage.kit import require\nrequire(False, 'the shop is not there', 'look at SHOP_HOST')"


def test_nothing_after_the_checks_is_run(clinic, chat, tmp_path):
    mark = tmp_path / "mark"
    looks = code("read", f"from pathlib import Path\nPath({str(mark)!r}).touch()")
    clinic.write(
        "look", [prose("# Look"), code("parameters", ""), code("setup", "1"), code("check", "1"), looks]
    )
    assert findings(0)["runbooks look"]["state"] == "works"
    assert not mark.exists()


def test_a_runbook_that_must_be_told_something_is_not_tried(clinic, chat):
    clinic.write("look", [prose("# Look"), code("parameters", "flag: str  # which"), code("read", "flag")])
    found = findings(0)["runbooks look"]
    assert found["state"] == "unknown"
    assert found["words"] == "it must be told flag, so its checks were not run"


def test_a_check_that_asks_for_a_parameter_is_no_failure(clinic, chat):
    asks = code("check", _REQUIRE.replace("look at SHOP_HOST", "-p flag=NAME, or another"))
    parameters = code("parameters", "flag: str | None = None  # which")
    clinic.write("look", [prose("# Look"), parameters, code("setup", "1"), asks, code("read", "1")])
    found = findings(0)["runbooks look"]
    assert found["state"] == "unknown"
    assert found["hint"] == "outage run look -p flag=... --check"


def test_a_secret_that_a_runbook_names_and_that_is_missing_fails(clinic, chat, monkeypatch):
    monkeypatch.delenv("SHOP_CHANGE_URL", raising=False)
    uses = code("setup", "from outage.kit import secret\nurl = 'secret://env/SHOP_CHANGE_URL'")
    clinic.write("look", [prose("# Look"), code("parameters", ""), uses, code("read", "1")])
    said = doctor()
    assert said.returncode == 1
    assert "the variable SHOP_CHANGE_URL holds nothing here" in said.stdout


def test_a_handbook_that_is_wrong_is_told_with_its_place(clinic, chat):
    (clinic.root / "process").mkdir()
    (clinic.root / "process" / "x.md").write_text("# X\n\nWait 20 minutes.\n")
    assert "process/x.md:3" in findings(1)["handbook handbook"]["words"]


def test_check_keeps_no_run_and_applies_nothing(clinic, chat):
    command = [sys.executable, "-c", "from outage.cli import main; main()", "run", "look", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("Its checks pass from here. Plan it: outage run look\n")
    clinic.write("look", [code("parameters", "hours: int = 1  # how far back"), code("read", "1")])
    done = subprocess.run(
        [*command, "-p", "hours=3"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.endswith("Its checks pass from here. Plan it: outage run look -p hours=3\n")
    assert clinic.runs() == []
    assert not (Path.cwd() / "runs").exists()
    refused = subprocess.run([*command, "--apply"], capture_output=True, text=True, check=False, timeout=60)
    assert refused.returncode == 2
    assert "applies nothing" in refused.stderr
