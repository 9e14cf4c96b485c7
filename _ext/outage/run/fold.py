"""Folds a journal's lines into the run that they tell of (:mod:`outage.run.model`)."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from outage.run.journal import Line, Trouble
from outage.run.model import CellRun, Gate, Proposal, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


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
    undo_planned: dict[str, Any] | None = None


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
        undo_planned=folding.undo_planned,
        troubles=tuple(found),
    )
    if alive or run.state != "running":
        return run
    last = next((line.kind for line in reversed(lines) if line.kind != "undo-plan"), "")
    return _explain_unfinished(run, last)


def _explain_unfinished(run: Run, last: str) -> Run:
    """Say what an unfinished journal means when no one on this machine writes it."""
    host = run.process[0]
    if host not in {"", socket.gethostname()}:
        return replace(run, reason=f"last heard of from {host}; only that machine knows if it runs")
    if last == "gate":  # it was killed where it does nothing but wait
        return replace(run, state="waiting", reason=_is_awaited(run.gates[-1]))
    cells = tuple(_mark_unknown(cell) for cell in run.cells)
    reason = "its process vanished; what a started cell did is not known"
    return replace(run, state="abandoned", cells=cells, reason=reason)


def _mark_unknown(cell: CellRun) -> CellRun:
    """Return a cell that was running at its last sign of life."""
    return replace(cell, state="started-unknown") if cell.state == "running" else cell


def _is_awaited(gate: Gate) -> str:
    place = f"cell {gate.cell + 1}"
    if gate.state == "waiting":
        return f"waiting at {place}"
    return f"the gate at {place} was {gate.state} by {gate.by}; it goes on when it is resumed"


def _add_notebook(run: _Folding, line: Line) -> None:
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


def _update_cell(run: _Folding, line: Line) -> None:
    data, at = line.data, _index_of(run, line)
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
        cut=run.cells[at].cut + _describe_cut(line),
    )


def _add_output(run: _Folding, line: Line) -> None:
    output, at = dict(line.data["output"]), _index_of(run, line)
    outputs = () if line.data.get("clears") else run.cells[at].outputs
    last = outputs[-1] if outputs else {}
    same = (output["output_type"], output.get("name")) == (last.get("output_type"), last.get("name"))
    if same and output["output_type"] == "stream":
        outputs = (*outputs[:-1], {**last, "text": last["text"] + output["text"]})
    else:
        outputs = _place_display(outputs, output, line.data.get("display"))
    run.cells[at] = replace(run.cells[at], outputs=outputs, cut=run.cells[at].cut + _describe_cut(line))


def _place_display(outputs: tuple[Any, ...], output: dict[str, Any], display: Any) -> tuple[Any, ...]:
    """Return a cell's outputs with one more: in the place of what its display showed, or at the end."""
    if display is None:
        return (*outputs, output)
    output["metadata"] = {**output.get("metadata", {}), "display": display}
    shown = [each.get("metadata", {}).get("display") for each in outputs]
    at = shown.index(display) if display in shown else len(outputs)
    return (*outputs[:at], output, *outputs[at + 1 :])


def _index_of(run: _Folding, line: Line) -> int:
    index = line.data["cell"]
    if type(index) is not int or not 0 <= index < len(run.cells):
        raise IndexError(index)
    return index


def _describe_cut(line: Line) -> tuple[str, ...]:
    return (str(line.data["cut"]),) if line.data.get("cut") else ()


def _add_actions(run: _Folding, line: Line) -> None:
    actions = tuple(line.data["actions"])
    run.proposals.append(Proposal(_index_of(run, line), actions, str(line.data["digest"]), line.at))


def _add_saved(run: _Folding, line: Line) -> None:
    run.saved[str(line.data["name"])] = line.data["value"]


def _update_gate(run: _Folding, line: Line) -> None:
    data, at = line.data, _index_of(run, line)
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
        run.reason = _is_awaited(gate)


def _add_resumption(run: _Folding, line: Line) -> None:
    run.state, run.code, run.reason = "running", None, ""
    run.cells = [_mark_unknown(cell) for cell in run.cells]
    run.resumed.append(line.data)
    if line.data["mode"] == "undo":
        run.undo_planned = None  # what was shown allows one attempt


def _add_assertion(run: _Folding, line: Line) -> None:
    at = _index_of(run, line)
    if line.data["answer"] == "done":
        run.cells[at] = replace(run.cells[at], asserted=str(line.data["by"]))


def _set_undo_plan(run: _Folding, line: Line) -> None:
    run.undo_planned = {**line.data, "at": line.at.isoformat()}


def _end(run: _Folding, line: Line) -> None:
    run.state, run.code = str(line.data["state"]), line.data["code"]
    run.reason = str(line.data.get("reason", ""))
    run.cells = [_mark_unknown(cell) for cell in run.cells]


_FOLDS: dict[str, Callable[[_Folding, Line], None]] = {
    "run": lambda run, line: None,
    "notebook": _add_notebook,
    "cell": _update_cell,
    "output": _add_output,
    "actions": _add_actions,
    "saved": _add_saved,
    "gate": _update_gate,
    "resumed": _add_resumption,
    "asserted": _add_assertion,
    "undo-plan": _set_undo_plan,
    "ended": _end,
}
