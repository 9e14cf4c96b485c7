"""``outage lab``: start, break and fix the place to practise (:mod:`outage.lab`)."""

from __future__ import annotations

import json
import os
import shlex
import time
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import click

from outage.errors import Failed
from outage.project import find_project
from outage.runbook.command import find_contract, suggest
from outage.text import one_line, terminal

if TYPE_CHECKING:
    from outage.lab.condition import Condition, Measured
    from outage.lab.control import Lab
    from outage.lab.faults import Fault
    from outage.lab.parts import Part

_PATIENCE = 60.0  # seconds until a fault's runbook must act on it


@click.group()
def lab() -> None:
    """Practise on real services on loopback, with faults to break them."""


@lab.command()
@click.argument("parts", metavar="[PART]...", nargs=-1)
def up(parts: tuple[str, ...]) -> None:
    """Start the lab, or only each PART and what it needs. What is up already stays as it is."""
    folder = run_folder()
    from outage.lab import control
    from outage.lab.parts import PARTS

    began = time.monotonic()
    there, new = control.up(folder, parts or tuple(PARTS), _tell)
    count = f"{len(there.parts)} part{'s' if len(there.parts) > 1 else ''}"
    took = f"is up after {time.monotonic() - began:.1f} s" if new else "was up already"
    click.echo(f"The lab {took}, with {count}; 'outage lab status' shows how they are.")
    click.echo(f"  Its files are in {there.folder}; 'outage lab down' stops it and removes them.")
    click.echo('Next, in this shell:  eval "$(outage lab env)"')
    click.echo("Then break something:  outage lab break lock-blocker")


@lab.command()
def down() -> None:
    """Stop the lab and remove what belongs to it."""
    folder = run_folder()
    from outage.lab import control

    removed = control.down(folder)
    click.echo("The lab is down; nothing is left of it." if removed else "There was no lab to stop.")


@lab.command()
def env() -> None:
    """Print the variables that lead ordinary programs, and the runbooks, to the lab."""
    there = _lab()
    from outage.lab import control
    from outage.proxies import find_exceptions

    for name, value in (control.build_environment(there) | find_exceptions(os.environ)).items():
        click.echo(f"export {name}={shlex.quote(value)}")


@lab.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(as_json: bool) -> None:
    """Show what is up, how it is, and what each fault's symptom shows at this moment."""
    folder = run_folder()
    from outage.lab.alarms import list_firing
    from outage.lab.condition import list_conditions, measure
    from outage.lab.control import find_running, was_started
    from outage.lab.faults import FAULTS

    there = find_running(folder)
    if there is None:
        words = "The lab has died" if was_started(folder) else "The lab is not up"
        click.echo(json.dumps({"v": 2, "up": False}) if as_json else f"{words}; 'outage lab up' starts it.")
        return
    parts = list_conditions(there)
    known = [fault for fault in FAULTS.values() if all(map(there.has, fault.parts))]
    symptoms = measure(there, known)
    if as_json:
        alerts = [{"name": one.name, **one.annotations} for one in list_firing(there)]
        click.echo(json.dumps({**_make_data(there, parts, symptoms), "alerts": alerts}, indent=2))
        return
    click.echo(f"The lab is up since {there.since:%Y-%m-%d %H:%M:%S} UTC, in {there.folder}.")
    for part in parts:
        click.echo(f"  {'up  ' if part.well else 'DOWN'}  {part.id}: {part.words}")
    for name, found in symptoms.items():
        click.echo(f"  {_format_state(found)}  {name}: {found.words}")
    for alarm in list_firing(there):
        summary, page = (alarm.annotations.get(key, "") for key in ("summary", "runbook_url"))
        click.echo(terminal(f"  ALERT {one_line(alarm.name)}: {one_line(summary)}"))
        click.echo(terminal(f"        its page: {_localise_link(page)}"))
        if command := _command(there, alarm.name, page):
            click.echo(terminal(f"        type:     {command}"))


def _format_state(found: Measured) -> str:
    """Format a symptom in four letters."""
    if found.symptom is None:
        return "?   "
    return "SICK" if found.symptom.sick else "well"


def _localise_link(page: str) -> str:
    """Turn an alert's link into one to the site that was built here, if it was."""
    project = find_project()
    site = str(project.policy().alerts.site or "").rstrip("/")
    built = project.root / "_build" / "html"
    name, _, parameters = page.removeprefix(f"{site}/").partition("?")
    if site and page.startswith(f"{site}/") and (built / name).is_file():
        return (built / name).as_uri() + (f"?{parameters}" if parameters else "")
    return page


def _command(there: Lab, alert: str, page: str) -> str | None:
    """Return the command of the runbook that an alert leads to, None where it leads to another page.

    What the alert's link does not say, the fault that raises it does.
    """
    from outage.lab.faults import FAULTS

    address = urlsplit(page)
    name = PurePosixPath(address.path)
    if name.parent.name != "runbooks" or name.suffix != ".html":
        return None
    cause = next((one for one in FAULTS.values() if one.alert == alert and one.runbook == name.stem), None)
    known = cause.parameters(there) if cause and all(map(there.has, cause.parts)) else {}
    return suggest(find_project().runbooks, name.stem, {**known, **dict(parse_qsl(address.query))})


@lab.command("break")
@click.argument("fault")
def break_(fault: str) -> None:
    """Inject FAULT, for real."""
    there = _lab()
    from outage.lab import control
    from outage.lab.condition import explain_silence
    from outage.lab.faults import find_fault as named

    chosen = named(fault)
    control.require(there, *chosen.parts)
    with explain_silence(f"{chosen.id} cannot be injected"):
        chosen.begin(there)
        click.echo(chosen.summary)
        _until_acted_on(there, chosen)
        now = chosen.symptom(there).words
    click.echo(f"  Now: {now}.")
    if chosen.alert and there.has("alertmanager"):
        click.echo(
            f"Its alert, {chosen.alert}, is shown by 'outage lab status' in some seconds, with its page."
        )
    command = suggest(find_project().runbooks, chosen.runbook, chosen.parameters(there))
    click.echo(terminal(f"Find and end it:  {command}"))
    click.echo(f"Or give up:       outage lab fix {chosen.id}")


def _until_acted_on(there: Lab, fault: Fault) -> None:
    """Wait until the fault's runbook would act on it: who types it at once sees what it is for.

    Raises:
        Failed: it would not, after a minute.
    """
    contract = find_contract(find_project().runbooks, fault.runbook)
    if contract is None:  # the company's runbooks are others: nothing to wait for
        return
    values = {one.name: one.default for one in contract.parameters}
    until = time.monotonic() + _PATIENCE
    told = False
    while not fault.acts(there, values):
        if time.monotonic() > until:
            hint = f"'outage lab status' shows it; 'outage lab fix {fault.id}' ends it"
            raise Failed(f"{fault.runbook} would not act on it after {_PATIENCE:.0f} s", hint=hint)
        if not told:
            click.echo(f"  Waiting until {fault.runbook} would act: it ignores what has only just begun ...")
            told = True
        time.sleep(0.2)


@lab.command()
@click.argument("fault")
def fix(fault: str) -> None:
    """End FAULT without its runbook."""
    there = _lab()
    from outage.lab.condition import explain_silence
    from outage.lab.faults import find_fault as named

    chosen = named(fault)
    if not all(map(there.has, chosen.parts)):
        click.echo(f"{chosen.id} was not there: the lab runs without what it breaks.")
        return
    with explain_silence(f"{chosen.id} cannot be fixed"):
        done = chosen.fix(there)
        now = chosen.symptom(there).words
    click.echo(f"{chosen.id} {'is fixed' if done else 'was not there'}. Now: {now}.")


def _tell(there: Lab, part: Part) -> None:
    """One line when a part has become ready."""
    click.echo("  " + ": ".join(filter(None, (part.id, part.summary, part.address(there)))))


def _make_data(there: Lab, parts: list[Condition], symptoms: dict[str, Measured]) -> dict[str, object]:
    """Make the lab's state as JSON values, for ``status --json``."""
    return {
        "v": 2,
        "up": True,
        "folder": str(there.folder),
        "since": there.since.isoformat(),
        "parts": {part.id: {"up": part.well, "address": part.address, "down": part.down} for part in parts},
        "faults": {name: _make_fault_data(found) for name, found in symptoms.items()},
    }


def _make_fault_data(found: Measured) -> dict[str, object]:
    """``sick`` is null where the symptom could not be measured; ``why`` says why."""
    if found.symptom is None:
        return {"sick": None, "signals": {}, "why": found.words}
    return {"sick": found.symptom.sick, "signals": found.symptom.signals}


def run_folder() -> Path:
    """Return the lab's run folder.

    Raises:
        Refused: no handbook here.
    """
    from outage.lab import control

    return control.find_run_folder(find_project().root)


def _lab() -> Lab:
    folder = run_folder()
    from outage.lab.control import find

    return find(folder)
