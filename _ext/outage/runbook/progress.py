"""A run as it goes, for a terminal, a file or a program. Fed with the journal's own lines."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any, TextIO

from outage.runbook.outputs import without_colours
from outage.runbook.titles import titles
from outage.text import terminal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outage.runbook.history import Run

_INDENT = "    "
_MOST_LINES = 40
_MARKS = {"passed": "✓", "planned": "·", "skipped": "·", "failed": "✗", "timed-out": "✗", "killed": "✗"}
_COLOURS = {"passed": "32", "failed": "31", "timed-out": "31", "killed": "31", "interrupted": "33"}


class JsonLines:
    """One event a line, on standard output."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout

    def __call__(self, kind: str, data: Mapping[str, Any]) -> None:
        """Print a line of the journal as an event."""
        print(json.dumps({"kind": kind, **data}), file=self._out, flush=True)


@dataclass
class Words:
    """Lines for people.

    On a terminal the running cell's line is rewritten when the cell is over; elsewhere every line
    is final. Of a cell's output at most forty lines are shown: the rest is in the notebook.
    """

    out: TextIO = field(default_factory=lambda: sys.stdout)
    live: bool = False
    colour: bool = False
    verbose: bool = True
    _titles: list[tuple[str, str]] = field(default_factory=list)
    _open: str = ""
    _since: float = 0.0
    _shown: int = 0
    _partial: str = ""
    _mode: str = "plan"

    def __call__(self, kind: str, data: Mapping[str, Any]) -> None:
        """Show a line of the journal."""
        show = getattr(self, f"_on_{kind}", None)
        if show is not None:
            show(data)
            self.out.flush()

    def _on_run(self, data: Mapping[str, Any]) -> None:
        self._mode = data["mode"]
        verb = {"plan": "Plan of", "apply": "Applying", "undo": "Undoing"}[data["mode"]]
        self._print(self._bold(f"{verb} {data['runbook']}: {terminal(data['title'])}"))
        target = data["target"]
        words = f"Target: {terminal(target['words'])}"
        if target["production"] and data["mode"] != "plan":
            words = self._paint(f"*** PRODUCTION *** {words}", "1;97;41")
        self._print(words)
        review = data.get("review") or {}
        if review.get("unreviewed"):
            self._print(self._paint(f"Not reviewed: {terminal(review['unreviewed'])}", "33"))

    def _on_notebook(self, data: Mapping[str, Any]) -> None:
        cells = data["cells"]
        named = titles((cell["cell_type"], cell["source"], cell.get("step")) for cell in cells)
        steps = [str(cell.get("step") or "") for cell in cells]
        self._titles = list(zip(steps, named, strict=True))

    def _on_cell(self, data: Mapping[str, Any]) -> None:
        step, title = self._titles[data["cell"]]
        label = f"{data['cell'] + 1:>3} {step:<10} {title}".rstrip()
        if data["state"] == "running":
            self._begin(label)
            return
        seconds = f"  {data['seconds']:.2f} s" if data.get("seconds") is not None else ""
        mark = self._paint(_MARKS.get(data["state"], "!"), _COLOURS.get(data["state"], "0"))
        self._end_partial()
        self._rewind()
        self._print(f"{mark} {label}  {data['state']}{seconds}")
        if data.get("cut"):
            self._print(f"{_INDENT}({data['cut']})")
        if error := data.get("error"):
            self._error(error)
        self._open = ""

    def _begin(self, label: str) -> None:
        self._open, self._since, self._shown = label, monotonic(), 0
        if self.live:
            width = shutil.get_terminal_size().columns
            self.out.write(f"… {label}"[: width - 1])

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

    def _on_gate(self, data: Mapping[str, Any]) -> None:
        if data["state"] == "waiting":
            self._print(self._bold("Gate"))
            for line in terminal(data.get("text", "")).splitlines():
                self._print(f"{_INDENT}{line}")

    def _error(self, error: Mapping[str, Any]) -> None:
        """What was raised: its own words; a traceback stays in the notebook."""
        for line in terminal(f"{error['name']}: {error['value']}").splitlines()[:10]:
            self._print(f"{_INDENT}{self._paint(line, '31')}")
        if error.get("hint"):
            self._print(f"{_INDENT}{terminal(error['hint'])}")

    def _text(self, text: str) -> None:
        """Output of the running cell, line by line; an unfinished line waits for its end."""
        lines = (self._partial + text).split("\n")
        self._partial = lines.pop()[-2000:]
        for line in lines:
            self._line(line)

    def _line(self, line: str) -> None:
        self._shown += 1
        if self._shown == _MOST_LINES + 1:
            self._print(f"{_INDENT}… more: it goes into the notebook")
        if self._shown > _MOST_LINES:
            return
        if self._shown == 1 and self._open:
            self._rewind()
            self._print(f"  {self._open}")
        self._print(f"{_INDENT}{terminal(without_colours(line))}"[:2000])

    def _end_partial(self) -> None:
        if self._partial:
            line, self._partial = self._partial, ""
            self._line(line)

    def _rewind(self) -> None:
        """Clear the running cell's line, if it is still the last one."""
        if (self.live and self._open and self._shown == 0) or (self.live and self._open and self._shown == 1):
            self.out.write("\r\x1b[K")

    def _print(self, text: str) -> None:
        self.out.write(f"{text}\n")

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and code != "0" else text

    def _bold(self, text: str) -> str:
        return self._paint(text, "1")


def summary(run: Run, notebook: str, then: str | None) -> list[str]:
    """Three lines at the end: what became of it, what to do next, where it is."""
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
            "never-ran",
        )
        if (count := run.count(state))
    ]
    what = {"plan": "Plan", "apply": "Apply", "undo": "Undo"}.get(run.mode, "Run")
    why = f" {terminal(run.reason[:1].upper() + run.reason[1:])}." if run.state != "succeeded" else ""
    head = f"{what} {run.state} in {run.seconds:.1f} s: {', '.join(counts)}.{why}"
    return [head, then or "", f"All of it: {notebook}"] if then else [head, f"All of it: {notebook}"]
