"""``outage runbooks``, ``show``, ``run`` and ``runs``."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from outage.project import find_project
from outage.text import one_line, terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from outage.project import Project
    from outage.runbook.contract import Contract
    from outage.runbook.history import Run

JSON = click.option("--json", "as_json", is_flag=True, help="For programs: JSON on standard output.")


@click.command()
@JSON
def runbooks(as_json: bool) -> None:
    """List the runbooks."""
    from outage.errors import OutageError
    from outage.runbook.contract import examine
    from outage.runbook.notebook import find_notebook, read_notebook, runbook_names

    project = find_project()
    rows: list[dict[str, Any]] = []
    for name in runbook_names(project.runbooks):
        try:
            contract = examine(read_notebook(find_notebook(project.runbooks, name)))
        except OutageError as error:
            rows.append({"name": name, "summary": None, "risk": None, "problem": error.message})
            continue
        blocking = [problem for problem in contract.problems if problem.blocks]
        problem = contract.refusals(blocking)[0].message if blocking else None
        meta = contract.meta
        rows.append({"name": name, "summary": meta.summary, "risk": meta.risk, "problem": problem})
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
    """What RUNBOOK does, asks for and needs."""
    from outage.runbook.contract import examine
    from outage.runbook.describe import described, in_words
    from outage.runbook.notebook import find_notebook, read_notebook

    project = find_project()
    path = find_notebook(project.runbooks, runbook)
    contract = examine(read_notebook(path, path.relative_to(project.root)))
    if as_json:
        click.echo(json.dumps(described(contract), indent=2))
        return
    click.echo(terminal(in_words(contract)))
    if contract.problems:
        click.echo("\nProblems:")
        for refusal in contract.refusals():
            click.echo(terminal(f"  {refusal}"))


@click.command()
@click.argument("runbook")
@click.option("-p", "--parameter", "assignments", multiple=True, metavar="NAME=VALUE", help="A parameter.")
@click.option("-f", "--file", type=click.Path(path_type=Path), help="A YAML file of parameters.")
@click.option("--apply", is_flag=True, help="Carry the changes out. Without it they are only planned.")
@click.option("--plan", metavar="RUN", help="With --apply: insist on what this plan planned.")
@click.option("--incident", metavar="ID", help="The incident it belongs to; 'none' for none.")
@click.option("--by", metavar="NAME", help="Who asks for it. It is recorded, and nobody checks it.")
@click.option(
    "--unreviewed", metavar="REASON", help="Apply code that nobody reviewed; the reason is recorded."
)
@JSON
def run(runbook: str, assignments: tuple[str, ...], as_json: bool, **asked: Any) -> None:
    """Plan RUNBOOK: look, and show what would be changed. With --apply, change it."""
    from outage.runbook.execute import Order, execute

    project = find_project()
    ask = _ask if sys.stdin.isatty() and sys.stdout.isatty() and not as_json else None
    order = Order(runbook, assignments, **asked)
    done = execute(project, order, observe=_Progress(as_json=as_json), ask=ask, warn=_warn)
    if not as_json:
        with suppress(BrokenPipeError):  # whoever read us has gone; the run's own end still counts
            click.echo("\n".join(_summary(project, done)))
    sys.exit(done.code)


@click.command()
@click.option("--incident", metavar="ID", help="Only runs of this incident.")
@click.option("-n", "--number", default=20, show_default=True, help="How many, newest first.")
@JSON
def runs(incident: str | None, number: int, as_json: bool) -> None:
    """List the runs and how they ended."""
    from outage.errors import OutageError
    from outage.runbook.history import find_runs, load_run
    from outage.runbook.prepare import run_folders

    project = find_project()
    if incident:
        from outage import incidents

        folders = find_runs([incidents.find(project, incident) / "runs"])
    else:
        folders = run_folders(project)
    found: list[Run] = []
    for folder in folders[:number]:
        try:
            found.append(load_run(folder))
        except OutageError as error:
            _warn(str(error))
    if as_json:
        click.echo(json.dumps([_row(one) for one in found], indent=2))
        return
    if not found:
        click.echo("There are no runs here yet.")
    for one in found:
        click.echo(f"{one.id}  {one.mode:<5}  {one.state:<11}  {terminal(one_line(one.target))}")
        for trouble in one.troubles:
            click.echo(f"    line {trouble.line} of its journal: {trouble.message}")


class _Progress:
    """Shows the run as it goes; imported when there is something to show, for the kernel starts first."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._show: Callable[[str, dict[str, Any]], None] | None = None

    def __call__(self, kind: str, data: dict[str, Any]) -> None:
        """Show a line of the journal."""
        if self._show is None:
            from outage.runbook.progress import JsonLines, Words

            live = sys.stdout.isatty()
            self._show = JsonLines() if self._as_json else Words(live=live, colour=live)
        self._show(kind, data)


def _row(run: Run) -> dict[str, Any]:
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
        "troubles": [{"line": trouble.line, "message": trouble.message} for trouble in run.troubles],
    }


def _summary(project: Project, done: Run) -> list[str]:
    from outage.runbook.derive import FILE
    from outage.runbook.progress import summary

    path = done.folder / FILE
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return ["", *summary(done, str(shown), _next(project, done))]


def _next(project: Project, done: Run) -> str | None:
    """What to type next: after a plan that proposes something, the apply that insists on it."""
    if done.mode != "plan" or done.state != "succeeded":
        return None
    if not any(cell.step == "change" for cell in done.cells):
        return None
    if not any(proposal.actions for proposal in done.proposals):
        return "Nothing to change."
    return f"To apply exactly this: {_apply_command(project, done)}"


def _apply_command(project: Project, done: Run) -> str:
    from outage.runbook.command import run_command
    from outage.runbook.contract import examine, recorded_values
    from outage.runbook.notebook import find_notebook, read_notebook

    contract: Contract = examine(read_notebook(find_notebook(project.runbooks, done.runbook)))
    values = recorded_values(contract, done.began["parameters"])
    return terminal(run_command(done.runbook, contract.parameters, values, apply=True, plan=done.id))


def _ask(_: str) -> bool:
    """Ask the person at the terminal, who has read the gate's text; only 'yes' is yes."""
    return input("Go on? Type yes to go on: ").strip().lower() == "yes"


def _warn(text: str) -> None:
    click.echo(terminal(f"outage: {text}"), err=True)
