"""A run as it goes, for a terminal, a file or a program. Fed with the journal's own lines."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any, TextIO

import click

from outage.run.outputs import strip_colours
from outage.runbook.command import suggest
from outage.runbook.notebook import make_titles
from outage.text import one_line, terminal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from outage.run.model import Run

_INDENT = "    "
_MOST_LINES = 40
_MORE = f"{_INDENT}… more: it goes into the notebook"
_MARKS = {
    "passed": "✓",
    "planned": "·",
    "skipped": "·",
    "undone": "·",
    "failed": "✗",
    "timed-out": "✗",
    "killed": "✗",
}
_COLOURS = {"passed": "green", "failed": "red", "timed-out": "red", "killed": "red", "interrupted": "yellow"}


class JsonLines:
    """One event a line, on standard output."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout

    def __call__(self, kind: str, data: Mapping[str, Any]) -> None:
        """Print a line of the journal as an event."""
        if kind != "glimpse":  # for people; a program gets the journal's lines and nothing else
            print(json.dumps({"kind": kind, **data}), file=self._out, flush=True)


@dataclass
class Words:
    """Lines for people.

    On a terminal the last line says what runs, for how long, and what comes next; it is rewritten
    as the cell goes on. Elsewhere every line is final. Of a cell's output at most forty lines are
    shown: of the rest a terminal shows the latest line and their number once a second, and the
    notebook has them.
    """

    out: TextIO = field(default_factory=lambda: sys.stdout)
    live: bool = False
    colour: bool = False
    _titles: list[tuple[str, str]] = field(default_factory=list)
    _open: str = ""
    _since: float = 0.0
    _shown: int = 0
    _partial: str = ""
    _mode: str = "plan"
    _now: int = -1
    _status: bool = False
    _more: int = 0

    def __call__(self, kind: str, data: Mapping[str, Any]) -> None:
        """Show a line of the journal."""
        show = getattr(self, f"_on_{kind}", None)
        if show is not None:
            show(data)
            self.out.flush()

    def _on_run(self, data: Mapping[str, Any]) -> None:
        self._mode = data["mode"]
        verb = {"plan": "Plan of", "apply": "Applying", "undo": "Undoing"}[data["mode"]]
        self._print(self._style(f"{verb} {data['runbook']}: {terminal(data['title'])}", bold=True))
        target = data["target"]
        words = f"Target: {terminal(target['words'])}"
        if target["production"] and data["mode"] != "plan":
            words = self._style(f"*** PRODUCTION *** {words}", fg="bright_white", bg="red", bold=True)
        self._print(words)
        review = data.get("review") or {}
        if review.get("unreviewed"):
            self._print(self._style(f"Not reviewed: {terminal(review['unreviewed'])}", fg="yellow"))

    def _on_notebook(self, data: Mapping[str, Any]) -> None:
        cells = data["cells"]
        named = make_titles((cell["cell_type"], cell["source"], cell.get("step")) for cell in cells)
        steps = [str(cell.get("step") or "") for cell in cells]
        self._titles = list(zip(steps, named, strict=True))

    def _on_cell(self, data: Mapping[str, Any]) -> None:
        step, title = self._titles[data["cell"]]
        label = f"{data['cell'] + 1:>3} {step:<10} {title}".rstrip()
        if data["state"] == "running":
            self._now = data["cell"]
            self._begin(label)
            return
        seconds = f"  {data['seconds']:.2f} s" if data.get("seconds") is not None else ""
        mark = self._style(_MARKS.get(data["state"], "!"), fg=_COLOURS.get(data["state"]))
        self._end_partial()
        if self._more and self.live:
            self._print(_MORE)
        self._print(f"{mark} {label}  {data['state']}{seconds}")
        if data.get("cut"):
            self._print(f"{_INDENT}({data['cut']})")
        if error := data.get("error"):
            self._error(error)
        self._open = ""

    def _begin(self, label: str) -> None:
        self._open, self._since, self._shown, self._more = label, monotonic(), 0, 0
        self._show_status()

    def _on_glimpse(self, data: Mapping[str, Any]) -> None:
        """Show how far a running cell is; called about once a second."""
        latest = terminal(strip_colours(_show_last_state(data["latest"]))).strip()
        self._show_status(f"{data['lines']:,} lines: {latest}" if latest else "")

    def _show_status(self, more: str = "") -> None:
        """Rewrite the last line: what runs, for how long, and what comes next."""
        if not self.live or not self._open:
            return
        self._clear()
        over = monotonic() - self._since
        parts = [f"… {self._open}", f"{over:.0f} s" if over >= 1 else "", more or self._following()]
        width = shutil.get_terminal_size().columns
        self.out.write("  ".join(part for part in parts if part).replace("\n", " ")[: width - 1])
        self._status = True

    def _following(self) -> str:
        """Return the next step that this run will come to, in a word or two; an undo goes its own way."""
        if self._mode == "undo":
            return ""
        for step, title in self._titles[self._now + 1 :]:
            if step and (self._mode != "plan" or step in {"parameters", "setup", "check", "read"}):
                return f"(then {title or step})" if step != "undo" else ""
        return ""

    def _clear(self) -> None:
        """Take the line that says what runs off the terminal."""
        if self._status:
            self.out.write("\r\x1b[K")
            self._status = False

    def _on_output(self, data: Mapping[str, Any]) -> None:
        output = data["output"]
        if output["output_type"] == "stream":
            self._text(output["text"])
        elif output["output_type"] in {"display_data", "execute_result"}:
            self._end_partial()
            text = output["data"].get("text/plain") or output["data"].get("text/markdown") or ""
            self._text(f"{text}\n" if text else "")
            if "image/png" in output["data"]:
                self._text("(an image: see the notebook)\n")
        if data.get("cut"):
            self._end_partial()
            self._print(f"{_INDENT}({terminal(data['cut'])})")

    def _on_gate(self, data: Mapping[str, Any]) -> None:
        if data["state"] != "waiting":
            why = f": {data['reason']}" if data.get("reason") else ""
            self._print(_INDENT + one_line(f"{data['state'].capitalize()} by {data.get('by')}{why}"))
            return
        self._print(self._style("Gate", bold=True))
        for line in terminal(data.get("text", "")).splitlines():
            self._print(f"{_INDENT}{line}")

    def _on_resumed(self, data: Mapping[str, Any]) -> None:
        """Remember changes that are done already: the steps that follow leave them out."""
        for cell in data.get("kept", ()):
            step, title = self._titles[cell]
            label = f"{cell + 1:>3} {step:<10} {title}".rstrip()
            self._print(f"{self._style('✓', fg='green')} {label}  done before")

    def _error(self, error: Mapping[str, Any]) -> None:
        """Show what was raised, in its own words; a traceback stays in the notebook."""
        for line in terminal(f"{error['name']}: {error['value']}").splitlines()[:10]:
            self._print(f"{_INDENT}{self._style(line, fg='red')}")

    def _text(self, text: str) -> None:
        """Show output of the running cell, line by line; an unfinished line waits for its end."""
        lines = (self._partial + text).split("\n")
        self._partial = lines.pop()[-2000:]
        for line in lines:
            self._line(line)
        if lines:
            self._show_status()

    def _line(self, line: str) -> None:
        self._shown += 1
        if self._shown > _MOST_LINES:
            self._more += 1
            if self._more == 1 and not self.live:
                self._print(_MORE)
            return
        if self._shown == 1 and self._open and not self.live:
            self._print(f"  {self._open}")
        shown = terminal(strip_colours(_show_last_state(line)[:4000]))
        self._print(f"{_INDENT}{shown}" if len(shown) <= 400 else f"{_INDENT}{shown[:400]} …")

    def _end_partial(self) -> None:
        if self._partial:
            line, self._partial = self._partial, ""
            self._line(line)

    def _print(self, text: str) -> None:
        self._clear()
        self.out.write(f"{text}\n")

    def _style(self, text: str, **style: Any) -> str:
        return click.style(text, **style) if self.colour and any(style.values()) else text


def _show_last_state(line: str) -> str:
    """Return a line as it stood last: of a progress bar that rewrites itself its end, marked as cut."""
    before, _, last = line.removesuffix("\r").rpartition("\r")
    return f"… {last}" if before else last


def summarise(run: Run, notebook: str, then: str | None, runbooks: Path) -> list[str]:
    """Summarise a run, a line each: what became of it, what that means or what to do next, where it is.

    Args:
        run: as it ended.
        notebook: where all of it is.
        then: what to do next.
        runbooks: the handbook's folder of runbooks, one of which may help.
    """
    counts = [
        f"{count} {state}"
        for state in (
            "passed",
            "planned",
            "skipped",
            "failed",
            "timed-out",
            "killed",
            "interrupted",
            "started-unknown",
            "undone",
            "never-ran",
        )
        if (count := run.count(state))
    ]
    what = {"plan": "Plan", "apply": "Apply", "undo": "Undo"}.get(run.mode, "Run")
    reason = terminal(run.reason[:1].upper() + run.reason[1:]).rstrip(".")
    why = f" {reason}." if run.state != "succeeded" else ""
    ended = {"succeeded": "succeeded in", "undone": "done in"}.get(run.state, f"{run.state} after")
    head = f"{what} {ended} {run.seconds:.1f} s: {', '.join(counts)}.{why}"
    return [line for line in (head, find_advice(run, runbooks), then, f"All of it: {notebook}") if line]


def find_advice(run: Run, runbooks: Path) -> str | None:
    """Say what the last failed cell's error means and where to go on, if its metadata has a hint."""
    errors = [cell.error for cell in run.cells if cell.error and cell.error.get("hint")]
    if not errors:
        return None
    name = errors[-1].get("next")
    going_on = f" Next: {suggest(runbooks, str(name))}" if name else ""
    return terminal(f"What it means: {errors[-1]['hint']}{going_on}")
