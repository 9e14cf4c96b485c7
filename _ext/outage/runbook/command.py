"""The command line that does what a notebook, a plan or a guard is about, ready to be typed."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outage.errors import OutageError
from outage.runbook.types import to_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from outage.runbook.contract import Contract
    from outage.runbook.parameters import Parameter


def format_run_command(
    name: str, parameters: Sequence[Parameter], values: Mapping[str, Any], *, apply: bool, plan: str = ""
) -> str:
    """``outage run NAME [--apply] [--plan RUN] -p K=V``: only what differs from the defaults is said."""
    words = ["outage", "run", name, *(["--apply"] if apply else []), *(["--plan", plan] if plan else [])]
    for parameter in parameters:
        value = values.get(parameter.name, parameter.default)
        if parameter.required or type(value) is not type(parameter.default) or value != parameter.default:
            text = "..." if parameter.name not in values else to_text(value)
            words += ["-p", f"{parameter.name}={text}"]
    return shlex.join(words)


def suggest(folder: Path, name: str, texts: Mapping[str, str] | None = None) -> str:
    """Return the command that plans a runbook, with every parameter that must be given.

    A runbook that cannot be read is suggested by its name alone: running it says what is wrong.

    Args:
        folder: the handbook's ``runbooks/``.
        name: the runbook's.
        texts: values that are known, as they are typed; ``...`` stands for the others.
    """
    from outage.runbook.values import resolve_values

    contract = find_contract(folder, name)
    if contract is None:
        return shlex.join(["outage", "run", name])
    values, _ = resolve_values(contract.parameters, texts or {}, {})
    known = {each: value for each, value in values.items() if each in (texts or {})}
    return format_run_command(name, contract.parameters, known, apply=False)


def format_repeat_command(
    folder: Path, name: str, recorded: Mapping[str, Any], *, apply: bool = False, plan: str = ""
) -> str:
    """Return the command that runs a runbook with the values that a journal holds.

    Args:
        folder: the handbook's ``runbooks/``.
        name: the runbook's.
        recorded: values by name, as the journal has them.
        apply: whether the changes are carried out.
        plan: id of the plan to insist on; empty for none.
    """
    from outage.runbook.contract import read_recorded_values

    contract = find_contract(folder, name)
    if contract is None:
        return shlex.join(["outage", "run", name])
    values = read_recorded_values(contract, recorded)
    return format_run_command(name, contract.parameters, values, apply=apply, plan=plan)


def find_contract(folder: Path, name: str) -> Contract | None:
    """Return a runbook's contract, or None where there is no file that can be read."""
    from outage.runbook.contract import examine
    from outage.runbook.notebook import find_notebook, read_notebook

    try:
        return examine(read_notebook(find_notebook(folder, name)))
    except OutageError:
        return None


def format_command_for_cell(source: str, names: Mapping[str, Any]) -> str:
    """Format the command that applies the runbook which has this cell, as a guard shows it.

    Args:
        source: the cell's source, as the kernel ran it.
        names: the kernel's variables, of which the parameters are some.
    """
    from outage.runbook.contract import examine
    from outage.runbook.notebook import read_notebook

    path = _find_notebook_with(source)
    if path is None:
        return "outage run RUNBOOK --apply"
    contract = examine(read_notebook(path))
    plain = [parameter for parameter in contract.parameters if not parameter.secret]
    values = {parameter.name: names[parameter.name] for parameter in plain if parameter.name in names}
    return format_run_command(path.stem, plain, values, apply=True)


def _find_notebook_with(source: str) -> Path | None:
    """Find the runbook near the current folder that has a cell of this source."""
    from outage.runbook.notebook import read_notebook

    for path in _list_nearby():
        try:
            cells = read_notebook(path).cells
        except OutageError:
            continue
        if any(cell.source.strip() == source.strip() for cell in cells if cell.cell_type == "code"):
            return path
    return None


def _list_nearby() -> list[Path]:
    """Notebooks in this folder, in runbooks/ here and above up to the handbook, in the handbook named."""
    named = os.environ.get("OUTAGE_HANDBOOK")
    here = Path.cwd()
    folders = [here]
    for folder in (here, *here.parents):
        folders.append(folder / "runbooks")
        if (folder / "handbook.yml").is_file():
            break
    if named:
        folders += [Path(named) / "runbooks", Path(named).parent / "runbooks"]
    return [path for folder in folders for path in sorted(folder.glob("*.ipynb"))]
