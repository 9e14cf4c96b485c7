"""The commands: what they print, what they exit with, and that nothing hostile reaches the terminal."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from outage.incident.record import append
from tests.product.cli.processes import on_terminal, outage
from tests.product.run.build import LIVE, Handbook, code, prose, reading, touching


def touch(handbook: Handbook, **meta: Any) -> None:
    handbook.write("touch", touching(), meta)


# ---- run


def test_a_plan_in_plain_lines(handbook: Handbook, tmp_path: Path) -> None:
    touch(handbook, target={"kind": "a disk", "host": "localhost"})
    done = outage("run", "touch", "-p", f"path={tmp_path / 'x'}")
    assert (done.returncode, done.stderr) == (0, "")
    out = re.sub(r"\d+\.\d+ s", "N s", done.stdout.replace(str(tmp_path), "TMP"))
    run = handbook.runs()[0].name
    assert (
        out
        == f"""\
Plan of touch: Touch a file
Target: a disk, localhost, environment 'lab'
✓   2 parameters  passed  N s
✓   3 setup  passed  N s
✓   4 check  passed  N s
    5 read       What is there
    exists: False
    1 action proposed:
    1. TMP/x
       do:   touch TMP/x
       undo: rm TMP/x
✓   5 read       What is there  passed  N s
·   6 change     Touch it  planned
·   7 undo  planned
·   8 verify     Is it there?  planned

Plan succeeded in N s: 4 passed, 3 planned.
To apply exactly this: outage run touch --apply --plan {run} -p path=TMP/x
All of it: runs/{run}/notebook.ipynb
"""
    )


def test_what_the_plan_says_to_type_applies_it(handbook: Handbook, tmp_path: Path) -> None:
    touch(handbook, **LIVE)
    plan = outage("run", "touch", "-p", f"path={tmp_path / 'a b'}")
    command = next(line for line in plan.stdout.splitlines() if line.startswith("To apply exactly this: "))
    import shlex

    words = shlex.split(command.removeprefix("To apply exactly this: "))[1:]
    done = outage(*words, "--unreviewed", "a test")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a b").exists()
    assert "*** PRODUCTION ***" in done.stdout
    assert "Not reviewed: a test" in done.stdout


def test_what_the_plan_says_to_type_stays_with_its_incident(handbook: Handbook, tmp_path: Path) -> None:
    touch(handbook)
    for name in ("2026-11-20-no-orders", "2026-11-20-no-mail"):
        folder = handbook.root / "incidents" / name
        folder.mkdir(parents=True)
        append(folder, "declared", {"title": name}, by="Ines")
    plan = outage("run", "touch", "-p", f"path={tmp_path / 'x'}", "--incident", "2026-11-20-no-mail")
    assert " --incident 2026-11-20-no-mail\n" in plan.stdout, plan.stderr


def test_every_line_of_json_is_an_event(handbook: Handbook, tmp_path: Path) -> None:
    touch(handbook)
    done = outage("run", "touch", "-p", f"path={tmp_path / 'x'}", "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    kinds = [event["kind"] for event in events]
    assert kinds[:2] == ["run", "notebook"]
    assert kinds[-1] == "ended"
    assert "actions" in kinds
    assert (events[-1]["state"], events[-1]["code"]) == ("succeeded", 0)


@pytest.mark.parametrize(
    ("source", "meta", "code_"),
    [
        ("1/0", {}, 1),
        ("import os; os._exit(1)", {}, 4),
        ("import time; time.sleep(30)", {"limits": {"cell": "2s"}}, 4),
    ],
)
def test_exit_codes_of_runs_that_end_badly(
    handbook: Handbook, source: str, meta: dict[str, Any], code_: int
) -> None:
    handbook.write("book", reading(source, "1"), meta)
    done = outage("run", "book")
    assert done.returncode == code_
    assert "1 never-ran" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_refusals_exit_with_2_and_say_where_and_what_to_do(handbook: Handbook) -> None:
    touch(handbook)
    done = outage("run", "touch", "-p", "paht=x")
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        "runbooks/touch.ipynb: cell 2: there is no parameter 'paht'\n  hint: did you mean 'path'?"
        in done.stderr
    )
    assert "cell 2: 'path' must be given: what to touch\n  hint: -p path=..." in done.stderr
    for arguments in (
        ["tuoch"],
        ["../touch"],
        ["touch", "-p", "path=x", "--apply"],
        ["touch", "-f", "none.yml"],
    ):
        done = outage("run", *arguments)
        assert done.returncode == 2, arguments
        assert "hint:" in done.stderr
        assert "Traceback" not in done.stderr
    assert handbook.runs() == []


def test_parameters_may_come_from_a_file(handbook: Handbook, tmp_path: Path) -> None:
    touch(handbook)
    (handbook.root / "values.yml").write_text(f"path: {tmp_path / 'x'}\n")
    assert outage("run", "touch", "-f", "values.yml").returncode == 0
    (handbook.root / "values.yml").write_text("path: [1]\n")
    done = outage("run", "touch", "-f", "values.yml")
    assert done.returncode == 2
    assert "'path': [1] is not a path" in done.stderr


def test_of_several_files_of_parameters_a_later_one_wins_and_an_assignment_wins_over_all(
    handbook: Handbook,
) -> None:
    parameters = "a: int = 1  # a\nb: int = 1  # b\nc: int = 1  # c\nd: int = 1  # d"
    handbook.write("book", [code("parameters", parameters), code("read", "print('values', a, b, c, d)")])
    (handbook.root / "one.yml").write_text("a: 10\nb: 10\nc: 10\n")
    (handbook.root / "two.yml").write_text("b: 20\nc: 20\n")
    done = outage("run", "book", "-f", "one.yml", "-f", "two.yml", "-p", "c=30")
    assert done.returncode == 0, done.stderr
    assert "values 10 20 30 1\n" in done.stdout


def test_an_error_is_told_with_its_hint_and_without_a_traceback(handbook: Handbook) -> None:
    source = "from outage.kit import require\nrequire(False, 'the disk is full\\x1b[2J', 'free some')"
    handbook.write("book", reading(source))
    done = outage("run", "book")
    assert "    CheckFailed: the disk is full\\x1b[2J\n      hint: free some\n" in done.stdout
    assert "Traceback" not in done.stdout


def test_hostile_text_is_shown_and_never_sent(handbook: Handbook) -> None:
    hostile = "\\x1b[2J\\x07\\x9b31m\\u202e"
    source = f"# say \x1b]0;x\x07\nprint('{hostile}')\nraise ValueError('{hostile}')"
    handbook.write("book", [prose("# T\x1b[2J"), *reading(source)], {"summary": "S\x1b[2J"})
    for arguments in (("run", "book"), ("show", "book"), ("runbooks",), ("runs",)):
        done = outage(*arguments)
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", done.stdout + done.stderr), arguments


def test_much_output_is_shortened_on_the_terminal_not_in_the_notebook(handbook: Handbook) -> None:
    handbook.write("book", reading("for n in range(100): print('line', n)"))
    out = outage("run", "book").stdout
    assert "line 39\n" in out
    assert "line 40\n" not in out
    assert "… more: it goes into the notebook" in out
    assert "line 99" in (handbook.runs()[0] / "notebook.ipynb").read_text()


# ---- on a terminal


def test_on_a_terminal_the_running_line_is_rewritten_and_a_gate_asks(
    handbook: Handbook, tmp_path: Path
) -> None:
    handbook.write("touch", [*touching()[:5], prose("Now it is **touched**.", "gate"), *touching()[5:]], LIVE)
    arguments = ("run", "touch", "-p", f"path={tmp_path / 'x'}", "--apply", "--unreviewed", "a test")
    code_, seen = on_terminal(*arguments, answer="no")
    assert code_ == 1
    assert "Now it is **touched**." in seen
    assert "\x1b[97m\x1b[41m\x1b[1m*** PRODUCTION ***" in seen
    assert not (tmp_path / "x").exists()
    code_, seen = on_terminal(*arguments, answer="yes")
    assert code_ == 0, seen
    assert (tmp_path / "x").exists()
    assert "\r\x1b[K" in seen


@pytest.mark.parametrize(("early", "answer", "code_"), [("yes", "no", 1), ("\n", "yes", 0)])
def test_what_was_typed_before_a_gate_was_shown_does_not_answer_it(
    handbook: Handbook, tmp_path: Path, early: str, answer: str, code_: int
) -> None:
    handbook.write("touch", [*touching()[:5], prose("Now it is touched.", "gate"), *touching()[5:]])
    arguments = ("run", "touch", "-p", f"path={tmp_path / 'x'}", "--apply", "--unreviewed", "a test")
    ended, seen = on_terminal(*arguments, answer=answer, early=early)
    assert (ended, (tmp_path / "x").exists()) == (code_, code_ == 0), seen


# ---- signals after the end

LATE = """\
import os, signal
from outage.cli import main, run_output
whole = run_output._summarise
def late(*given):
    os.kill(os.getpid(), signal.{name})
    return whole(*given)
run_output._summarise = late
main()"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_while_the_summary_is_printed_does_not_change_how_the_run_ended(
    handbook: Handbook, tmp_path: Path, name: str
) -> None:
    touch(handbook)
    given = ("run", "touch", "-p", f"path={tmp_path / 'x'}")
    command = [sys.executable, "-c", LATE.format(name=name), *given]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "To apply exactly this: " in done.stdout


# ---- runbooks, show, runs


def test_runbooks_lists_them_with_what_stands_in_the_way(handbook: Handbook) -> None:
    assert "There are no runbooks" in outage("runbooks").stdout
    touch(handbook)
    handbook.write("bad", [code(None, "1")])
    (handbook.root / "runbooks" / "torn.ipynb").write_text("{")
    out = outage("runbooks").stdout
    assert "touch  It is a test.\n" in out
    assert "cannot be run: this notebook has no parameters cell" in out
    assert "cannot be run: this is not a notebook" in out
    rows = {row["name"]: row for row in json.loads(outage("runbooks", "--json").stdout)}
    assert rows["touch"] == {"name": "touch", "summary": "It is a test.", "risk": "low", "problem": None}


def test_show_says_what_it_asks_for_and_does(handbook: Handbook) -> None:
    touch(handbook, needs=["a disk"], service="disks")
    out = outage("show", "touch").stdout
    for line in (
        "touch: Touch a file",
        "service: disks",
        "needs:   a disk",
        "  path  (must be given)",
        "      a path",
    ):
        assert f"{line}\n" in out
    assert "    6 change     Touch it\n" in out
    assert "Plan it:   outage run touch -p path=...\n" in out
    assert "Apply it:  outage run touch --apply -p path=...\n" in out
    data = json.loads(outage("show", "touch", "--json").stdout)
    assert data["parameters"]["required"] == ["path"]
    assert data["parameters"]["properties"]["path"]["description"] == "what to touch"
    assert [step["step"] for step in data["steps"]][:2] == ["parameters", "setup"]


def test_runs_lists_how_they_ended_newest_first(handbook: Handbook, tmp_path: Path) -> None:
    assert "There are no runs here yet." in outage("runs").stdout
    handbook.write("good", reading("1"))
    handbook.write("bad", reading("1/0"))
    outage("run", "good")
    time.sleep(1.1)
    outage("run", "bad")
    first, second = outage("runs").stdout.splitlines()[:2]
    assert re.match(r"\d{8}-\d{6}-bad-[0-9a-f]{4}  plan   failed", first)
    assert "-good-" in second
    rows = json.loads(outage("runs", "--json").stdout)
    assert [(row["state"], row["code"]) for row in rows] == [("failed", 1), ("succeeded", 0)]
    journal = handbook.runs()[0] / "journal.jsonl"
    journal.write_text(journal.read_text().replace("division", "multiplication", 1))
    assert "the chain is broken here" in outage("runs").stdout
