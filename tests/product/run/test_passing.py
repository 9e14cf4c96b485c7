"""A cell passes only if nothing of it failed: what it asked for, began beside itself or caught counts too."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.product.run.build import SETUP, Cell, Handbook, code
from tests.product.run.running import processes, run, states

pytestmark = pytest.mark.usefixtures("nothing_is_left")


def changing(check: str, change: str = "", setup: str = "") -> list[Cell]:
    """A runbook that touches the file ``changed`` after a check."""
    return [
        code("parameters", "# none"),
        code("setup", f"import asyncio, threading, time\nfrom pathlib import Path\n{SETUP}\n{setup}"),
        code("check", check),
        code("read", "propose([Action(target='t', command='touch changed')])"),
        code("change", f"guard()\nproposed()\n{change}\nPath('changed').touch()"),
        code("verify", "require(Path('changed').exists(), 'it is not there')"),
    ]


HIDDEN = [
    pytest.param("unsafe = True\nif unsafe:\n    exit()\nprint('unsafe')", "asked to exit", id="exit"),
    pytest.param("get_ipython().ask_exit()", "asked to exit", id="ask_exit"),
    pytest.param("try:\n    exit()\nexcept Exception:\n    pass", "asked to exit", id="caught"),
    pytest.param("import sys\nsys.exit(0)", "it asked to exit, with status 0", id="sys.exit"),
    pytest.param("get_ipython().run_cell('1/0')", "division by zero", id="run_cell"),
    pytest.param(
        "t = threading.Thread(target=lambda: 1/0)\nt.start()\nt.join()",
        "failed: ZeroDivisionError: division by zero",
        id="thread",
    ),
    pytest.param(
        "async def look():\n    require(False, 'not safe')\ntask = asyncio.create_task(look())\n"
        "await asyncio.sleep(0.01)",
        "the task look failed: CheckFailed: not safe",
        id="task",
    ),
    pytest.param(
        "def late():\n    require(False, 'not safe')\nasyncio.get_running_loop().call_soon(late)\n"
        "await asyncio.sleep(0.01)",
        "a callback failed: CheckFailed: not safe",
        id="callback",
    ),
    pytest.param(
        "async def look():\n    require(False, 'not safe')\nlook()",
        "look() was called and never awaited: nothing of it ran",
        id="coroutine-shown",
    ),
    pytest.param(
        "async def look():\n    require(False, 'not safe')\nlook()\nprint('safe')",
        "look() was called and never awaited: nothing of it ran",
        id="coroutine-dropped",
    ),
]


@pytest.mark.parametrize(("check", "said"), HIDDEN)
def test_a_check_that_failed_without_raising_stops_the_run(handbook: Handbook, check: str, said: str) -> None:
    handbook.write("r", changing(check))
    done = run("r", apply=True, unreviewed="a test")
    steps = "parameters:passed setup:passed check:failed read:never-ran change:never-ran verify:never-ran"
    assert (states(done), done.code) == (steps, 1)
    assert said in done.reason
    assert not Path("changed").exists()


@pytest.mark.parametrize(
    "change",
    [
        "exit()",
        "async def slow():\n    await asyncio.sleep(60)\ntask = asyncio.create_task(slow())",
        "t = threading.Thread(target=lambda: time.sleep(60))\nt.start()",
    ],
    ids=["exit", "task", "thread"],
)
def test_a_change_that_is_not_over_has_not_passed(handbook: Handbook, change: str) -> None:
    handbook.write("r", changing("", change))
    done = run("r", apply=True, unreviewed="a test")
    assert states(done).endswith("change:failed verify:never-ran")
    assert Path("changed").exists() == (change != "exit()")


def test_what_fails_between_two_cells_stops_the_run_before_the_change(handbook: Handbook) -> None:
    late = "def late():\n    time.sleep(0.3)\n    require(False, 'not safe')\n"
    cells = changing(f"{late}threading.Thread(target=late).start()")
    cells[3]["source"] += "\ntime.sleep(1)"
    handbook.write("r", cells)
    done = run("r", apply=True, unreviewed="a test")
    assert (done.state, done.code) == ("failed", 1)
    assert "failed: CheckFailed: not safe" in done.reason
    assert not Path("changed").exists()


@pytest.mark.parametrize(
    ("last", "said", "exit_code"),
    [
        ("threading.Thread(target=lambda: time.sleep(60)).start()", "has not ended", 1),
        ("import os\nthreading.Timer(0, os._exit, [0]).start()\nPath('x').exists()", "the kernel died", 4),
    ],
    ids=["goes-on", "kernel-gone"],
)
def test_a_run_has_not_succeeded_before_what_its_last_cell_began_has_ended(
    handbook: Handbook, last: str, said: str, exit_code: int
) -> None:
    handbook.write("r", [*changing("")[:3], code("read", last)])
    done = run("r")
    assert (done.state, done.code) == ("failed", exit_code)
    assert said in done.reason


def test_what_is_waited_for_or_looked_at_is_no_failure(handbook: Handbook) -> None:
    fine = """
async def one():
    return 1
async def bad():
    raise ValueError
require(await one() == 1, "no")
results = await asyncio.gather(one(), bad(), return_exceptions=True)
require(isinstance(results[1], ValueError), "no")
task = asyncio.create_task(asyncio.sleep(60))
task.cancel()
thread = threading.Thread(target=print)
thread.start()
thread.join()
threading.Thread(target=lambda: time.sleep(60), daemon=True).start()
"""
    handbook.write("r", changing(fine, fine))
    assert run("r", apply=True, unreviewed="a test").reason == "every step passed"


def test_what_is_asserted_counts_though_the_environment_says_otherwise(
    handbook: Handbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONOPTIMIZE", "1")
    handbook.write("r", changing("assert False, 'not safe'"))
    assert run("r").reason == "the check in cell 3 failed: not safe"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name)
def test_a_signal_after_the_last_line_changes_nothing_and_leaves_nothing(
    handbook: Handbook, number: signal.Signals
) -> None:
    def signal_at_the_end(kind: str, data: dict[str, object]) -> None:
        if kind == "ended":
            os.kill(os.getpid(), number)

    source = (
        "import subprocess\nfor _ in range(3):\n    started = subprocess.Popen(['setsid', 'sleep', '987'])"
    )
    handbook.write("r", [code("parameters", "# none"), code("read", source)])
    done = run("r", observe=signal_at_the_end)
    assert (done.state, done.code) == ("succeeded", 0)
    assert not processes()
