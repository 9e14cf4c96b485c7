"""Runs in real kernels: every state that a cell and a run can end in, and what the journal then says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from outage.errors import Failed, OutageError, Refused
from outage.run.gates import Question
from outage.run.history import load_run
from outage.run.journal import FILE, read_journal
from outage.run.model import Run
from outage.run.notebook import FILE as NOTEBOOK
from tests.product.run.build import CHANGE, LIVE, PROPOSE, Handbook, code, prose, reading, touching
from tests.product.run.running import run, states, text

pytestmark = pytest.mark.usefixtures("nothing_is_left")


# ---- plan and apply


def test_a_plan_looks_shows_its_actions_and_changes_nothing(handbook: Handbook, tmp_path: Path) -> None:
    handbook.write("touch", touching())
    done = run("touch", f"path={tmp_path / 'x'}")
    assert (done.state, done.code) == ("succeeded", 0)
    assert states(done) == (
        "parameters:passed setup:passed check:passed read:passed change:planned undo:planned verify:planned"
    )
    assert not (tmp_path / "x").exists()
    assert done.proposals[0].actions[0]["command"] == f"touch {tmp_path / 'x'}"
    assert "exists: False" in text(done)


def test_an_apply_does_what_was_written_down_before_and_verifies_it(
    handbook: Handbook, tmp_path: Path
) -> None:
    handbook.write("touch", touching())
    done = run("touch", f"path={tmp_path / 'x'}", apply=True, unreviewed="a test")
    assert (done.state, done.code) == ("succeeded", 0)
    assert states(done).endswith("read:passed change:passed undo:skipped verify:passed")
    assert (tmp_path / "x").exists()
    assert done.saved == {"touched": str(tmp_path / "x")}
    kinds = [line.kind for line in read_journal(done.folder).lines]
    assert kinds[:2] == ["run", "notebook"]
    running = [line.data for line in read_journal(done.folder).lines if line.data.get("state") == "running"]
    change = next(data for data in running if data["step"] == "change")
    lines = [(line.kind, line.data) for line in read_journal(done.folder).lines]
    proposed = next(number for number, (kind, _) in enumerate(lines) if kind == "actions")
    assert proposed < lines.index(("cell", change)), "written ahead of the change"


def test_the_first_line_says_what_who_where_and_with_what(handbook: Handbook, tmp_path: Path) -> None:
    handbook.write("touch", touching(), LIVE)
    began = run("touch", f"path={tmp_path}/x", apply=True, unreviewed="a test", yes=True).began
    assert began["target"]["words"] == "a disk, db.live.example, environment 'live': PRODUCTION"
    assert (began["by"], began["mode"], began["parameters"]) == ("Ines", "apply", {"path": f"{tmp_path}/x"})
    assert began["review"] == {"unreviewed": "a test"}
    assert began["digest"].startswith("sha256:")
    assert {"python", "outage", "ipykernel", "nbclient"} <= set(began["versions"])


def test_the_derived_notebook_tells_the_run(handbook: Handbook, tmp_path: Path) -> None:
    handbook.write("touch", touching())
    done = run("touch", f"path={tmp_path / 'x'}")
    content = json.loads((done.folder / NOTEBOOK).read_text())
    assert content["metadata"]["outage"]["state"] == "succeeded"
    injected = [c for c in content["cells"] if "injected-parameters" in c["metadata"]["tags"]]
    assert injected[0]["source"].endswith(f"path = Path({str(tmp_path / 'x')!r})")
    assert [
        c["metadata"]["outage"]["state"] for c in content["cells"] if "change" in c["metadata"]["tags"]
    ] == ["planned"]


def test_an_apply_keeps_to_the_plan_it_names(handbook: Handbook, tmp_path: Path) -> None:
    handbook.write("touch", touching())
    plan = run("touch", f"path={tmp_path / 'x'}")
    done = run("touch", f"path={tmp_path / 'x'}", apply=True, plan=plan.id, unreviewed="a test")
    assert (done.state, done.began["plan"]) == ("succeeded", plan.id)
    with pytest.raises(OutageError, match="the parameters differ from the plan's: path"):
        run("touch", f"path={tmp_path / 'y'}", apply=True, plan=plan.id, unreviewed="a test")
    cells = touching()
    cells[4]["source"] += "\n1"
    handbook.write("touch", cells)
    with pytest.raises(OutageError, match="the notebook, or a module it imports, is not the one"):
        run("touch", f"path={tmp_path / 'x'}", apply=True, plan=plan.id, unreviewed="a test")


def test_an_apply_that_computes_other_actions_than_its_plan_waits(handbook: Handbook, tmp_path: Path) -> None:
    cells = touching()
    cells[4]["source"] = PROPOSE.replace("{path}", "{path} # {len(list(path.parent.iterdir()))}")
    handbook.write("touch", cells)
    (tmp_path / "sub").mkdir()
    plan = run("touch", f"path={tmp_path / 'sub' / 'x'}")
    (tmp_path / "sub" / "new").touch()
    request = {"apply": True, "plan": plan.id, "unreviewed": "a test"}
    done = run("touch", f"path={tmp_path / 'sub' / 'x'}", **request)
    assert (done.state, done.code) == ("waiting", 3)
    assert states(done).endswith("read:passed change:never-ran undo:never-ran verify:never-ran")
    assert f"are not the ones that {plan.id} planned" in done.gates[0].text
    asked: list[str] = []

    def answer(question: Question) -> str:
        asked.append(question.prompt)
        return "yes"

    done = run("touch", f"path={tmp_path / 'sub' / 'x'}", ask=answer, **request)
    assert done.state == "succeeded"
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("answer", "state", "code", "ends"),
    [(True, "succeeded", 0, "verify:passed"), (False, "failed", 1, "verify:never-ran")],
)
def test_a_gate_asks_before_it_goes_on(
    handbook: Handbook, tmp_path: Path, answer: bool, state: str, code: int, ends: str
) -> None:
    handbook.write("touch", [*touching()[:5], prose("Now it is touched.", "gate"), *touching()[5:]])
    path = tmp_path / "x"
    done = run(
        "touch",
        f"path={path}",
        apply=True,
        unreviewed="a test",
        ask=lambda question: "yes" if answer else "no",
    )
    assert (done.state, done.code) == (state, code)
    assert states(done).endswith(ends)
    assert path.exists() == answer
    assert (done.gates[0].state, done.gates[0].by) == ("confirmed" if answer else "declined", "Ines")


def test_a_change_without_a_proposal_is_not_run(handbook: Handbook, tmp_path: Path) -> None:
    cells = touching()
    cells[4]["source"] = f"if False:\n    {PROPOSE}"
    handbook.write("touch", cells)
    done = run("touch", f"path={tmp_path / 'x'}", apply=True, unreviewed="a test")
    assert (done.state, done.code) == ("failed", 1)
    assert "no actions were proposed" in done.reason
    assert "change:never-ran" in states(done)


def test_a_token_is_for_one_cell(handbook: Handbook, tmp_path: Path) -> None:
    cells = touching()
    cells[7]["source"] = (
        f"try:\n    {CHANGE.splitlines()[0]}\nexcept Exception as e:\n    print(type(e).__name__)"
    )
    handbook.write("touch", cells)
    done = run("touch", f"path={tmp_path / 'x'}", apply=True, unreviewed="a test")
    assert "Guarded" in text(done)


# ---- how cells end


def ends(handbook: Handbook, source: str, meta: dict[str, Any] | None = None) -> Run:
    handbook.write("book", reading("print('before')", source, "print('after')"), meta)
    done = run("book")
    assert "before" in text(done)
    assert "after" not in text(done)
    return done


def test_a_cell_that_raises_fails_and_later_cells_never_ran(handbook: Handbook) -> None:
    done = ends(handbook, "print('half')\n1/0")
    assert states(done) == "parameters:passed read:passed read:failed read:never-ran"
    assert (done.state, done.code) == ("failed", 1)
    error = done.cells[2].error or {}
    assert (error["name"], error["value"]) == ("ZeroDivisionError", "division by zero")
    assert "\x1b" not in error["traceback"]
    assert "half" in text(done)


def test_a_known_error_leads_on(handbook: Handbook) -> None:
    hint = {"when": "division by", "means": "Nothing was counted.", "runbook": "count"}
    done = ends(handbook, "1/0", {"hints": [hint]})
    error = done.cells[2].error or {}
    assert (error["hint"], error["next"]) == ("Nothing was counted.", "count")


def test_a_failed_requirement_is_told_without_a_traceback(handbook: Handbook) -> None:
    done = ends(handbook, "from outage.kit import require\nrequire(False, 'it is down', 'start it')")
    error = done.cells[2].error or {}
    assert error["traceback"] == "CheckFailed: it is down\n  hint: start it"


@pytest.mark.parametrize("death", ["os.kill(os.getpid(), signal.SIGKILL)", "os._exit(0)"])
def test_a_kernel_that_dies_is_told_as_such(handbook: Handbook, death: str) -> None:
    done = ends(handbook, f"import os, signal, time\nprint('half', flush=True)\ntime.sleep(1)\n{death}")
    assert states(done) == "parameters:passed read:passed read:killed read:never-ran"
    assert (done.state, done.code) == ("failed", 4)
    assert done.reason == "the kernel died in the read in cell 3"
    assert "half" in text(done)


def test_a_cell_over_its_limit_is_interrupted_so_that_it_can_clean_up(
    handbook: Handbook, tmp_path: Path
) -> None:
    clean_up = f"open({str(tmp_path / 'clean')!r}, 'w').close()"
    source = f"import time\ntry:\n    time.sleep(900)\nfinally:\n    {clean_up}"
    done = ends(handbook, source, {"limits": {"cell": "2s"}})
    assert states(done) == "parameters:passed read:passed read:timed-out read:never-ran"
    assert (done.state, done.code) == ("failed", 4)
    assert (tmp_path / "clean").exists()


def test_a_cell_that_cannot_be_interrupted_is_killed_with_its_children(
    handbook: Handbook, tmp_path: Path
) -> None:
    mark = f"7{os.getpid()}{time.monotonic_ns() % 1000}"
    source = (
        f"import signal, subprocess, time\nsubprocess.Popen(['sleep', '{mark}'])\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    time.sleep(1)"
    )
    done = ends(handbook, source, {"limits": {"cell": "2s"}})
    assert done.cells[2].state == "timed-out"
    assert not [p for p in psutil.process_iter(["cmdline"]) if mark in (p.info["cmdline"] or [])]


def test_a_run_over_its_limit_ends(handbook: Handbook) -> None:
    done = ends(handbook, "import time\ntime.sleep(60)", {"limits": {"run": "2s"}})
    assert (done.cells[2].state, done.state, done.code) == ("timed-out", "failed", 4)


SLOW_TO_ANSWER = """
import time
from ipykernel.kernelbase import Kernel
answer = Kernel.shell_main
async def late(self, *arguments, booted=[]):
    if not booted:
        booted.append(time.sleep(3))
    await answer(self, *arguments)
Kernel.shell_main = late
"""


def test_how_long_a_kernel_takes_to_boot_counts_against_no_limit(handbook: Handbook) -> None:
    (handbook.root / "sitecustomize.py").write_text(SLOW_TO_ANSWER)
    handbook.write("book", reading("1"), {"limits": {"cell": "2s", "run": "2s"}})
    assert states(run("book")) == "parameters:passed read:passed"


def test_a_kernel_that_cannot_start_is_told(handbook: Handbook, monkeypatch: pytest.MonkeyPatch) -> None:
    handbook.write("book", reading("1"))
    monkeypatch.setenv("PYTHONHOME", "/nonexistent")
    done = run("book")
    assert (done.state, done.code) == ("failed", 4)
    assert done.reason.startswith("the kernel did not start")
    assert states(done) == "parameters:never-ran read:never-ran"


def test_there_is_no_stdin_in_a_kernel(handbook: Handbook) -> None:
    done = ends(handbook, "input('password? ')")
    assert (done.cells[2].error or {})["name"] == "StdinNotImplementedError"


# ---- signals, from outside


def started(handbook: Handbook, source: str, *arguments: str) -> tuple[subprocess.Popen[str], Path]:
    """``outage run`` in a process of its own, its cell running."""
    handbook.write("slow", reading("print('before')", source, "print('after')"))
    command = [sys.executable, "-c", "from outage.cli import main; main()", "run", "slow", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        for folder in handbook.runs():
            if (folder / FILE).exists() and "cell is at work" in (folder / FILE).read_text():
                return process, folder
        time.sleep(0.02)
    raise AssertionError(process.communicate(timeout=5)[0])


WORK = "import time\nprint('cell is', 'at work')\ntime.sleep(60)"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_interrupted_says_so(handbook: Handbook, number: signal.Signals) -> None:
    process, folder = started(handbook, WORK)
    process.send_signal(number)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 130, out
    done = load_run(folder)
    assert (done.state, done.code) == ("interrupted", 130)
    assert states(done) == "parameters:passed read:passed read:interrupted read:never-ran"
    assert "KeyboardInterrupt" in json.dumps([cell.outputs for cell in done.cells])


def test_a_run_that_is_killed_reads_as_abandoned_and_its_kernel_goes(handbook: Handbook) -> None:
    process, folder = started(handbook, WORK)
    assert load_run(folder).state == "running"
    process.kill()
    process.communicate(timeout=20)
    done = load_run(folder)
    assert done.state == "abandoned"
    assert states(done) == "parameters:passed read:passed read:started-unknown read:never-ran"
    assert "before" in text(done)


# ---- what is bounded, what excludes, what is on the record


def test_a_flood_of_output_is_bounded_and_what_is_cut_is_said(handbook: Handbook) -> None:
    handbook.write("flood", reading("for n in range(60_000):\n    print(f'{n:>20}')", "print('after')"))
    done = run("flood")
    assert done.state == "succeeded"
    assert "after" in text(done)
    assert (done.folder / FILE).stat().st_size < 600_000
    assert any("characters of stdout are left out" in cut for cut in done.cells[1].cut)
    assert f"{0:>20}" in text(done)
    assert f"{59_999:>20}" in text(done)


def test_what_could_carry_a_script_is_not_kept(handbook: Handbook) -> None:
    source = (
        "from IPython.display import display\n"
        "display({'text/html': '<script>', 'text/plain': 'a\\x1b[2Jb'}, raw=True)\n"
        "print('\\x1b[2J\\xff\\x00')"
    )
    handbook.write("book", reading(source))
    done = run("book")
    assert "<script>" not in (done.folder / FILE).read_text().replace(json.dumps(source)[1:-1], "")
    assert done.cells[1].cut == ("text/html is not kept",)
    assert "\x1b" not in (done.folder / FILE).read_text()


def test_two_applies_of_one_runbook_to_one_target_exclude_each_other(
    handbook: Handbook, tmp_path: Path
) -> None:
    handbook.write("touch", touching())
    met: list[Any] = []

    def meanwhile(kind: str, data: Any) -> None:
        if kind == "actions":
            for target in ("PGHOST",):
                with pytest.raises(Refused, match="'touch' is being applied to this target by 2"):
                    run("touch", f"path={target}", apply=True, unreviewed="a test")
            met.append(kind)

    run("touch", f"path={tmp_path / 'x'}", apply=True, unreviewed="a test", observe=meanwhile)
    assert met


def test_a_refusal_starts_nothing(handbook: Handbook) -> None:
    handbook.write("touch", touching())
    for assignments, asked in ((["paht=x"], {}), ([], {}), (["path=x"], {"apply": True})):
        with pytest.raises(OutageError):
            run("touch", *assignments, **asked)
    assert not (handbook.root / "runs").exists()


def test_a_run_joins_the_incident_that_is_open(handbook: Handbook, tmp_path: Path) -> None:
    from outage.incident.record import append, load

    handbook.write("touch", touching())
    incident = handbook.root / "incidents" / "2026-11-20-no-orders"
    incident.mkdir(parents=True)
    append(incident, "declared", {"title": "No orders"}, by="Ines")
    done = run("touch", f"path={tmp_path / 'x'}", apply=True, unreviewed="a test")
    assert done.folder.parent == incident / "runs"
    assert done.began["incident"] == incident.name
    joined = load(incident).runs[0]
    assert (joined.id, joined.mode, joined.state, joined.by) == (done.id, "apply", "succeeded", "Ines")
    assert len(joined.events) == 2
    assert run("touch", f"path={tmp_path / 'x'}", incident="none").folder.parent == handbook.root / "runs"


def test_a_journal_that_cannot_be_written_stops_the_run_before_the_next_cell(
    handbook: Handbook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outage.run.journal import Journal

    handbook.write("touch", touching())
    write: Callable[..., None] = Journal._write

    def full(self: Journal, kind: str, data: dict[str, Any]) -> None:
        if kind == "actions":
            raise OSError(28, "No space left on device")
        write(self, kind, data)

    monkeypatch.setattr(Journal, "_write", full)
    with pytest.raises(Failed, match="the journal cannot be written: No space left on device"):
        run("touch", f"path={tmp_path / 'x'}", apply=True, unreviewed="a test")
    assert not (tmp_path / "x").exists()
    done = load_run(handbook.runs()[0])
    assert (done.state, done.code) == ("failed", 1)
    assert done.reason.startswith("the journal cannot be written")
    assert states(done).endswith("read:started-unknown change:never-ran undo:never-ran verify:never-ran")


def test_a_project_module_can_be_imported(handbook: Handbook) -> None:
    (handbook.root / "helpers.py").write_text("ANSWER = 42\n")
    handbook.write(
        "book", [code("parameters", ""), code("setup", "import helpers"), code("read", "helpers.ANSWER")]
    )
    assert "42" in text(run("book"))


def test_a_reader_who_leaves_does_not_stop_a_run(handbook: Handbook, tmp_path: Path) -> None:
    def gone(kind: str, data: Any) -> None:
        raise BrokenPipeError

    handbook.write("touch", touching())
    done = run("touch", f"path={tmp_path / 'x'}", apply=True, unreviewed="a test", observe=gone)
    assert done.state == "succeeded"
    assert (tmp_path / "x").exists()


def test_a_signal_at_a_gate_interrupts(handbook: Handbook, tmp_path: Path) -> None:
    handbook.write("touch", [*touching()[:5], prose("Now it is touched.", "gate"), *touching()[5:]])

    def killed(question: Question) -> str:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
        return "yes"

    done = run("touch", f"path={tmp_path / 'x'}", apply=True, unreviewed="a test", ask=killed)
    assert (done.state, done.code) == ("interrupted", 130)
    assert not (tmp_path / "x").exists()
