"""A run as its journal tells it: state, cells, actions, saved data. Always folded, never stored."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from outage.runbook.journal import FILE, Line, Trouble, is_alive, read_journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

OVER = frozenset({"succeeded", "failed", "interrupted", "undone"})


@dataclass(frozen=True)
class CellRun:
    """What became of one cell.

    Attributes:
        index: position in the notebook, from 0.
        step: the step tag; None for prose, which has no state.
        state: a cell state of the design; ``None`` for prose.
        started: when it was started, if it was.
        seconds: how long it ran, if it is over.
        outputs: in the notebook format's form.
        cut: what of the outputs was not kept, in words.
    """

    index: int
    id: str
    cell_type: str
    step: str | None
    tags: tuple[str, ...]
    source: str
    state: str | None
    started: datetime | None = None
    seconds: float | None = None
    error: dict[str, Any] | None = None
    outputs: tuple[dict[str, Any], ...] = ()
    cut: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """Actions that one read cell proposed; ``at`` tells when they were written down."""

    cell: int
    actions: tuple[dict[str, Any], ...]
    digest: str
    at: datetime


@dataclass(frozen=True)
class Gate:
    """What became of a gate: the last word on it."""

    cell: int
    state: str
    text: str
    by: str | None
    reason: str | None
    at: datetime


@dataclass(frozen=True)
class Run:
    """A run of a runbook.

    Attributes:
        folder: where its journal is; the folder's name is the run's id.
        state: a run state of the design; ``running`` while its process lives.
        code: the exit code, once it has ended.
        reason: why it ended, in a sentence.
        began: the first line's data (see ``outage.runbook.lines.Began``).
        updated: when the last line was written.
        saved: what cells saved, by name.
        troubles: torn lines, broken chain, kinds that this version does not know.
    """

    folder: Path
    state: str
    code: int | None
    reason: str
    began: dict[str, Any]
    started: datetime
    updated: datetime
    cells: tuple[CellRun, ...] = ()
    injected: str = ""
    runbook_meta: dict[str, Any] = field(default_factory=dict)
    proposals: tuple[Proposal, ...] = ()
    saved: dict[str, Any] = field(default_factory=dict)
    gates: tuple[Gate, ...] = ()
    troubles: tuple[Trouble, ...] = ()

    @property
    def id(self) -> str:
        """The run's id."""
        return str(self.began.get("run", self.folder.name))

    @property
    def runbook(self) -> str:
        """Name of the runbook."""
        return str(self.began.get("runbook", ""))

    @property
    def mode(self) -> str:
        """plan, apply or undo."""
        return str(self.began.get("mode", ""))

    @property
    def target(self) -> str:
        """What it ran against, in words."""
        target = self.began.get("target")
        return str(target.get("words", "")) if isinstance(target, dict) else ""

    @property
    def seconds(self) -> float:
        """From its first line to its last."""
        return (self.updated - self.started).total_seconds()

    def count(self, *states: str) -> int:
        """How many cells are in one of these states."""
        return sum(cell.state in states for cell in self.cells)


def load_run(folder: Path) -> Run:
    """The run in a folder.

    Raises:
        Failed: there is no journal, or nothing of it can be read.
    """
    from outage.errors import Failed

    reading = read_journal(folder)
    if not reading.lines:
        raise Failed("the journal holds no line that can be read", file=folder / FILE)
    alive = is_alive(folder)
    return fold(folder, reading.lines, reading.troubles, alive=alive)


def find_runs(folders: Iterable[Path]) -> list[Path]:
    """Folders of runs under folders that hold runs, newest first (a run's id begins with its time)."""
    found = [path.parent for folder in folders for path in folder.glob(f"*/{FILE}")]
    return sorted(found, key=lambda path: path.name, reverse=True)


def fold(folder: Path, lines: Iterable[Line], troubles: Iterable[Trouble] = (), *, alive: bool) -> Run:
    """Fold a journal's lines.

    Args:
        folder: the run's folder.
        lines: in the file's order; at least one.
        troubles: what the reading found; kinds that we do not know are added to it.
        alive: whether the process that writes them lives.
    """
    lines = list(lines)
    first = lines[0]
    began = first.data if first.kind == "run" else {}
    run = Run(folder, "running", None, "", began, first.at, lines[-1].at, troubles=tuple(troubles))
    for line in lines:
        if line.kind not in _FOLDS:
            unknown = Trouble(
                line.number, f"a line of the kind '{line.kind}', which this version does not know"
            )
            run = replace(run, troubles=(*run.troubles, unknown))
            continue
        try:
            run = _FOLDS[line.kind](run, line)
        except (KeyError, TypeError, IndexError, ValueError):
            message = f"a line of the kind '{line.kind}' with data that do not fit it"
            run = replace(run, troubles=(*run.troubles, Trouble(line.number, message)))
    return _settled(run, alive=alive)


def _settled(run: Run, *, alive: bool) -> Run:
    """What an unfinished journal means when nobody writes it any more."""
    here = run.began.get("host") in {None, socket.gethostname()}
    if run.state != "running" or alive:
        return run
    if not here:
        return replace(
            run, reason=f"last heard of from {run.began['host']}; only that machine knows if it runs"
        )
    cells = tuple(
        replace(cell, state="started-unknown") if cell.state == "running" else cell for cell in run.cells
    )
    reason = "its process vanished; what a started cell did is not known"
    return replace(run, state="abandoned", cells=cells, reason=reason)


def _notebook(run: Run, line: Line) -> Run:
    cells = tuple(
        CellRun(
            index,
            str(cell["id"]),
            str(cell["cell_type"]),
            cell.get("step"),
            tuple(cell.get("tags", ())),
            str(cell["source"]),
            "never-ran" if cell.get("step") else None,
        )
        for index, cell in enumerate(line.data["cells"])
    )
    meta = dict(line.data.get("runbook", {}))
    return replace(run, cells=cells, injected=str(line.data.get("injected", "")), runbook_meta=meta)


def _cell(run: Run, line: Line) -> Run:
    data = line.data
    if data["state"] == "running":
        return _with_cell(run, data["cell"], lambda cell: replace(cell, state="running", started=line.at))
    cut = (str(data["cut"]),) if data.get("cut") else ()
    return _with_cell(
        run,
        data["cell"],
        lambda cell: replace(
            cell,
            state=str(data["state"]),
            seconds=data.get("seconds"),
            error=data.get("error"),
            cut=cell.cut + cut,
        ),
    )


def _output(run: Run, line: Line) -> Run:
    output = dict(line.data["output"])
    cut = (str(line.data["cut"]),) if line.data.get("cut") else ()

    def add(cell: CellRun) -> CellRun:
        last = cell.outputs[-1] if cell.outputs else None
        if (
            last
            and output["output_type"] == "stream" == last["output_type"]
            and last["name"] == output["name"]
        ):
            joined = {**last, "text": last["text"] + output["text"]}
            return replace(cell, outputs=(*cell.outputs[:-1], joined), cut=cell.cut + cut)
        return replace(cell, outputs=(*cell.outputs, output), cut=cell.cut + cut)

    return _with_cell(run, line.data["cell"], add)


def _with_cell(run: Run, index: int, change: Callable[[CellRun], CellRun]) -> Run:
    cells = list(run.cells)
    if index < 0:
        raise IndexError(index)
    cells[index] = change(cells[index])
    return replace(run, cells=tuple(cells))


def _actions(run: Run, line: Line) -> Run:
    data = line.data
    proposal = Proposal(data["cell"], tuple(data["actions"]), str(data["digest"]), line.at)
    return replace(run, proposals=(*run.proposals, proposal))


def _saved(run: Run, line: Line) -> Run:
    return replace(run, saved={**run.saved, str(line.data["name"]): line.data["value"]})


def _gate(run: Run, line: Line) -> Run:
    data = line.data
    gate = Gate(
        data["cell"], str(data["state"]), data.get("text", ""), data.get("by"), data.get("reason"), line.at
    )
    return replace(run, gates=(*[old for old in run.gates if old.cell != gate.cell], gate))


def _ended(run: Run, line: Line) -> Run:
    data = line.data
    return replace(run, state=str(data["state"]), code=data["code"], reason=str(data.get("reason", "")))


_FOLDS: dict[str, Callable[[Run, Line], Run]] = {
    "run": lambda run, line: run,
    "notebook": _notebook,
    "cell": _cell,
    "output": _output,
    "actions": _actions,
    "saved": _saved,
    "gate": _gate,
    "ended": _ended,
}
