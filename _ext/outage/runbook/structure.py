"""Whether a notebook keeps the contract's rules about its cells, found by reading alone.

``outage run`` refuses a notebook that breaks a rule on which safety rests; ``outage check``
also reports what only makes it hard to use (no summary, a change that nothing verifies).
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from outage.runbook.notebook import Cell, Notebook

STEPS = ("parameters", "setup", "check", "read", "gate", "change", "verify", "undo")
DISPLAY_TAGS = frozenset(
    f"{verb}-{part}" for verb in ("hide", "remove") for part in ("input", "output", "cell")
) | {"scroll-output", "full-width", "margin"}
GUARDED = ("change", "undo")
_KIT = "outage.kit"
_PROTECTED = ("guard", "proposed", "propose")


@dataclass(frozen=True)
class Problem:
    """One broken rule.

    Attributes:
        cell: index of the cell, from 0; None for the notebook as a whole.
        blocks: whether a run is refused because of it.
        line: 1-based line in the cell, if it is about one.
    """

    cell: int | None
    reason: str
    hint: str | None = None
    blocks: bool = True
    line: int | None = None


@dataclass(frozen=True)
class Step:
    """A cell that takes part in a run: its step tag, and its syntax tree when it is code."""

    cell: Cell
    tag: str
    tree: ast.Module | None


def get_step_tag(cell: Cell) -> str | None:
    """Return the cell's step tag if it has exactly one, else None."""
    found = [tag for tag in cell.tags if tag in STEPS]
    return found[0] if len(found) == 1 else None


def find_structure_problems(notebook: Notebook) -> list[Problem]:
    """Every broken rule about the cells, in the order of the cells."""
    problems = [problem for cell in notebook.cells for problem in _check_tags(cell)]
    steps: list[Step] = []
    for cell in notebook.cells:
        if (tag := get_step_tag(cell)) is None:
            continue
        tree = None
        if cell.cell_type == "code":
            tree, problem = _tree(cell)
            problems += [problem] if problem else []
        steps.append(Step(cell, tag, tree))
    code = [step for step in steps if step.tree is not None]
    problems += [
        *_check_parameters(notebook, code),
        *_check_order(code),
        *_check_guards(code),
        *_check_changes(code),
    ]
    return sorted(problems, key=lambda problem: (problem.cell is not None, problem.cell or 0))


def _check_tags(cell: Cell) -> Iterator[Problem]:
    """One step tag on every code cell, no tag that nobody knows."""
    found = [tag for tag in cell.tags if tag in STEPS]
    unknown = [tag for tag in cell.tags if tag not in STEPS and tag not in DISPLAY_TAGS]
    for tag in unknown if cell.cell_type == "code" or found else []:
        yield Problem(cell.index, f"the tag '{tag}' is unknown", _name_nearest(tag))
    if cell.cell_type != "code":
        if found and (found != ["gate"] or cell.cell_type != "markdown"):
            reason = f"a {cell.cell_type} cell cannot be '{found[0]}'"
            yield Problem(cell.index, reason, "a gate is Markdown, every other step is code")
        elif found and not cell.source.strip():
            yield Problem(
                cell.index, "this gate says nothing", "write what happens next, and what to look at"
            )
        return
    if len(found) > 1:
        yield Problem(cell.index, f"two step tags: {' and '.join(found)}", "a cell is one step: split it")
    elif "gate" in found:
        yield Problem(cell.index, "a code cell cannot be a gate", "a gate is a Markdown cell with the tag")
    elif not found and not unknown and cell.source.strip():  # JupyterLab leaves an empty cell at the end
        hint = f"give it one of: {', '.join(step for step in STEPS if step != 'gate')}"
        yield Problem(cell.index, "this code cell has no step tag", hint)


def _tree(cell: Cell) -> tuple[ast.Module | None, Problem | None]:
    try:
        flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        tree = compile(cell.source, "cell", "exec", flags=flags, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = f"this is not Python: {getattr(error, 'msg', None) or error}"
        hint = "lines of IPython (%magic, !command) have no place in a runbook"
        return None, Problem(cell.index, reason, hint, line=getattr(error, "lineno", None))
    return tree if isinstance(tree, ast.Module) else None, None


def _check_parameters(notebook: Notebook, code: list[Step]) -> Iterator[Problem]:
    """Exactly one parameters cell, before all other code."""
    found = [step for step in code if step.tag == "parameters"]
    if not any(get_step_tag(cell) == "parameters" for cell in notebook.cells):
        hint = "tag one code cell 'parameters'; a comment in it is enough when there are none"
        yield Problem(None, "this notebook has no parameters cell", hint)
    for step in found[1:]:
        yield Problem(
            step.cell.index, "a second parameters cell", f"move it into cell {found[0].cell.index + 1}"
        )
    if found and code[0] is not found[0]:
        yield Problem(found[0].cell.index, "the parameters cell must be the first code cell", "move it up")


def _check_order(code: list[Step]) -> Iterator[Problem]:
    """Check that setup comes before the first change, and verify and undo after their change."""
    last_change: Step | None = None
    previous: Step | None = None
    for step in code:
        if step.tag == "setup" and last_change:
            yield Problem(step.cell.index, "setup after a change", "a resumed run sets up first: move it up")
        if step.tag == "verify" and not last_change:
            yield Problem(
                step.cell.index, "there is no change before this verify", "tag it 'read' or 'check'"
            )
        if step.tag == "undo" and (previous is None or previous.tag != "change"):
            yield Problem(
                step.cell.index, "an undo must follow the change that it reverses", "move it up to it"
            )
        last_change = step if step.tag == "change" else last_change
        previous = step


def _check_guards(code: list[Step]) -> Iterator[Problem]:
    """guard() is the first statement of every change and undo, and it is the kit's guard."""
    imported = any(_imports_kit(step.tree, "guard") for step in code)
    for step in code:
        assert step.tree is not None
        for name, line in _rebound(step.tree):
            hint = f"'{name}' must stay what {_KIT} says it is: choose another name"
            yield Problem(step.cell.index, f"'{name}' is given another meaning", hint, line=line)
        if step.tag not in GUARDED:
            continue
        if not _is_call(_first(step.tree), "guard"):
            hint = "put guard() on its first line: it keeps Run All from changing anything"
            yield Problem(step.cell.index, f"this {step.tag} cell does not begin with guard()", hint)
        elif not imported:
            hint = f"in the setup cell: from {_KIT} import guard"
            yield Problem(step.cell.index, "guard is never imported from the kit", hint)


def _check_changes(code: list[Step]) -> Iterator[Problem]:
    """Check that the last read before a change proposes, the change does that, and a verify follows."""
    last_read: Step | None = None
    for position, step in enumerate(code):
        last_read = step if step.tag == "read" else last_read
        if step.tag != "change":
            continue
        at = step.cell.index
        if last_read is None or not _calls(last_read.tree, "propose"):
            hint = "the last read before a change declares its actions: propose([Action(...), ...])"
            yield Problem(at, "no read before this change proposes its actions", hint)
        if not _calls(step.tree, "proposed"):
            hint = "for action in proposed(): ... is all that a change may act on"
            yield Problem(at, "this change does not take its actions from proposed()", hint)
        later = [other.tag for other in code[position + 1 :]]
        until = later[: later.index("change")] if "change" in later else later
        if "verify" not in until:
            hint = "prove the effect by the service's own signal, in a cell tagged 'verify'"
            yield Problem(at, "nothing verifies this change", hint, blocks=False)
        last_read = None


def _first(tree: ast.Module) -> ast.stmt | None:
    """Return the first statement that is not a docstring."""
    body = tree.body
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    return body[0] if body else None


def _is_call(statement: ast.stmt | None, name: str) -> bool:
    call = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == name


def _calls(tree: ast.Module | None, name: str) -> bool:
    nodes = ast.walk(tree) if tree else ()
    return any(isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == name for n in nodes)


def _imports_kit(tree: ast.Module | None, name: str) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == _KIT
        and any(alias.name == name and alias.asname is None for alias in node.names)
        for node in (tree.body if tree else ())
    )


def _rebound(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Names of the kit's safety functions that something in the tree binds to another thing."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            names = [node.id]
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names = [node.name]
        elif isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and node.module != _KIT):
            names = [alias.asname or alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [alias.asname for alias in node.names if alias.asname and alias.asname != alias.name]
        for name in names:
            if name in _PROTECTED:
                yield name, getattr(node, "lineno", 1)


def _name_nearest(tag: str) -> str | None:
    from outage.source import nearest

    return nearest(tag, list(STEPS))
