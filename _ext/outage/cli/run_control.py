"""``outage approve``, ``stop`` and ``undo``: what is done to a run that exists."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from contextlib import suppress
from time import monotonic, sleep
from typing import TYPE_CHECKING

import click

from outage.cli.options import ask_choice, make_ask
from outage.cli.run_output import JSON, Progress, finish, warn
from outage.errors import Failed, OutageError, Refused
from outage.project import find_project
from outage.run.history import find_run, load_run
from outage.run.interrupts import ignore_signals
from outage.run.journal import Journal, is_alive
from outage.run.kernel import sweep_leftovers
from outage.run.lines import Ended
from outage.run.request import RunHooks, RunRequest
from outage.text import one_line, terminal

if TYPE_CHECKING:
    from pathlib import Path

    from outage.project import Project
    from outage.run.model import Run

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
    from outage.incident.respond import find_who
    from outage.run.gates import Question, answer_gate, find_answerable

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
    from outage.incident.respond import find_who

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
    from outage.run.execute import resume_run
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
    from outage.incident.respond import find_who
    from outage.run.execute import resume_run
    from outage.run.gates import Question
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
