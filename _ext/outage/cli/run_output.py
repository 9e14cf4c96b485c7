"""What `outage run` and its neighbours print: progress, the end of a run, and what to type next."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from outage.text import terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from outage.project import Project
    from outage.run.model import Run


JSON = click.option("--json", "as_json", is_flag=True, help="For programs: JSON on standard output.")


def finish(project: Project, done: Run, *, as_json: bool) -> None:
    """Say what became of a run."""
    if not as_json:
        with suppress(BrokenPipeError):  # the reader has gone; the run's own end still counts
            click.echo("\n".join(_summarise(project, done)))


class Progress:
    """Shows the run as it goes; imported when there is something to show, for the kernel starts first."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._show: Callable[[str, dict[str, Any]], None] | None = None

    def __call__(self, kind: str, data: dict[str, Any]) -> None:
        """Show a line of the journal."""
        if self._show is None:
            from outage.run.progress import JsonLines, Words

            live = sys.stdout.isatty()
            self._show = JsonLines() if self._as_json else Words(live=live, colour=live)
        self._show(kind, data)


def _summarise(project: Project, done: Run) -> list[str]:
    from outage.run.notebook import FILE
    from outage.run.progress import summarise

    path = done.folder / FILE
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return ["", *summarise(done, str(shown), find_next_step(project, done), project.runbooks)]


def find_next_step(project: Project, done: Run) -> str | None:
    """Return what to type next: the apply of a plan, an approval, a resumption, an undo; None: nothing."""
    from outage.run.resume import can_be_undone

    if done.state == "running":
        return f"It is being carried out. To end it: outage stop {done.id}"
    if done.mode == "apply":
        return _advise_after_apply(done)
    if done.mode == "undo" and done.state != "undone":
        return f"To undo what is left: outage undo {done.id}" if can_be_undone(done) else None
    if done.mode != "plan" or done.state != "succeeded":
        return None
    if not any(cell.step == "change" for cell in done.cells):
        return None
    if not any(proposal.actions for proposal in done.proposals):
        return "Nothing to change."
    return f"To apply exactly this: {_format_command(project, done, apply=True, plan=done.id)}"


def format_approve_command(run: Run) -> str:
    """Format what an approver types; a second person says who they are."""
    by = " --by NAME" if run.pending and run.pending.second_person else ""
    return f"outage approve {run.id}{by}"


def _advise_after_apply(done: Run) -> str | None:
    from outage.run.resume import can_be_undone

    if done.state == "waiting" and not done.pending:
        return f"To go on: outage run --resume {done.id}"
    if done.state == "waiting":
        who = "A second person approves" if done.pending and done.pending.second_person else "Approve"
        return f"{who} it with: {format_approve_command(done)}\nThen: outage run --resume {done.id}"
    if done.state not in {"failed", "interrupted", "abandoned"}:
        return None
    changed = [f"cell {cell.index + 1} ({cell.state})" for cell in done.changed]
    if not changed:
        return f"Nothing was changed. To go on: outage run --resume {done.id}"
    how = f"To undo it: outage undo {done.id}" if can_be_undone(done) else "The runbook cannot undo it."
    undo = f"Changed: {', '.join(changed)}. {how}"
    doubt = (
        " (at a terminal: it asks what became of it)" if any(cell.unsettled for cell in done.cells) else ""
    )
    return f"{undo}\nTo go on: outage run --resume {done.id}{doubt}"


def _format_command(project: Project, done: Run, *, apply: bool = False, plan: str = "") -> str:
    """Return the command that does what a run did, or applies what it planned."""
    from outage.runbook.command import format_repeat_command

    command = format_repeat_command(
        project.runbooks, done.runbook, done.began["parameters"], apply=apply, plan=plan
    )
    incident = done.began.get("incident")
    return terminal(f"{command} --incident {incident}" if incident else command)


def warn(text: str) -> None:
    """Say on standard error what went wrong beside a run."""
    click.echo(terminal(f"outage: {text}"), err=True)
