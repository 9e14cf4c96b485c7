"""Runs on the disk: where they are, and each as its journal tells it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from outage.errors import Failed, Refused
from outage.run.fold import fold
from outage.run.journal import FILE, is_alive, read_journal
from outage.text import join_words

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from outage.project import Project
    from outage.run.model import Run

SPOOL = "saved.jsonl"


def load_run(folder: Path, *, ours: bool = False) -> Run:
    """Return the run in a folder.

    Args:
        folder: the run's.
        ours: this process holds the run's lock, and has not gone on with it yet.

    Raises:
        Failed: there is no journal, or nothing of it can be read.
    """
    reading = read_journal(folder)
    if not reading.lines:
        hint = "whatever it did is not known: look at its target, and start a new run"
        raise Failed("the journal holds no line that can be read", file=folder / FILE, hint=hint)
    alive = not ours and is_alive(folder)
    run = fold(folder, reading.lines, reading.troubles, alive=alive)
    return run if alive else replace(run, saved={**run.saved, **read_spool(folder)})


def read_spool(folder: Path) -> dict[str, Any]:
    """Return what a change saved, as its kernel wrote it down, in case the runner was killed first."""
    found: dict[str, Any] = {}
    try:
        lines = (folder / SPOOL).read_bytes().splitlines()
    except OSError:
        return found
    for line in lines:
        try:
            data = json.loads(line)
            found[str(data["name"])] = data["value"]
        except (ValueError, KeyError, TypeError):  # torn: its save() has not returned
            continue
    return found


def find_runs(folders: Iterable[Path]) -> list[Path]:
    """Return folders of runs under folders that hold runs, newest first (a run's id begins with its time)."""
    found = [path.parent for folder in folders for path in folder.glob(f"*/{FILE}")]
    return sorted(found, key=lambda path: path.name, reverse=True)


def list_run_folders(project: Project) -> list[Path]:
    """Return folders of all runs of a project, newest first."""
    inside = project.incidents.glob("*/runs") if project.incidents.is_dir() else ()
    return find_runs([project.runs, *inside])


def find_run(project: Project, wanted: str) -> Path:
    """Return the folder of a run, by its id or a part of it that fits only one.

    Raises:
        Refused: none fits, or several do.
    """
    folders = list_run_folders(project)
    exact = [folder for folder in folders if folder.name == wanted]
    fitting = exact or [folder for folder in folders if wanted in folder.name]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        listed = join_words([folder.name for folder in fitting[:5]])
        raise Refused(f"'{wanted}' fits several runs: {listed}", hint="write more of the id")
    raise Refused(f"there is no run '{wanted}'", hint="'outage runs' lists them")
