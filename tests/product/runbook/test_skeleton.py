"""A new runbook is right from the start, and the page about writing one does what it says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from outage.check import check
from outage.errors import Refused
from outage.project import find_project
from outage.runbook.contract import examine
from outage.runbook.notebook import read_notebook
from outage.runbook.skeleton import write_skeleton
from tests.product.cli.processes import outage
from tests.product.run.build import Handbook, reading, touching
from tests.product.run.running import again, run, text

PAGE = Path(__file__).parents[3] / "runbooks" / "write-your-own.md"


def commands() -> list[str]:
    """What the page tells to type, in order."""
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if not line.startswith("jupyter")]


def test_the_page_is_followed_command_by_command(handbook: Handbook, tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "outage").write_text(
        f'#!/bin/sh\nexec {sys.executable} -c "from outage.cli import main; main()" "$@"\n'
    )
    (folder / "outage").chmod(0o755)
    environ = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    said = ""
    assert len(commands()) == 9
    for command in commands():
        done = subprocess.run(
            command, shell=True, cwd=handbook.root, env=environ, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        said += done.stdout
    assert "1 action proposed:" in said
    assert "Apply succeeded" in said
    assert [path.name for path in (handbook.root / "runs" / "example").iterdir()] == ["old.log.aside"]


def test_the_page_tells_of_every_tag() -> None:
    told = set(re.findall(r"^`(\w+)`$", PAGE.read_text(), re.MULTILINE))
    assert told == {"parameters", "check", "read", "change", "undo", "verify"}


def test_a_skeleton_keeps_every_rule(handbook: Handbook) -> None:
    path = write_skeleton(handbook.root / "runbooks", "tidy-up")
    contract = examine(read_notebook(path))
    assert contract.problems == ()
    assert {tag for _, tag in contract.steps} >= {"setup", "check", "read", "change", "undo", "verify"}
    assert json.dumps(json.loads(path.read_text()), indent=1) + "\n" == path.read_text()
    assert check(find_project()) == []


def test_what_a_skeleton_moved_in_two_attempts_is_verified_and_undone_whole(
    handbook: Handbook, tmp_path: Path
) -> None:
    path = write_skeleton(handbook.root / "runbooks", "tidy-up")
    fails = 'if path.name == "b" and not Path("again").exists():\n        Path("again").touch(); 1 / 0\n    '
    path.write_text(
        path.read_text().replace("    path.rename(", json.dumps(f"    {fails}path.rename(")[1:-1])
    )
    old = [tmp_path / name for name in "abc"]
    for file in old:
        file.touch()
        os.utime(file, (0, 0))
    done = run("tidy-up", f"folder={tmp_path}", apply=True, unreviewed="a test")
    assert (done.state, [file.exists() for file in old]) == ("failed", [False, True, True])
    done = again(done, ask=lambda question: "not-done")
    assert (done.state, [file.exists() for file in old]) == ("succeeded", [False, False, False])
    assert "files moved aside: 4" in text(done), "b was begun twice"
    assert again(done, undo=True).state == "undone"
    assert all(file.exists() for file in old)


def test_an_old_runbook_is_never_overwritten_and_a_name_leads_nowhere_else(handbook: Handbook) -> None:
    path = write_skeleton(handbook.root / "runbooks", "tidy-up")
    path.write_text("mine")
    with pytest.raises(Refused, match="exists already"):
        write_skeleton(handbook.root / "runbooks", "tidy-up")
    assert path.read_text() == "mine"
    for name in ("../x", "A", "a b", "", "x.ipynb", "a/b"):
        done = outage("new", "runbook", name)
        assert done.returncode == 2, name
        assert "hint:" in done.stderr
    assert len(list(handbook.root.rglob("*.ipynb"))) == 1


def test_a_hint_that_leads_to_no_runbook_is_refused_by_the_check(handbook: Handbook) -> None:
    hint = {"matches": "refus(ed|al)", "means": "It is down.", "runbook": "bokk"}
    handbook.write("book", reading("1/0"), {"hints": [hint]})
    done = outage("check")
    assert done.returncode == 1
    message = "runbooks/book.ipynb: metadata runbook.hints.0.runbook: there is no runbook 'bokk'"
    assert f"{message}\n  hint: did you mean 'book'?" in done.stdout


@pytest.mark.parametrize(
    ("hint", "reason"),
    [
        ({"means": "m"}, "say either 'when' (a text) or 'matches' (a pattern)"),
        ({"when": "a", "matches": "b", "means": "m"}, "say either 'when' (a text) or 'matches' (a pattern)"),
        ({"matches": "(a|b)*", "means": "m"}, "this pattern fits an empty text"),
        ({"matches": "(a", "means": "m"}, "this is no pattern that RE2 knows: missing )"),
        ({"matches": r"(a)\1", "means": "m"}, "this is no pattern that RE2 knows: invalid escape sequence"),
    ],
)
def test_a_wrong_hint_is_told_with_its_reason(handbook: Handbook, hint: dict[str, str], reason: str) -> None:
    contract = examine(read_notebook(handbook.write("book", reading("1"), {"hints": [hint]})))
    assert any(reason in problem.reason and problem.blocks for problem in contract.problems)


def test_a_failed_run_ends_with_what_its_error_means_and_where_to_go_on(handbook: Handbook) -> None:
    hint = {"matches": "no route to .{1,40}", "means": "The host is down.", "runbook": "other"}
    handbook.write("book", reading("raise OSError('No route to host db7')"), {"hints": [hint]})
    out = outage("run", "book").stdout
    head, advice, path = out.splitlines()[-3:]
    assert head.startswith("Plan failed after ")
    assert advice == "What it means: The host is down. Next: outage run other", "it cannot be read"
    handbook.write("other", touching())
    *_, advice, path = outage("run", "book").stdout.splitlines()
    assert advice == "What it means: The host is down. Next: outage run other -p path=..."
    assert path.startswith("All of it: ")
    events = [json.loads(line) for line in outage("run", "book", "--json").stdout.splitlines()]
    (error,) = [event["error"] for event in events if "error" in event]
    assert (error["hint"], error["next"]) == ("The host is down.", "other")
