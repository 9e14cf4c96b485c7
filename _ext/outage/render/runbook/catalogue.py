"""Runbooks as people read them, as MyST text: what heads a page, what steps mean, and the list of all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from outage.errors import OutageError
from outage.policy.vocabulary import ROLES
from outage.render.markup import bullets, chip, directive, folded, list_table
from outage.render.runbook.proof import write_proof_chip
from outage.runbook import proof
from outage.runbook.command import format_run_command
from outage.runbook.contract import examine
from outage.runbook.notebook import find_notebook, list_runbooks, read_notebook
from outage.runbook.types import describe_limits, describe_type, to_text
from outage.text import join_words, plain

if TYPE_CHECKING:
    from pathlib import Path

    from outage.runbook.contract import Contract
    from outage.runbook.meta import Hint
    from outage.runbook.parameters import Parameter


STEPS = {
    "parameters": "what you can set",
    "setup": "",
    "check": "stops here if it does not hold",
    "read": "only looks",
    "gate": "waits until somebody confirms",
    "change": "changes something, and runs only with --apply",
    "verify": "proves the effect, after a change",
    "undo": "takes the change back, and runs only when that is asked for",
}
"""What each step tag means to who reads the page."""

NONE = "This handbook has no runbooks yet."


def write_about(contract: Contract) -> str:
    """Write the head of a runbook's page: facts, needs, what to type, problems, parameters."""
    parts = [
        bullets(_write_facts(contract)),
        _write_problems(contract),
        _write_parameters(contract.parameters),
    ]
    return "\n\n".join(part for part in parts if part)


def _write_facts(contract: Contract) -> Iterator[str]:
    meta = contract.meta
    if meta.summary:
        yield f"**{plain(meta.summary)}**"
    risk = (
        "changes nothing"
        if not contract.changes
        else f"risk of its changes: {chip(meta.risk, 'risk', meta.risk)}"
    )
    service = f"for {plain(meta.service)}; " if meta.service else ""
    owner = f"; kept by {_write_owner(meta.owner)}" if meta.owner else ""
    yield f"{service}{risk}{owner}"
    if meta.alerts:
        yield "answers: " + ", ".join(map(plain, meta.alerts))
    yield from (f"needs: {plain(need)}" for need in meta.needs)
    apply = "; add `--apply` to carry it out" if contract.changes else ""
    command = format_run_command(contract.name, contract.parameters, {}, apply=False)
    yield f"look, and see what it would do: `{command}`{apply}"


def _write_owner(owner: str) -> str:
    """Return who keeps it right: a role by the company's name for it, or whatever was written."""
    return f"{{role}}`{owner}`" if owner in ROLES else plain(owner)


def _write_parameters(parameters: tuple[Parameter, ...]) -> str:
    if not parameters:
        return ""
    rows = [(f"`{one.name}`", _write_parameter(one)) for one in parameters]
    count = "1 parameter" if len(rows) == 1 else f"{len(rows)} parameters"
    table = list_table(("Parameter", "What it is"), rows, widths="1 3", css="outage-parameters")
    return folded(f"{count} can be set", table)


def _write_parameter(parameter: Parameter) -> str:
    default = "must be given" if parameter.required else f"else {plain(to_text(parameter.default))}"
    helped = f"{plain(parameter.help)}\\\n" if parameter.help else ""
    what = "; ".join([describe_type(parameter.type), *describe_limits(parameter.type)])
    return f"{helped}{plain(what)}; {default}"


def _write_problems(contract: Contract) -> str:
    blocking = [problem for problem in contract.problems if problem.blocks]
    if not blocking:
        return ""
    said = bullets(plain(refusal.message) for refusal in contract.refusals(blocking))
    return directive("warning", body=f"`outage run` refuses this runbook until it is fixed:\n\n{said}")


@dataclass(frozen=True)
class Listed:
    """What the list can be searched and filtered by, for one runbook.

    Attributes:
        symptoms: what errors that it explains contain, as they are spelt, and what they mean.
        words: everything else that is said of it, in one text.
    """

    name: str
    service: str = ""
    risk: str = ""
    alerts: tuple[str, ...] = ()
    symptoms: tuple[str, ...] = ()
    words: str = ""


def describe_runbooks(folder: Path) -> list[Listed]:
    """Return what the list says of each runbook in a folder, in the order of its rows (by name)."""
    return [_describe_runbook(folder, name) for name in list_runbooks(folder)]


def write_catalogue(folder: Path) -> str:
    """Return the list of the runbooks in a folder."""
    rows = [_write_row(folder, name) for name in list_runbooks(folder)]
    if not rows:
        return NONE
    return list_table(("Runbook", "What it does"), rows, widths="1 2", css="outage-runbooks")


def load_contract(folder: Path, name: str) -> Contract:
    """Return what a runbook in a folder declares, read once as long as its file is the same.

    Raises:
        OutageError: it cannot be read.
    """
    path = find_notebook(folder, name)
    state = path.stat()
    return _read_contract(path, (state.st_mtime_ns, state.st_size))


@lru_cache(maxsize=512)
def _read_contract(path: Path, _state: tuple[int, int]) -> Contract:
    return examine(read_notebook(path))


def list_services(folder: Path) -> dict[str, str]:
    """Map each runbook that says so to the service that it is about."""
    found = {}
    for name in list_runbooks(folder):
        with suppress(OutageError, OSError):
            found[name] = load_contract(folder, name).meta.service or ""
    return {name: service for name, service in found.items() if service}


def _describe_runbook(folder: Path, name: str) -> Listed:
    try:
        contract = load_contract(folder, name)
    except OutageError:
        return Listed(name, words=name)
    meta = contract.meta
    prose = [cell.source for cell in contract.notebook.cells[:1] if cell.cell_type == "markdown"]
    said = [
        name,
        contract.notebook.title,
        meta.summary or "",
        *meta.needs,
        *(hint.means for hint in meta.hints),
    ]
    return Listed(
        name=name,
        service=meta.service or "",
        risk=meta.risk if contract.changes else "none",
        alerts=meta.alerts,
        symptoms=tuple(dict.fromkeys(words for hint in meta.hints for words in hint.says)),
        words=" ".join([*said, *prose]),
    )


def _write_row(folder: Path, name: str) -> tuple[str, str]:
    link = f"{{runbook}}`{name}`"
    try:
        contract = load_contract(folder, name)
    except OutageError as error:
        return plain(name), f"cannot be read: {plain(error.message)}"
    meta = contract.meta
    risk = (
        chip("changes nothing", "risk", "none")
        if not contract.changes
        else chip(f"{meta.risk} risk", "risk", meta.risk)
    )
    marks = [risk, *([plain(meta.service)] if meta.service else [])]
    marks += [write_proof_chip(proof.find(folder.parent, name))]
    blocked = [problem for problem in contract.problems if problem.blocks]
    marks += [chip("cannot be run", "mark")] if blocked else []
    answers = f"\\\nanswers {', '.join(map(plain, meta.alerts))}" if meta.alerts else ""
    return (
        link,
        f"{plain(meta.summary or contract.notebook.title)}\\\n{' '.join(filter(None, marks))}{answers}",
    )


_MOST_SAID = 4


def write_after(contract: Contract, folder: Path) -> str:
    """Return what is below the last step; nothing where there is nothing to say.

    Args:
        contract: the runbook's.
        folder: where it and the other runbooks are.
    """
    told = bullets(_write_hint(hint, contract.name) for hint in contract.meta.hints)
    parts = (
        [f"## If it stops\n\nThe run says the same by itself when it meets one of these.\n\n{told}"]
        if told
        else []
    )
    if others := ", ".join(f"{{runbook}}`{name}`" for name in list_read_next(contract, folder)):
        parts.append(f"## Read next\n\n{others}.")
    return "\n\n".join(parts)


def list_read_next(contract: Contract, folder: Path) -> list[str]:
    """Return where the hints lead, in their order; then the other runbooks for the same service."""
    found = [hint.runbook for hint in contract.meta.hints if hint.runbook]
    found += [name for name, service in list_services(folder).items() if service == contract.meta.service]
    return [name for name in dict.fromkeys(found) if name != contract.name]


def _write_hint(hint: Hint, own: str) -> str:
    """Return one error: what it says, what that means, and the runbook that helps."""
    says = [f"“{plain(text)}”" for text in hint.says[:_MOST_SAID]]
    more = " and the like" if len(hint.says) > _MOST_SAID else ""
    there = f" Go on with {{runbook}}`{hint.runbook}`." if hint.runbook not in {None, own} else ""
    return f"**{join_words(says, 'or')}**{more}: {plain(hint.means)}{there}"
