"""A new runbook to begin with: it runs as it stands, on a folder of its own, and has every step once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from outage.errors import Failed, Refused
from outage.runbook.notebook import NAME

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = """\
# {title}

Say here what a responder sees when this runbook is the right one.

**Use it when** ...
**Not when** ...

It changes nothing until you ask for it with `--apply`.

As it stands it is an example: it looks for old files below a folder, and can move them aside. Replace the
cells one after the other; `outage check` says when a rule is broken."""
_PARAMETERS = """\
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field

folder: Path = Path("runs/example")  # where to look
older_than: timedelta = timedelta(hours=24)  # younger files are left alone
at_most: Annotated[int, Field(ge=1, le=1000)] = 100  # files to move in one go"""
_SETUP = """\
# What the other cells use
import time
from shlex import quote

from outage.kit import Action, guard, propose, proposed, require, save, saved"""
_CHECK = """\
# Can we look?
require(not folder.is_file(), f"{folder} is a file", "name the folder that holds it: -p folder=...")
print(f"{folder} {'is there' if folder.is_dir() else 'is not there: nothing to do'}")"""
_READ = """\
# What is old
limit = time.time() - older_than.total_seconds()
files = sorted(path for path in folder.glob("*") if path.is_file() and path.suffix != ".aside")
old = [path for path in files if path.stat().st_mtime < limit][:at_most]
print(f"files: {len(files)}, old enough: {len(old)}")
propose(
    [
        Action(
            target=str(path),
            command=f"mv {quote(str(path))} {quote(str(path))}.aside",
            undo=f"mv {quote(str(path))}.aside {quote(str(path))}",
            data={"path": str(path)},
        )
        for path in old
    ]
)"""
_CHANGE = """\
# Move them aside
guard()
moved = saved("moved", [])
for action in proposed():
    path = Path(action.data["path"])
    moved.append(str(path))
    save("moved", moved)
    path.rename(f"{path}.aside")"""
_UNDO = """\
# Move them back
guard()
for name in saved("moved"):
    if Path(f"{name}.aside").exists():
        Path(f"{name}.aside").rename(name)"""
_VERIFY = """\
# Are they gone?
moved = saved("moved", [])
left = [name for name in moved if Path(name).exists()]
require(not left, f"still there: {', '.join(left)}", "make a new plan, and see what it says")
print(f"files moved aside: {len(moved)}")"""
_CELLS = (
    (
        "look-words",
        None,
        "## Can we look?\n\n**Good:** the folder is there. **Otherwise:** it says what to set.",
    ),
    ("check", "check", _CHECK),
    ("read-words", None, "## What would be changed\n\n**Good:** you recognise every file. Then `--apply`."),
    ("read", "read", _READ),
    ("change", "change", _CHANGE),
    ("undo", "undo", _UNDO),
    ("verify", "verify", _VERIFY),
)


def write_skeleton(folder: Path, name: str) -> Path:
    """Write a new runbook; returns its file.

    Args:
        folder: the project's ``runbooks/``.
        name: small letters, digits and hyphens.

    Raises:
        Refused: the name is none, or is taken.
        Failed: the file cannot be written.
    """
    if not NAME.fullmatch(name):
        raise Refused(
            f"'{name}' is not the name of a runbook", hint="small letters, digits and hyphens: restart-worker"
        )
    path = folder / f"{name}.ipynb"
    try:
        folder.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(json.dumps(make_skeleton(name), indent=1, ensure_ascii=False) + "\n")
    except FileExistsError:
        raise Refused("this runbook exists already", file=path, hint="choose another name") from None
    except OSError as error:
        raise Failed(f"cannot be written: {error.strerror}", file=path) from None
    return path


def make_skeleton(name: str) -> dict[str, Any]:
    """Make the notebook's content."""
    title = name.replace("-", " ").capitalize()
    cells = [
        _cell("about", None, _HEAD.format(title=title)),
        _cell("parameters", "parameters", _PARAMETERS),
        _cell("setup", "setup", _SETUP),
        *(_cell(*one) for one in _CELLS),
    ]
    about = {
        "summary": "Say in one sentence what it does.",
        "service": "example",
        "owner": "operations-lead",
        "risk": "low",
        "needs": ["What a responder must have, in words to check off"],
        "target": "local",
        "hints": [
            {"when": "Permission denied", "means": "You may not write there. Run it as a user who may."},
        ],
    }
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "runbook": about,
        },
        "cells": cells,
    }


def _cell(name: str, tag: str | None, source: str) -> dict[str, Any]:
    lines = source.splitlines(keepends=True)
    if tag is None:
        return {"cell_type": "markdown", "id": name, "metadata": {}, "source": lines}
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": {"tags": [tag]},
        "outputs": [],
        "source": lines,
    }
