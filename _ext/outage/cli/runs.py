"""``outage runs``: how runs ended; of one run each cell, its gates and actions, and how to go on."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from contextlib import suppress
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import click

from outage.cli.run_output import JSON, Progress, find_next_step, finish, format_approve_command, warn
from outage.project import find_project
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
    from outage.run.history import find_run, load_run
    from outage.run.kernel import sweep_leftovers

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
    from outage.incident import folder as incidents
    from outage.run.history import find_runs, list_run_folders

    if incident is None:
        return list_run_folders(project)
    return find_runs([incidents.find(project, incident) / "runs"])


def _list(folders: list[Path], number: int, *, as_json: bool) -> None:
    from outage.errors import OutageError
    from outage.run.history import load_run

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
    from outage.runbook.notebook import make_titles

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


BY = click.option("--by", metavar="NAME", help="Who does it. It is recorded, and nobody checks it.")
_STOP_SECONDS = 15.0


@click.command()
@click.argument("run")
@BY
@click.option("--decline", metavar="REASON", help="Say no, and why: the run ends there.")
@click.option(
    "--alone", metavar="REASON", help="Answer for the second person that is asked for; it is recorded."
)
def approve(run: str, by: str | None, decline: str | None, alone: str | None) -> None:
    """Answer the gate at which RUN waits: it may go on."""
    from outage.cli.options import ask_choice, make_ask
    from outage.incident.respond import find_who
    from outage.run.gates import Question, answer_gate, find_answerable
    from outage.run.history import find_run, load_run

    project = find_project()
    folder = find_run(project, run)
    found = load_run(folder)
    name = find_who(by, project.root)
    if found.pending:
        click.echo(terminal(_format_approval(found)))
        find_answerable(found, name, decline=decline, alone=alone)
        question = Question("", "Approve exactly this? Type yes to approve: ", ("yes", "no"))
        if decline is None and make_ask() and ask_choice(question) != "yes":
            raise click.Abort
    done, alive = answer_gate(folder, name, decline=decline, alone=alone, shown=found.pending)
    _record(project, done)
    if decline is not None:
        click.echo(f"Declined: {done.id} ends there.")
    elif alive:
        click.echo(f"Approved: {done.id} goes on in its own terminal.")
    else:
        click.echo(f"Approved. Its process has ended; to go on: outage run --resume {done.id}")


@click.command()
@click.argument("run")
@BY
def stop(run: str, by: str | None) -> None:
    """End RUN: its cell is interrupted, and what it did stays on its journal."""
    from outage.errors import Failed, Refused
    from outage.incident.respond import find_who
    from outage.run.history import find_run, load_run
    from outage.run.journal import is_alive
    from outage.run.kernel import sweep_leftovers

    project = find_project()
    folder = find_run(project, run)
    sweep_leftovers()
    if is_alive(folder):
        host, process = load_run(folder).process
        if host != socket.gethostname():  # over a shared folder: the number is another's here
            raise Refused(f"{folder.name} runs on {host}", hint="stop it there")
        _terminate(folder, process)
        until = monotonic() + _STOP_SECONDS
        while is_alive(folder) and monotonic() < until:
            sleep(0.05)
        if is_alive(folder):
            raise Failed(
                f"{folder.name} has not ended in {_STOP_SECONDS:g} s", hint="press Ctrl-C twice where it runs"
            )
    elif load_run(folder).state == "waiting":
        _end_waiting(folder, find_who(by, project.root))
    done = load_run(folder)
    click.echo(terminal(f"{done.id} is {done.state}: {one_line(done.reason)}"))


def _terminate(folder: Path, process: int) -> None:
    """Ask a run's process to end, if the number is still its own: it may have ended, and be another's."""
    from outage.run.history import load_run
    from outage.run.journal import is_alive

    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return
    try:
        if is_alive(folder) and load_run(folder).process[1] == process:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, signal.SIGTERM)
    finally:
        os.close(handle)


@click.command()
@click.argument("run")
@BY
@click.option("--apply", is_flag=True, help="Do it. Without it, it is only shown.")
@click.option("--yes", is_flag=True, help="With --apply: do not ask before production is changed.")
@JSON
def undo(run: str, by: str | None, apply: bool, yes: bool, as_json: bool) -> None:
    """Show what undoing RUN would do, newest change first. With --apply, do it."""
    from outage.cli.options import make_ask
    from outage.run.execute import resume_run
    from outage.run.history import find_run, load_run
    from outage.run.interrupts import ignore_signals
    from outage.run.kernel import sweep_leftovers
    from outage.run.request import RunHooks, RunRequest
    from outage.run.resume import is_undo_planned

    project = find_project()
    folder = find_run(project, run)
    sweep_leftovers()  # what a killed runner left may still be at work on the target
    found = load_run(folder)
    if not apply:
        _show_undo(project, found, by, as_json=as_json)
        return
    if found.changed and not as_json and not is_undo_planned(found):
        click.echo(terminal(_format_undo(found)))  # nobody was shown it, or it is another by now
    request = RunRequest("", apply=True, by=by, yes=yes)
    hooks = RunHooks(Progress(as_json=as_json), make_ask(as_json), warn)
    done = resume_run(project, folder, request, hooks, undo=True)
    ignore_signals()
    finish(project, done, as_json=as_json)
    sys.exit(done.code)


def _show_undo(project: Project, run: Run, by: str | None, *, as_json: bool) -> None:
    """Show what undoing a run would do; that it was shown, and to whom, goes on its journal.

    What would refuse the undo is said now: nobody is sent to a command that does nothing.
    """
    from outage.incident.respond import find_who
    from outage.run.request import RunRequest
    from outage.run.resume import list_undos, plan_undo, prepare_resume

    if as_json:
        click.echo(json.dumps(list_undos(run), indent=2))
    elif not run.changed:
        click.echo(f"{run.id} has nothing to undo: no change of it stands.")
    else:
        click.echo(terminal(_format_undo(run)))
    if not run.changed:
        return
    prepare_resume(project, run.folder, RunRequest("", apply=True, by=by), undo=True, can_ask=True)
    plan_undo(run, find_who(by, project.root))
    if not as_json:
        click.echo(f"\nTo undo exactly this: outage undo {run.id} --apply")


def _format_undo(run: Run) -> str:
    from outage.run.resume import describe_undo

    return f"Target: {one_line(run.target)}\n{describe_undo(run)}"


def offer_undo(project: Project, done: Run, by: str | None) -> None:
    """After a failure, at a terminal: name what was changed, and undo it if the person says so."""
    from outage.cli.options import ask_choice
    from outage.incident.respond import find_who
    from outage.run.execute import resume_run
    from outage.run.gates import Question
    from outage.run.request import RunHooks, RunRequest
    from outage.run.resume import can_be_undone, describe_undo, plan_undo

    if not done.changed:
        return
    click.echo(terminal(f"\nThis run changed something:\n{describe_undo(done)}"))
    if not can_be_undone(done):
        return
    plan_undo(done, find_who(by, project.root))
    if ask_choice(Question("", "Undo it now? Type yes to undo: ", ("yes", "no"))) != "yes":
        return
    request = RunRequest("", apply=True, by=by, yes=True)  # they have just said so
    hooks = RunHooks(Progress(as_json=False), ask_choice, warn)
    undone = resume_run(project, done.folder, request, hooks, undo=True)
    finish(project, undone, as_json=False)


def _format_approval(run: Run) -> str:
    """Format what an approver approves: the runbook, its target, the gate's text and the proposed actions."""
    gate = run.pending
    assert gate is not None
    actions = next((p.actions for p in reversed(run.proposals) if p.digest == gate.digest), ())
    listed = [f"  {one_line(str(a.get('target')))}: {one_line(str(a.get('command')))}" for a in actions]
    head = [f"{run.runbook}, started by {run.began.get('by')}", f"Target: {one_line(run.target)}"]
    return "\n".join([*head, gate.text, *listed])


def _end_waiting(folder: Path, by: str) -> None:
    """End a run that waits and has no process."""
    from outage.run.history import load_run
    from outage.run.journal import Journal
    from outage.run.lines import Ended

    def decide() -> list[Ended]:
        run = load_run(folder, ours=True)
        if run.state != "waiting":  # another process went on with it, or ended it
            return []
        seconds = round((run.updated - run.started).total_seconds(), 3)
        return [Ended(state="interrupted", code=130, reason=f"stopped by {by}", seconds=seconds)]

    journal = Journal(folder)
    try:
        journal.decide(decide)
    finally:
        journal.close()


def _record(project: Project, run: Run) -> None:
    """Tell the incident's record that a gate was answered; the journal knows it already."""
    from outage.errors import OutageError
    from outage.incident import respond

    if not run.began.get("incident"):
        return
    gate = run.gates[-1]
    data = {
        "run": run.id,
        "runbook": run.runbook,
        "mode": run.mode,
        "target": run.target,
        "state": run.state,
        "risk": run.began.get("risk"),
        "gate": gate.state,
    }
    if gate.alone:
        data["alone"] = [f"{gate.by}: {gate.reason}"]
    try:
        respond.record_step(project, run.folder.parent.parent, "run", data, by=str(gate.by), at=None)
    except OutageError as error:
        warn(f"the incident's record was not told: {error}")
