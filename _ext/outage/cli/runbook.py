"""``outage runbooks``, ``show`` and ``run``."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from outage.cli.run_output import JSON, Progress, _format_command, finish, warn
from outage.errors import OutageError
from outage.project import find_project
from outage.text import one_line, terminal

if TYPE_CHECKING:
    from outage.project import Project
    from outage.run.request import RunHooks


@click.command()
@JSON
def runbooks(as_json: bool) -> None:
    """List the runbooks."""
    from outage.runbook.contract import examine
    from outage.runbook.notebook import find_notebook, list_runbooks, read_notebook
    from outage.unread import notes

    project = find_project()
    rows: list[dict[str, Any]] = []
    for name in list_runbooks(project.runbooks):
        try:
            contract = examine(read_notebook(find_notebook(project.runbooks, name)))
        except OutageError as error:
            rows.append({"name": name, "summary": None, "risk": None, "problem": error.message})
            continue
        blocking = [problem for problem in contract.problems if problem.blocks]
        problem = contract.refusals(blocking)[0].message if blocking else None
        meta = contract.meta
        rows.append({"name": name, "summary": meta.summary, "risk": meta.risk, "problem": problem})
    for note in notes(project.root, "runbook"):
        warn(note)
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    if not rows:
        click.echo(f"There are no runbooks in {project.runbooks} yet.")
    width = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        click.echo(f"{row['name']:<{width}}  {one_line(row['summary'] or '')}")
        if row["problem"]:
            click.echo(f"{'':<{width}}  cannot be run: {one_line(row['problem'])}")


@click.command()
@click.argument("runbook")
@JSON
def show(runbook: str, as_json: bool) -> None:
    """Show what RUNBOOK does, asks for and needs."""
    from outage.runbook.contract import examine
    from outage.runbook.describe import describe_contract, format_contract
    from outage.runbook.notebook import find_notebook, read_notebook

    project = find_project()
    path = find_notebook(project.runbooks, runbook)
    contract = examine(read_notebook(path, path.relative_to(project.root)))
    if as_json:
        click.echo(json.dumps(describe_contract(contract), indent=2))
        return
    click.echo(terminal(format_contract(contract)))
    if contract.problems:
        click.echo("\nProblems:")
        for refusal in contract.refusals():
            click.echo(terminal(f"  {refusal}"))


@click.command()
@click.argument("runbook", required=False)
@click.option("-p", "--parameter", "assignments", multiple=True, metavar="NAME=VALUE", help="A parameter.")
@click.option(
    *("-f", "--file", "files"),
    multiple=True,
    type=click.Path(path_type=Path),
    help="A YAML file of parameters; a later one wins, and -p wins over all.",
)
@click.option("--apply", is_flag=True, help="Carry the changes out. Without it they are only planned.")
@click.option(
    "--plan", metavar="RUN", help="With --apply: insist on what this plan planned; else $OUTAGE_PLAN."
)
@click.option("--yes", is_flag=True, help="With --apply: do not ask before production is changed.")
@click.option("--incident", metavar="ID", help="The incident it belongs to; 'none' for none.")
@click.option("--by", metavar="NAME", help="Who asks for it. It is recorded, and nobody checks it.")
@click.option(
    "--unreviewed", metavar="REASON", help="Apply code that nobody reviewed; the reason is recorded."
)
@click.option("--alone", metavar="REASON", help="Answer a second person's gates yourself; it is recorded.")
@click.option("--check", is_flag=True, help="Only see whether it could run from here; no run is kept.")
@click.option("--resume", metavar="RUN", help="Go on with a run that waits, failed or was interrupted.")
@JSON
def run(
    runbook: str | None,
    resume: str | None,
    check: bool,
    assignments: tuple[str, ...],
    as_json: bool,
    **asked: Any,
) -> None:
    """Plan RUNBOOK: look, and show what would be changed. With --apply, change it."""
    from outage.cli.options import make_ask
    from outage.run.execute import execute, resume_run
    from outage.run.interrupts import ignore_signals
    from outage.run.request import PLAN, RunHooks, RunRequest

    project = find_project()
    hooks = RunHooks(Progress(as_json=as_json), make_ask(as_json), warn)
    if check:
        sys.exit(_check(project, runbook, resume, assignments, asked, hooks, as_json=as_json))
    if resume is not None:
        folder = _find_resumed(project, resume, runbook, assignments, asked)
        request = RunRequest("", apply=True, by=asked["by"], alone=asked["alone"], yes=asked["yes"])
        done = resume_run(project, folder, request, hooks)
    elif runbook is None:
        raise click.UsageError("Missing argument 'RUNBOOK'.")
    else:
        if asked["apply"] and not asked["plan"]:
            asked["plan"] = os.environ.get(PLAN) or None
        done = execute(project, RunRequest(runbook, assignments, **asked), hooks)
    asks = hooks.ask and done.mode == "apply" and done.state == "failed"
    if not asks:
        ignore_signals()
    finish(project, done, as_json=as_json)
    if asks:
        from outage.cli.run_control import offer_undo

        offer_undo(project, done, asked["by"])
    sys.exit(done.code)


def _check(
    project: Project,
    runbook: str | None,
    resume: str | None,
    assignments: tuple[str, ...],
    asked: dict[str, Any],
    hooks: RunHooks,
    *,
    as_json: bool,
) -> int:
    """Run a runbook's checks and nothing else, in a folder that goes with them; returns the exit code."""
    from tempfile import TemporaryDirectory

    from outage.run.execute import execute
    from outage.run.request import RunRequest

    if runbook is None or resume or asked["apply"] or asked["plan"]:
        raise click.UsageError("--check takes a runbook and its parameters, and applies nothing.")
    asked |= {"incident": "none", "checks_only": True}
    with TemporaryDirectory(prefix="outage-check-") as folder:
        done = execute(project, RunRequest(runbook, assignments, folder=Path(folder) / "run", **asked), hooks)
    if not as_json:
        good = terminal(f"Its checks pass from here. Plan it: {_format_command(project, done)}")
        click.echo(good if done.state == "succeeded" else terminal(f"Its checks do not pass: {done.reason}"))
    return done.code or 0


def _find_resumed(
    project: Project, resume: str, runbook: str | None, assignments: tuple[str, ...], asked: dict[str, Any]
) -> Path:
    """Find the folder of the run to go on with; everything else was said when it was started."""
    from outage.run.history import find_run

    further = [name for name in ("files", "plan", "incident", "unreviewed") if asked.get(name)]
    if runbook or assignments or further:
        raise click.UsageError("--resume takes a run's id; runbook, parameters and plan are that run's.")
    return find_run(project, resume)
