"""Sync by itself: it never blocks, does not pile up, and never fails silently."""

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from outage.errors import Failed
from outage.incident.sync import background, state
from tests.product.incident.sync.clones import INCIDENT, Clone, at_remote, git
from tests.waiting import eventually

Clones = Callable[[str], Clone]
RECORD = f"incidents/{INCIDENT}/record.jsonl"


def idle(clone: Clone) -> bool:
    """Nothing is wished for and nobody works."""
    found = state.load(clone.incident)
    return not (clone.incident / ".sync" / "wanted").exists() and bool(found.succeeded or found.failed)


def request(clone: Clone) -> None:
    background.request(clone.incident, "origin", "main")


@pytest.fixture
def gate(remote: Path) -> Path:
    """The remote takes nothing until this file is there: whoever waits for it waits long."""
    hook = remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nwhile [ ! -e '{remote}/open' ]; do sleep 0.05; done\n", encoding="utf-8")
    hook.chmod(0o755)
    return remote / "open"


def test_a_wish_is_fulfilled_without_waiting_for_it(clone: Clones, remote: Path, gate: Path) -> None:
    ines = clone("ines")
    ines.note("queue is full")
    request(ines)
    gate.touch()
    eventually(lambda: state.load(ines.incident).succeeded)
    assert at_remote(remote, RECORD) == ines.record


def test_many_wishes_make_few_rounds_and_the_last_word_is_shared(
    clone: Clones, remote: Path, gate: Path
) -> None:
    ines = clone("ines")
    for number in range(12):
        ines.note(f"note {number}")
        request(ines)
    gate.touch()

    def shared() -> bool:
        try:
            return at_remote(remote, RECORD) == ines.record
        except subprocess.CalledProcessError:
            return False

    eventually(shared)
    eventually(lambda: idle(ines))
    assert int(git(remote, "rev-list", "--count", "main")) - 2 <= 3


def test_a_failure_is_written_down_with_what_to_do(clone: Clones, remote: Path) -> None:
    ines = clone("ines")
    ines.note("queue is full")
    remote.rename(remote.with_name("gone.git"))
    request(ines)
    eventually(lambda: state.load(ines.incident).failed)
    found = state.load(ines.incident)
    assert "git fetch failed" in found.why
    assert "is origin reachable?" in found.hint

    remote.with_name("gone.git").rename(remote)
    request(ines)
    eventually(lambda: state.load(ines.incident).succeeded)
    assert state.load(ines.incident).failed is None


def test_it_outlives_the_command_that_asked(clone: Clones, remote: Path) -> None:
    ines = clone("ines")
    ines.note("queue is full")
    script = "import sys; from pathlib import Path; from outage.incident.sync.background import request\n"
    script += "request(Path(sys.argv[1]), 'origin', 'main')"
    done = subprocess.run(
        [sys.executable, "-c", script, str(ines.incident)], capture_output=True, timeout=30, check=True
    )
    assert done.stdout + done.stderr == b""
    eventually(lambda: state.load(ines.incident).succeeded)
    assert at_remote(remote, RECORD) == ines.record


def test_a_fault_of_our_own_is_found_in_the_same_place(
    clone: Clones, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object, **options: object) -> None:
        raise RuntimeError("oh no")

    ines = clone("ines")
    ines.note("queue is full")
    monkeypatch.setattr(background, "share", broken)
    (ines.incident / ".sync").mkdir()
    (ines.incident / ".sync" / "wanted").touch()
    background.work(ines.incident, "origin", "main")
    assert "RuntimeError: oh no" in state.load(ines.incident).why


def test_the_state_survives_being_garbled(tmp_path: Path) -> None:
    (tmp_path / ".sync").mkdir()
    for content in ("", "{", "[]", '{"succeeded": "yesterday"}', '{"notes": 7}'):
        (tmp_path / ".sync" / "state.json").write_text(content)
        assert state.load(tmp_path) == state.State()
    now = datetime(2026, 11, 20, 10, 3, tzinfo=UTC)
    state.save_success(tmp_path, now, ("a note",))
    state.save_failure(tmp_path, now, Failed("no route", hint="plug it in"))
    assert state.load(tmp_path) == state.State(now, now, "no route", "plug it in")
    assert (tmp_path / ".sync" / ".gitignore").read_text() == "*\n"


def test_a_failure_that_is_written_while_another_sync_succeeds_forgets_neither(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 11, 20, 10, 3, tzinfo=UTC)
    load, read = state.load, threading.Event()

    def slow(folder: Path) -> state.State:
        """Read the state, and let the other sync come in between."""
        found = load(folder)
        read.set()
        other.join(0.3)
        return found

    def succeed() -> None:
        read.wait()
        state.save_success(tmp_path, now, ())

    other = threading.Thread(target=succeed)
    other.start()
    monkeypatch.setattr(state, "load", slow)
    state.save_failure(tmp_path, now, Failed("no route"))
    other.join()
    assert load(tmp_path).succeeded == now
