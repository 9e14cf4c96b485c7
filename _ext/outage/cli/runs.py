"""``outage runs``: how runs ended; of one run each cell, its gates and actions, and how to go on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from outage.cli.run_output import JSON, find_next_step, format_approve_command, warn
from outage.errors import OutageError
from outage.project import find_project
from outage.run.history import find_run, find_runs, list_run_folders, load_run
from outage.run.kernel import sweep_leftovers
from outage.runbook.notebook import make_titles
from outage.text import one_line, terminal

if TYPE_CHECKING:
    from pathlib import Path

    from outage.project import Project
    from outage.run.model import CellRun, Gate, Run


@click.command()
@click.argument("run", required=False)
@click.option("--incident", metavar="ID", help="Only runs of this incident.")
@click.option("-n", "--number", type=int, help="How many, newest first; else 20.")
@JSON
def runs(run: str | None, incident: str | None, number: int | None, as_json: bool) -> None:
    """List the runs and how they ended; with RUN, each cell of one, its gates, and how to go on."""
    project = find_project()
    sweep_leftovers()
    if run is None:
        _list(_folders(project, incident), 20 if number is None else number, as_json=as_json)
        return
    if incident or number is not None:
        raise click.UsageError("RUN names one run; --incident and --number are about the list.")
    found = load_run(find_run(project, run))
    following = find_next_step(project, found) or _find_undo_step(found)
    if as_json:
        click.echo(json.dumps(_make_run_data(found, following), indent=2))
    else:
        click.echo("\n".join(_format_run(found, following)))


def _find_undo_step(run: Run) -> str | None:
    """Find what to type to undo a run that has ended well; None: nothing of it can be undone."""
    from outage.run.resume import can_be_undone

    return f"To undo it: outage undo {run.id}" if run.mode == "apply" and can_be_undone(run) else None


def _folders(project: Project, incident: str | None) -> list[Path]:
    from outage.incident import folders

    if incident is None:
        return list_run_folders(project)
    return find_runs([folders.find(project, incident) / "runs"])


def _list(folders: list[Path], number: int, *, as_json: bool) -> None:

    found: list[Run] = []
    for folder in folders[:number]:
        try:
            found.append(load_run(folder))
        except OutageError as error:
            warn(str(error))
    if as_json:
        click.echo(json.dumps([_make_row(one) for one in found], indent=2))
        return
    if not folders:
        click.echo("There are no runs here yet.")
    for one in found:
        click.echo("\n".join(_format_line(one)))


def _format_line(run: Run) -> list[str]:
    """Format a run in the list, with what needs attention."""
    said = [f"{run.id}  {run.mode:<5}  {run.state:<11}  {terminal(one_line(run.target))}"]
    if run.pending:
        whose = "a second person's" if run.pending.second_person else "an"
        said.append(f"    waits for {whose} answer: {format_approve_command(run)}")
    said += [f"    {line}" for line in _note(run)]
    return said


def _note(run: Run) -> list[str]:
    """Gates that were passed alone, and what is wrong with the journal."""
    alone = [f"passed alone by {gate.by}: {one_line(gate.reason or '')}" for gate in run.alone]
    return [
        *map(terminal, alone),
        *(f"line {trouble.line} of its journal: {trouble.message}" for trouble in run.troubles),
    ]


def _make_row(run: Run) -> dict[str, Any]:
    return {
        "run": run.id,
        "runbook": run.runbook,
        "mode": run.mode,
        "state": run.state,
        "code": run.code,
        "reason": run.reason,
        "target": run.target,
        "by": run.began.get("by"),
        "incident": run.began.get("incident"),
        "started": run.started.isoformat(),
        "seconds": round(run.seconds, 3),
        "folder": str(run.folder),
        "alone": [{"cell": gate.cell, "by": gate.by, "reason": gate.reason} for gate in run.alone],
        "troubles": [{"line": trouble.line, "message": trouble.message} for trouble in run.troubles],
    }


def _make_run_data(run: Run, following: str | None) -> dict[str, Any]:
    """One run for programs; cells are numbered as in the notebook, from 0."""
    named = _titles(run)
    return {
        **_make_row(run),
        "updated": run.updated.isoformat(),
        "plan": run.began.get("plan"),
        "parameters": run.began.get("parameters", {}),
        "cells": [_make_cell_data(cell, named[cell.index]) for cell in run.cells if cell.step],
        "gates": [_make_gate_data(gate) for gate in run.gates],
        "next": following,
    }


def _make_cell_data(cell: CellRun, title: str) -> dict[str, Any]:
    return {
        "cell": cell.index,
        "step": cell.step,
        "title": title,
        "state": cell.state,
        "started": cell.started.isoformat() if cell.started else None,
        "seconds": cell.seconds,
        "actions": list(cell.actions),
        "error": cell.error,
        "asserted": cell.asserted,
    }


def _make_gate_data(gate: Gate) -> dict[str, Any]:
    return {
        "cell": gate.cell,
        "state": gate.state,
        "text": gate.text,
        "by": gate.by,
        "reason": gate.reason,
        "at": gate.at.isoformat(),
        "second_person": gate.second_person,
        "alone": gate.alone,
    }


def _titles(run: Run) -> list[str]:

    return make_titles((cell.cell_type, cell.source, cell.step) for cell in run.cells)


def _format_run(run: Run, following: str | None) -> list[str]:
    """One run for people."""
    ended = "" if run.state == "running" else f" after {run.seconds:.1f} s"
    said = [f"{run.id}: {run.mode} of {run.runbook}, {run.state}{ended}", f"Target: {run.target}"]
    incident = f", for {run.began['incident']}" if run.began.get("incident") else ""
    said.append(f"Started {run.started:%Y-%m-%d %H:%M:%S} UTC by {run.began.get('by')}{incident}")
    said += [f"Gone on with by {one.get('by')} ({one.get('mode')})" for one in run.resumed]
    said = [terminal(one_line(line)) for line in said]
    if run.reason:
        said.append(terminal(f"Why: {one_line(run.reason)}"))
    for cell, title in zip(run.cells, _titles(run), strict=True):
        if cell.step:
            said += _format_cell(cell, title)
    said += [terminal(one_line(_format_gate(gate))) for gate in run.gates]
    return [*said, *_note(run), *([following] if following else [])]


def _format_cell(cell: CellRun, title: str) -> list[str]:
    seconds = f"  {cell.seconds:.2f} s" if cell.seconds is not None else ""
    since = f"  since {cell.started:%H:%M:%S} UTC" if cell.started and cell.seconds is None else ""
    said = f", says {cell.asserted}: done" if cell.asserted else ""
    lines = [f"{cell.index + 1:>3} {cell.step or '':<10} {title}  {cell.state}{seconds}{since}{said}"]
    lines += [f"      {action.get('target')}: {action.get('command')}" for action in cell.actions]
    if cell.error:
        lines.append(f"      {cell.error.get('name')}: {cell.error.get('value')}")
    return [_indent(line) for line in lines]


def _indent(line: str) -> str:
    """Make a line safe for a terminal and keep its indentation."""
    text = line.lstrip(" ")
    return " " * (len(line) - len(text)) + terminal(one_line(text))


def _format_gate(gate: Gate) -> str:
    by = f" by {gate.by}" if gate.by else ""
    why = f": {gate.reason}" if gate.reason else ""
    return f"Gate in cell {gate.cell + 1}: {gate.state}{by} at {gate.at:%H:%M:%S} UTC{why}"
