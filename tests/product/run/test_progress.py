"""Live progress: what runs, for how long, what comes next; much output stays a line."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from outage.run import progress
from outage.run.progress import JsonLines, Words

CELLS = [
    {"cell_type": "code", "source": "# Set up", "step": "setup"},
    {"cell_type": "code", "source": "# Look at it", "step": "read"},
    {"cell_type": "code", "source": "# Fix it", "step": "change"},
]


class Screen:
    """A terminal of 60 columns, and the clock that the progress reads."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, live: bool, mode: str = "plan") -> None:
        self.out, self.now = io.StringIO(), 0.0
        monkeypatch.setattr(progress, "monotonic", lambda: self.now)
        monkeypatch.setenv("COLUMNS", "60")
        self.words = Words(self.out, live=live)
        began = {"mode": mode, "runbook": "b", "title": "B", "target": {"words": "here", "production": False}}
        self.words("run", began)
        self.words("notebook", {"cells": CELLS})

    def said(self, kind: str, **data: Any) -> str:
        """What an event adds to the terminal."""
        before = len(self.out.getvalue())
        self.words(kind, data)
        return self.out.getvalue()[before:]

    def prints(self, text: str, cut: str | None = None) -> str:
        return self.said(
            "output", cell=0, cut=cut, output={"output_type": "stream", "name": "stdout", "text": text}
        )


CLEAR = "\r\x1b[K"


def test_a_terminal_shows_what_runs_how_long_and_what_comes_next(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch, live=True)
    assert screen.said("cell", cell=0, state="running") == "…   1 setup      Set up  (then Look at it)"
    screen.now = 7
    silent = screen.said("glimpse", cell=0, lines=0, latest="")
    assert silent == f"{CLEAR}…   1 setup      Set up  7 s  (then Look at it)"
    assert screen.prints("hello\n").startswith(f"{CLEAR}    hello\n…   1 setup      Set up  7 s")
    assert (
        screen.said("cell", cell=0, state="passed", seconds=7.0)
        == f"{CLEAR}✓   1 setup      Set up  passed  7.00 s\n"
    )


def test_a_plan_never_says_that_a_change_comes_next(monkeypatch: pytest.MonkeyPatch) -> None:
    for mode, following in (("plan", ""), ("apply", "  (then Fix it)")):
        screen = Screen(monkeypatch, live=True, mode=mode)
        assert screen.said("cell", cell=1, state="running") == f"…   2 read       Look at it{following}"


def test_an_undo_goes_its_own_way_and_names_no_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch, live=True, mode="undo")
    assert screen.said("cell", cell=0, state="running") == "…   1 setup      Set up"


def test_what_a_resumed_run_does_not_do_again_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch, live=False, mode="apply")
    assert screen.said("resumed", mode="apply", kept=[2]) == "✓   3 change     Fix it  done before\n"


def test_an_answer_from_elsewhere_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch, live=False, mode="apply")
    assert screen.said("gate", cell=2, state="confirmed", by="Bo") == "    Confirmed by Bo\n"
    said = screen.said("gate", cell=2, state="declined", by="Bo\x1b[2J", reason="not at\nnoon")
    assert said == "    Declined by Bo\\x1b[2J: not at noon\n"


def test_of_a_line_that_rewrites_itself_the_last_state_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch, live=False)
    screen.said("cell", cell=0, state="running")
    said = screen.prints("HTTP/1.1 200 OK\r\n10%\r50%\r100%\r\n\rdone\n")
    assert said.splitlines()[1:] == ["    HTTP/1.1 200 OK", "    … 100%", "    done"]


def test_of_much_output_the_latest_line_is_shown_in_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch, live=True)
    screen.said("cell", cell=0, state="running")
    screen.prints("".join(f"line {number}\n" for number in range(1000)))
    assert screen.out.getvalue().count("    line ") == 40
    shown = screen.said("glimpse", cell=0, lines=123456, latest="line \x1b[2J 9" + "x" * 200)
    assert shown.startswith(f"{CLEAR}…   1 setup      Set up  123,456 lines: line \\x1b[2J 9")
    assert len(shown.removeprefix(CLEAR)) == 59, "it never wraps"


def test_elsewhere_lines_are_final_and_no_glimpse_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch, live=False)
    assert screen.said("cell", cell=0, state="running") == ""
    assert screen.said("glimpse", cell=0, lines=5, latest="x") == ""
    assert (
        screen.prints("x" * 5000 + "\n", cut="much")
        == f"    1 setup      Set up\n    {'x' * 400} …\n    (much)\n"
    )
    assert "\r" not in screen.out.getvalue()


def test_a_program_hears_the_journals_lines_only() -> None:
    out = io.StringIO()
    lines = JsonLines(out)
    lines("glimpse", {"cell": 0, "lines": 5, "latest": "x"})
    lines("cell", {"cell": 0, "state": "passed"})
    assert [json.loads(line) for line in out.getvalue().splitlines()] == [
        {"kind": "cell", "cell": 0, "state": "passed"}
    ]
