"""Power loss and full disks at every write, and processes that try to get away: the journal stays true."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from outage.errors import Failed
from outage.kit import ACTIONS_MIME, SAVED_MIME
from outage.run import execute, runner
from outage.run.client import Ending
from outage.run.history import load_run
from outage.run.journal import FILE
from tests.product.cli.processes import OUTAGE, outage
from tests.product.run.build import Handbook, reading
from tests.product.run.running import Log, again, changes, processes, run, two_changes
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("nothing_is_left")
WRITE = os.write


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


# ---- at every write. Cells are acted, not run, so that every boundary can be tried in no time.


class PowerLossError(BaseException):
    """The machine is off: nothing after this happens."""


class Actor:
    """Stands where the client of a kernel does, and knows what really happened."""

    world: list[str]

    def __init__(self, kernel: Any) -> None:
        self.request = type("Request", (), {"reason": ""})()
        self.saved: dict[str, Any] = {}

    async def connect(self) -> None: ...

    async def close(self) -> None: ...

    def admit(self, root: Path, files: dict[str, str], own: Path) -> None: ...

    async def settle(self) -> Ending:
        return Ending("passed", 0.0)

    def issue(self, session: dict[str, Any]) -> None: ...

    def revoke(self) -> None: ...

    def restore(self, saved: dict[str, Any]) -> None: ...

    def stop(self, reason: str) -> None: ...

    async def run(self, source: str, sink: Any, limit: float) -> Ending:
        if "Set by outage run" in source:
            return Ending("passed", 0.0)
        self.world.append(f"start {source}")
        sink.stream("stdout", "some output\n")
        if "propose(" in source:
            action = {"target": "t", "command": source[-3:], "undo": "", "data": {}}
            sink.rich("display_data", {ACTIONS_MIME: {"actions": [action]}, "text/plain": "one"})
        if "save(" in source:
            sink.rich("display_data", {SAVED_MIME: {"name": source, "value": 1}, "text/plain": "saved"})
        self.world.append(f"end {source}")
        return Ending("passed", 0.0)


class NoKernel:
    def end(self, patience: float = 0.0) -> None: ...


@pytest.fixture
def acted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Runs need no kernel; returns what their cells really did."""
    world: list[str] = []
    monkeypatch.setattr(Actor, "world", world, raising=False)
    monkeypatch.setattr(runner, "RunbookClient", Actor)
    monkeypatch.setattr(execute, "start_kernel", lambda *_: NoKernel())
    return world


class Disk:
    """The file layer: it stops at the n-th write, of which it may still take a part."""

    def __init__(self, stops_at: int, part: float, error: BaseException) -> None:
        self.left, self.part, self.error = stops_at, part, error
        self.over = False

    def __call__(self, descriptor: int, content: Any) -> int:
        if self.over:
            raise self.error
        self.left -= 1
        if self.left:
            return WRITE(descriptor, content)
        self.over = True
        if length := int(len(content) * self.part):
            WRITE(descriptor, bytes(content)[:length])
        raise self.error


def check_is_true(folder: Path, world: list[str]) -> None:
    """What the journal says of each cell is what really became of it."""
    if not (folder / FILE).exists() or not (folder / FILE).read_bytes().strip():
        assert world == []
        return
    try:
        done = load_run(folder)
    except Failed:  # not one whole line
        assert world == []
        return
    assert done.cells or world == []
    for cell in done.cells:
        started, ended = f"start {cell.source}" in world, f"end {cell.source}" in world
        if cell.state in {"never-ran", "skipped"}:
            assert not started, (cell, done.state)
        elif cell.state == "passed":
            assert ended
        else:
            assert cell.state == "started-unknown"
    if done.state == "succeeded":
        assert done.count("never-ran", "started-unknown") == 0


def one_run(handbook: Handbook, world: list[str], number: int) -> tuple[Path, str]:
    folder = handbook.root / "runs" / f"2026-{number}"
    world.clear()
    try:
        done = run("two", "log=/tmp/x", apply=True, unreviewed="a test", folder=folder)
    except PowerLossError:
        return folder, "power"
    except Failed:
        return folder, "disk"
    return folder, done.state


@pytest.mark.torn
@pytest.mark.parametrize("part", [0.0, 0.5, 1.0], ids=["nothing", "half", "all"])
def test_power_that_goes_away_at_any_write_leaves_a_true_journal(
    handbook: Handbook, acted: list[str], monkeypatch: pytest.MonkeyPatch, part: float
) -> None:
    handbook.write("two", two_changes())
    for number in range(1, 200):
        monkeypatch.setattr("outage.run.journal.os.write", Disk(number, part, PowerLossError()))
        folder, how = one_run(handbook, acted, number)
        check_is_true(folder, acted)
        if how == "succeeded":
            assert number > 30, "every line was a boundary"
            return
        assert how == "power"
    raise AssertionError("it never came to its end")


@pytest.mark.torn
@pytest.mark.parametrize("part", [0.0, 0.5], ids=["nothing", "half"])
def test_a_disk_that_is_full_at_any_write_leaves_a_true_journal(
    handbook: Handbook, acted: list[str], monkeypatch: pytest.MonkeyPatch, part: float
) -> None:
    handbook.write("two", two_changes())
    for number in range(1, 200):
        disk = Disk(number, part, OSError(28, "No space left on device"))
        monkeypatch.setattr("outage.run.journal.os.write", disk)
        folder, how = one_run(handbook, acted, number)
        check_is_true(folder, acted)
        if how == "succeeded":
            return
        assert how == "disk"
    raise AssertionError("it never came to its end")


def test_before_a_change_its_line_is_on_the_disk(
    handbook: Handbook, acted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only looks does not wait: after a loss of power its last milliseconds may be missing."""
    handbook.write("two", two_changes())
    safe, size = [0], os.fstat

    def synced(descriptor: int) -> None:
        safe.append(size(descriptor).st_size)

    monkeypatch.setattr("outage.run.journal.os.fdatasync", synced)
    begun = Actor.run

    async def watched(self: Actor, source: str, sink: Any, limit: float) -> Ending:
        if source.startswith("guard"):
            journal = next(handbook.root.glob(f"runs/*/{FILE}"))
            last = journal.read_bytes()[: max(safe)].splitlines()[-1]
            assert b'"state":"running"' in last
            assert b'"step":"change"' in last
        return await begun(self, source, sink, limit)

    monkeypatch.setattr(Actor, "run", watched)
    assert one_run(handbook, acted, 1)[1] == "succeeded"


# ---- a real full disk, with a real kernel


@pytest.mark.torn
def test_a_file_that_may_not_grow_ends_the_run_in_words(handbook: Handbook, log: Log) -> None:
    handbook.write("two", two_changes())
    folder = handbook.root / "runs"
    order = [*OUTAGE, "run", "two", "-p", f"log={log.path}", "--apply", "--unreviewed", "a test"]
    done = subprocess.run(
        ["bash", "-c", 'ulimit -f 5; exec "$@"', "-", *order], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "the journal cannot be written: File too large" in done.stderr
    left = load_run(next(folder.glob("2*")))
    assert left.state in {"failed", "abandoned"}
    for cell in left.cells:
        if cell.step == "change" and cell.state == "never-ran":
            assert cell.source.split("act('")[1][0] not in str(log).split()


# ---- processes


GET_AWAY = """
import subprocess
for how in ({'start_new_session': True}, {}):
    away = f'open("{log}." + str(os.getpid()), "x"); time.sleep(99)'
    away = 'import os, time; os.fork() or (os.setsid(), os.fork()); ' + away
    subprocess.Popen([sys.executable, '-c', away], **how)
while len([*log.parent.glob(log.name + '.*')]) < 6:
    time.sleep(0.02)
log.with_name('left').touch()
"""


@pytest.mark.parametrize(
    "then", ["", "1/0", "os.kill(os.getpid(), signal.SIGKILL)"], ids=["ok", "raises", "dies"]
)
def test_nothing_that_a_run_started_outlives_it(
    handbook: Handbook, log: Log, nothing_is_left: Path, then: str
) -> None:
    seen: list[int] = []

    def look(kind: str, data: Any) -> None:
        if data.get("cell") == 4 and data.get("state") not in {None, "running"}:
            seen.append(len(processes()))

    log.trouble("a", GET_AWAY + then)
    done = log.apply(handbook, observe=look)
    assert seen[0] >= 4, "they did get away from their kernel's group"
    assert done.cells[4].state == ("passed" if not then else "failed" if then == "1/0" else "killed")
    assert not processes()
    assert not list(nothing_is_left.iterdir())


def begun(handbook: Handbook, log: Log) -> tuple[subprocess.Popen[str], Path]:
    """An apply in a process of its own, in the middle of its first change."""
    log.trouble("a", GET_AWAY + "time.sleep(99)")
    handbook.write("two", two_changes())
    order = [*OUTAGE, "run", "two", "-p", f"log={log.path}", "--apply", "--unreviewed", "a test"]
    process = subprocess.Popen(order, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    eventually(log.path.with_name("left").exists)
    return process, handbook.runs()[0]


def test_what_a_killed_runner_left_is_ended_by_the_next_command(
    handbook: Handbook, log: Log, nothing_is_left: Path
) -> None:
    process, folder = begun(handbook, log)
    process.kill()
    process.communicate(timeout=20)
    assert processes()
    assert list(nothing_is_left.iterdir())
    listed = outage("runs")
    assert "abandoned" in listed.stdout
    assert not processes()
    assert not list(nothing_is_left.iterdir())
    done = load_run(folder)
    assert (done.cells[4].state, done.saved) == ("started-unknown", {"a": "a"})
    log.trouble("a", "")
    assert again(done, ask=lambda question: "done").state == "succeeded"
    assert str(log) == "a b"


def test_stop_ends_a_run_from_another_terminal(handbook: Handbook, log: Log) -> None:
    process, folder = begun(handbook, log)
    said = outage("stop", folder.name)
    assert f"{folder.name} is interrupted" in said.stdout, said.stderr
    process.communicate(timeout=20)
    assert process.returncode == 130
    done = load_run(folder)
    assert (done.state, changes(done)) == (
        "interrupted",
        "change:interrupted undo:never-ran change:never-ran undo:never-ran",
    )
    assert not processes()


def test_a_kernels_folder_of_a_runner_that_lives_is_left_alone(handbook: Handbook, log: Log) -> None:
    process, _ = begun(handbook, log)
    outage("runs")
    assert process.poll() is None
    assert processes()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)


def test_a_run_over_its_limit_ends_between_cells_too(handbook: Handbook) -> None:
    handbook.write(
        "slow", reading("import time\ntime.sleep(0.6)", "time.sleep(0.6)", "1"), {"limits": {"run": "1s"}}
    )
    done = run("slow")
    assert (done.state, done.code, done.cells[3].state) == ("failed", 4, "never-ran")
