"""``outage doctor``: ask every thing that a response relies on, and say how it stands."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import asdict

import click

from outage.project import find_project
from outage.text import one_line, terminal

_MARKS = {"works": "✓", "look": "!", "fails": "✗", "unknown": "?"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def doctor(as_json: bool) -> None:
    """Find what would not work from here: handbook, push, chat, clock, credentials, runbooks.

    Nothing is changed, posted or pushed. Exit code 1: something would not work.
    """
    from outage.doctor import examine

    project = find_project()
    found, area = [], ""
    for finding in examine(project, project.policy()):
        found.append(finding)
        if as_json:
            continue
        if finding.area != area:
            area = finding.area
            click.echo(f"{area.capitalize()}")
        click.echo(terminal(f"  {_MARKS[finding.state]} {one_line(finding.name)}: {one_line(finding.words)}"))
        if finding.hint:
            click.echo(terminal(f"      {one_line(finding.hint)}"))
    counted = Counter(finding.state for finding in found)
    if as_json:
        click.echo(json.dumps({"v": 1, "findings": [asdict(finding) for finding in found]}, indent=2))
    elif counted["fails"]:
        click.echo(f"\n{counted['fails']} of {len(found)} would not work from here.")
    else:
        untried = f"; {counted['unknown']} could not be tried" if counted["unknown"] else ""
        click.echo(f"\n{counted['works'] + counted['look']} of {len(found)} work{untried}.")
    sys.exit(1 if counted["fails"] else 0)
