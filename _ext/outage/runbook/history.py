"""A run as its journal tells it: state, cells, actions, saved data. Always folded, never stored."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from outage.runbook.journal import FILE, Line, Trouble, is_alive, read_journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

SPOOL = "saved.jsonl"
UNSETTLED = frozenset({"failed", "timed-out", "interrupted", "killed", "started-unknown", "running"})
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
        actions: what a change was given to do, when it was last started.
        asserted: who said that it was done, where it was started and did not pass.
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
    actions: tuple[dict[str, Any], ...] = ()
    asserted: str | None = None

    @property
    def unsettled(self) -> bool:
        """Whether it is a change that was started, did not pass, and of which nobody said that it is done."""
        return self.step == "change" and self.state in UNSETTLED and self.asserted is None

    @property
    def settled(self) -> bool:
        """Whether it is a change that is done: it passed, or somebody said so."""
        return self.step == "change" and (self.state == "passed" or self.asserted is not None)


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
    digest: str | None = None
    second_person: bool = False
    alone: bool = False


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
        gates: the last word on each, in the order in which they were last reached or answered.
        alone: gates that the starter passed for the second person that was asked for.
        resumed: data of the lines that began it again, see ``outage.runbook.lines.Resumed``.
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
    alone: tuple[Gate, ...] = ()
    resumed: tuple[dict[str, Any], ...] = ()
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
        """plan, apply or undo: what was last asked for."""
        return str((*self.resumed[-1:], self.began)[0].get("mode", ""))

    @property
    def process(self) -> tuple[str, int]:
        """Host and number of the process that carries it out, or did."""
        last = (*self.resumed[-1:], self.began)[0]
        return str(last.get("host", "")), int(last.get("pid", 0))

    @property
    def pending(self) -> Gate | None:
        """The gate that waits for an answer."""
        last = self.gates[-1] if self.gates and self.state in {"running", "waiting"} else None
        return last if last and last.state == "waiting" else None

    @property
    def changed(self) -> list[CellRun]:
        """Changes that were carried out, or may have been in part, and were not undone; newest first."""
        done = [cell for cell in self.cells if cell.step == "change" and cell.state in {"passed", *UNSETTLED}]
        return done[::-1]

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
    run = fold(folder, reading.lines, reading.troubles, alive=alive)
    return run if alive else replace(run, saved={**run.saved, **spooled(folder)})


def spooled(folder: Path) -> dict[str, Any]:
    """What a change saved, as its kernel wrote it down: for where nobody lived to put it in the journal."""
    found: dict[str, Any] = {}
    try:
        lines = (folder / SPOOL).read_bytes().splitlines()
    except OSError:
        return found
    for line in lines:
        try:
            data = json.loads(line)
            found[str(data["name"])] = data["value"]
        except (ValueError, KeyError, TypeError):  # torn: its save() has not returned
            continue
    return found


def find_runs(folders: Iterable[Path]) -> list[Path]:
    """Folders of runs under folders that hold runs, newest first (a run's id begins with its time)."""
    found = [path.parent for folder in folders for path in folder.glob(f"*/{FILE}")]
    return sorted(found, key=lambda path: path.name, reverse=True)


@dataclass
class _Folding:
    """A run while its lines are being folded."""

    state: str = "running"
    code: int | None = None
    reason: str = ""
    cells: list[CellRun] = field(default_factory=list)
    injected: str = ""
    meta: dict[str, Any] = field(default_factory=dict)
    proposals: list[Proposal] = field(default_factory=list)
    saved: dict[str, Any] = field(default_factory=dict)
    gates: dict[int, Gate] = field(default_factory=dict)
    alone: list[Gate] = field(default_factory=list)
    resumed: list[dict[str, Any]] = field(default_factory=list)


def fold(folder: Path, lines: Iterable[Line], troubles: Iterable[Trouble] = (), *, alive: bool) -> Run:
    """Fold a journal's lines.

    Args:
        folder: the run's folder.
        lines: in the file's order; at least one.
        troubles: what the reading found; kinds that we do not know are added to it.
        alive: whether the process that writes them lives.
    """
    lines, found, folding = list(lines), list(troubles), _Folding()
    for line in lines:
        if line.kind not in _FOLDS:
            message = f"a line of the kind '{line.kind}', which this version does not know"
            found.append(Trouble(line.number, message))
            continue
        try:
            _FOLDS[line.kind](folding, line)
        except (KeyError, TypeError, IndexError, ValueError):
            found.append(
                Trouble(line.number, f"a line of the kind '{line.kind}' with data that do not fit it")
            )
    first = lines[0]
    run = Run(
        folder=folder,
        state=folding.state,
        code=folding.code,
        reason=folding.reason,
        began=first.data if first.kind == "run" else {},
        started=first.at,
        updated=lines[-1].at,
        cells=tuple(folding.cells),
        injected=folding.injected,
        runbook_meta=folding.meta,
        proposals=tuple(folding.proposals),
        saved=folding.saved,
        gates=tuple(folding.gates.values()),
        alone=tuple(folding.alone),
        resumed=tuple(folding.resumed),
        troubles=tuple(found),
    )
    return run if alive or run.state != "running" else _unfinished(run, lines[-1].kind)


def _unfinished(run: Run, last: str) -> Run:
    """What an unfinished journal means when nobody on this machine writes it."""
    host = run.process[0]
    if host not in {"", socket.gethostname()}:
        return replace(run, reason=f"last heard of from {host}; only that machine knows if it runs")
    if last == "gate":  # it was killed where it does nothing but wait
        return replace(run, state="waiting", reason=_awaited(run.gates[-1]))
    cells = tuple(_unknown(cell) for cell in run.cells)
    reason = "its process vanished; what a started cell did is not known"
    return replace(run, state="abandoned", cells=cells, reason=reason)


def _unknown(cell: CellRun) -> CellRun:
    """A cell that was running when the last was heard of it."""
    return replace(cell, state="started-unknown") if cell.state == "running" else cell


def _awaited(gate: Gate) -> str:
    place = f"cell {gate.cell + 1}"
    if gate.state == "waiting":
        return f"waiting at {place}"
    return f"the gate at {place} was {gate.state} by {gate.by}; it goes on when it is resumed"


def _notebook(run: _Folding, line: Line) -> None:
    run.cells = [
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
    ]
    run.meta = dict(line.data.get("runbook", {}))
    run.injected = str(line.data.get("injected", ""))


def _cell(run: _Folding, line: Line) -> None:
    data, at = line.data, _index(run, line)
    if data["state"] == "running":
        before = run.cells[at]
        last = run.proposals[-1] if run.proposals and before.step == "change" else None
        fresh = CellRun(at, before.id, before.cell_type, before.step, before.tags, before.source, "running")
        run.cells[at] = replace(fresh, started=line.at, actions=last.actions if last else ())
        return
    run.cells[at] = replace(
        run.cells[at],
        state=str(data["state"]),
        seconds=data.get("seconds"),
        error=data.get("error"),
        cut=run.cells[at].cut + _cut(line),
    )


def _output(run: _Folding, line: Line) -> None:
    output, at = dict(line.data["output"]), _index(run, line)
    outputs = run.cells[at].outputs
    last = outputs[-1] if outputs else {}
    same = (output["output_type"], output.get("name")) == (last.get("output_type"), last.get("name"))
    if same and output["output_type"] == "stream":
        outputs = (*outputs[:-1], {**last, "text": last["text"] + output["text"]})
    else:
        outputs = (*outputs, output)
    run.cells[at] = replace(run.cells[at], outputs=outputs, cut=run.cells[at].cut + _cut(line))


def _index(run: _Folding, line: Line) -> int:
    index = line.data["cell"]
    if type(index) is not int or not 0 <= index < len(run.cells):
        raise IndexError(index)
    return index


def _cut(line: Line) -> tuple[str, ...]:
    return (str(line.data["cut"]),) if line.data.get("cut") else ()


def _actions(run: _Folding, line: Line) -> None:
    actions = tuple(line.data["actions"])
    run.proposals.append(Proposal(_index(run, line), actions, str(line.data["digest"]), line.at))


def _saved(run: _Folding, line: Line) -> None:
    run.saved[str(line.data["name"])] = line.data["value"]


def _gate(run: _Folding, line: Line) -> None:
    data, at = line.data, _index(run, line)
    asked = run.gates.pop(at, None)
    state, alone = str(data["state"]), bool(data.get("alone"))
    text, digest, second = data.get("text"), data.get("digest"), bool(data.get("second_person"))
    if asked and state != "waiting":  # an answer is to what was asked
        text, digest, second = text or asked.text, digest or asked.digest, asked.second_person
    gate = Gate(at, state, text or "", data.get("by"), data.get("reason"), line.at, digest, second, alone)
    run.gates[at] = gate
    if alone:
        run.alone.append(gate)
    if run.state == "waiting":
        run.reason = _awaited(gate)


def _resumed(run: _Folding, line: Line) -> None:
    run.state, run.code, run.reason = "running", None, ""
    run.cells = [_unknown(cell) for cell in run.cells]
    run.resumed.append(line.data)


def _asserted(run: _Folding, line: Line) -> None:
    at = _index(run, line)
    if line.data["answer"] == "done":
        run.cells[at] = replace(run.cells[at], asserted=str(line.data["by"]))


def _ended(run: _Folding, line: Line) -> None:
    run.state, run.code = str(line.data["state"]), line.data["code"]
    run.reason = str(line.data.get("reason", ""))
    run.cells = [_unknown(cell) for cell in run.cells]


_FOLDS: dict[str, Callable[[_Folding, Line], None]] = {
    "run": lambda run, line: None,
    "notebook": _notebook,
    "cell": _cell,
    "output": _output,
    "actions": _actions,
    "saved": _saved,
    "gate": _gate,
    "resumed": _resumed,
    "asserted": _asserted,
    "ended": _ended,
}
