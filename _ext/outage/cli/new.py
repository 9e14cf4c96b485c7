"""``outage new``: begin something from a skeleton that passes every check."""

from __future__ import annotations

from pathlib import Path

import click

from outage.project import find_project


@click.group()
def new() -> None:
    """Begin something from a skeleton that is right already."""


@new.command()
@click.argument("name")
def runbook(name: str) -> None:
    """Write runbooks/NAME.ipynb: a runbook that looks, plans, changes, proves and can undo."""
    from outage.runbook.skeleton import write_skeleton

    project = find_project()
    path = write_skeleton(project.runbooks, name)
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    click.echo(f"Written: {shown}. It works already; make it yours, cell by cell.")
    click.echo("Look at it:    jupyter lab " + str(shown))
    click.echo(f"Plan it:       outage run {name}")
    click.echo("Is it right?   outage check")
