"""A runbook's contract: all that its notebook promises, known before any kernel is started.

Flow: file -> :mod:`notebook` -> :mod:`structure`, :mod:`hidden`, :mod:`parameters`, :mod:`meta` -> here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outage.errors import OutageError, Problems
from outage.runbook.hidden import find_hidden_problems
from outage.runbook.meta import RunbookMeta, read_meta
from outage.runbook.notebook import Cell, Notebook, read_notebook
from outage.runbook.parameters import UNSET, Parameter, read_parameters
from outage.runbook.structure import Problem, find_structure_problems, get_step_tag
from outage.runbook.values import find_limit_problem, resolve_values, split_assignments

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Contract:
    """A runbook as its notebook declares it.

    Attributes:
        parameters: in the order of the parameters cell.
        problems: every broken rule, also those that do not block a run.
    """

    notebook: Notebook
    meta: RunbookMeta
    parameters: tuple[Parameter, ...]
    problems: tuple[Problem, ...]

    @property
    def name(self) -> str:
        """What one types after ``outage run``."""
        return self.notebook.name

    @property
    def steps(self) -> list[tuple[Cell, str]]:
        """The cells that take part in a run, with their step tags, in order."""
        return [(cell, tag) for cell in self.notebook.cells if (tag := get_step_tag(cell)) is not None]

    @property
    def changes(self) -> bool:
        """Whether it has a change cell."""
        return any(tag == "change" for _, tag in self.steps)

    def refusals(self, problems: Iterable[Problem] | None = None) -> list[OutageError]:
        """Problems (default: all of them) as refusals that name file, cell and line."""
        return [
            self.notebook.refuse(
                None if problem.cell is None else self.notebook.cells[problem.cell],
                problem.reason,
                problem.hint,
                problem.line,
            )
            for problem in (self.problems if problems is None else problems)
        ]


def examine(notebook: Notebook) -> Contract:
    """Examine a notebook: its contract, with everything that is wrong with it; never raises."""
    problems = [*find_structure_problems(notebook), *find_hidden_problems(notebook)]
    meta, faults = read_meta(notebook.runbook)
    problems += [Problem(None, reason, hint) for reason, hint in faults]
    parameters: list[Parameter] = []
    cell = next((cell for cell in notebook.cells if get_step_tag(cell) == "parameters"), None)
    if cell is not None and cell.cell_type == "code":
        parameters, cell_faults = read_parameters(cell.source)
        reported = {problem.cell for problem in problems if problem.reason.startswith("this is not Python")}
        if cell.index not in reported:
            problems += [Problem(cell.index, f.reason, f.hint, line=f.line) for f in cell_faults]
        problems += _check_defaults(parameters, cell)
    problems += _check_usability(notebook, meta, parameters, cell)
    problems += _check_kernel(notebook)
    problems.sort(key=lambda problem: (problem.cell is not None, problem.cell or 0, problem.line or 0))
    return Contract(notebook, meta, tuple(parameters), tuple(problems))


def read_contract(path: Path, shown: Path | None = None) -> Contract:
    """Read the contract of a file that is fit to run.

    Args:
        path: the notebook.
        shown: the name for messages; ``path`` when None.

    Raises:
        Refused: it is no notebook.
        Problems: it breaks rules on which safety rests; all of them.
    """
    contract = examine(read_notebook(path, shown))
    if blocking := [problem for problem in contract.problems if problem.blocks]:
        raise Problems(contract.refusals(blocking))
    return contract


def check_values(
    contract: Contract, assignments: Iterable[str] = (), data: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Check the values of all parameters.

    Args:
        contract: of the runbook to run.
        assignments: ``name=value`` texts, from ``-p``.
        data: values from a file, which ``assignments`` override.

    Raises:
        Problems: unknown, missing, mistyped or out of range; all of them at once.
    """
    texts, wrong = split_assignments(list(assignments))
    values, more = resolve_values(contract.parameters, texts, data or {})
    if wrong := [*wrong, *more]:
        place = _find_parameters_cell(contract.notebook)
        raise Problems([contract.notebook.refuse(place, each.reason, each.hint) for each in wrong])
    return values


def read_recorded_values(contract: Contract, recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Values that a journal holds, as Python values; those that no longer fit are left out."""
    values, _ = resolve_values(contract.parameters, {}, recorded)
    return {name: value for name, value in values.items() if name in recorded}


def _find_parameters_cell(notebook: Notebook) -> Cell | None:
    return next((cell for cell in notebook.cells if get_step_tag(cell) == "parameters"), None)


def _check_defaults(parameters: list[Parameter], cell: Cell) -> list[Problem]:
    """Defaults outside their limits, and limits that do not fit their type."""
    return [
        Problem(cell.index, f"the default of {reason}", line=parameter.line)
        for parameter in parameters
        if parameter.default is not UNSET and (reason := find_limit_problem(parameter, parameter.default))
    ]


def _check_usability(
    notebook: Notebook, meta: RunbookMeta, parameters: list[Parameter], cell: Cell | None
) -> list[Problem]:
    """Find what makes a runbook hard to use, though not unsafe to run."""
    found = [
        Problem(None, f"metadata runbook.{key} is missing", f"say {what}", blocks=False)
        for key, what in (("summary", "in a sentence what it does"), ("owner", "who keeps it right"))
        if getattr(meta, key) is None
    ]
    for parameter in parameters:
        if not parameter.help and cell is not None:
            reason = f"the parameter '{parameter.name}' does not say what it is"
            hint = "add a comment behind it"
            found.append(Problem(cell.index, reason, hint, blocks=False, line=parameter.line))
    changing = any(get_step_tag(each) == "change" for each in notebook.cells)
    if meta.risk == "none" and changing:
        hint = "say low, medium or high"
        found.append(Problem(None, "metadata runbook.risk is 'none', and there is a change", hint))
    return found


def _check_kernel(notebook: Notebook) -> list[Problem]:
    """Check that a runbook runs in this Python; another language's kernel is refused by name."""
    name, language = notebook.kernelspec
    if language in {"", "python"} and (language == "python" or name in {"", "python3", "python"}):
        return []
    hint = "outage runs Python runbooks, in the Python that outage is installed in"
    return [Problem(None, f"this notebook asks for the kernel '{name or language}'", hint)]
