"""The ``parameters`` cell: typed Python, read from its syntax tree and never executed.

One assignment a parameter, with a type, perhaps a default, and a comment that says what it is::

    hours: Annotated[int, Field(ge=1, le=72)] = 24  # look-back window

Only a whitelist may stand there (:data:`IMPORTS`, literals, the types of :mod:`types`), so
that names, types, limits, defaults and help are known before any kernel is started.
"""

from __future__ import annotations

import ast
import io
import tokenize
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from outage.runbook.types import (
    SCALARS,
    ListType,
    LiteralType,
    Reference,
    ScalarType,
    Type,
    UnionType,
    describe_type,
    fits,
    is_secret,
)

IMPORTS: dict[str, frozenset[str]] = {
    "__future__": frozenset({"annotations"}),
    "typing": frozenset({"Annotated", "Literal"}),
    "datetime": frozenset({"UTC", "date", "datetime", "timedelta", "timezone"}),
    "pathlib": frozenset({"Path"}),
    "pydantic": frozenset({"Field", "SecretStr"}),
}
LIMITS = {"ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length", "pattern", "description"}
_CONSTRUCTORS: dict[str, Any] = {
    "date": date,
    "datetime": datetime,
    "timedelta": timedelta,
    "Path": Path,
    "SecretStr": Reference,
}
_DEEPEST = 3
_EXAMPLE = "write it as:  hours: int = 24  # look-back window"


class Unset:
    """The default of a parameter that must be given."""

    def __repr__(self) -> str:
        return "unset"


UNSET = Unset()


@dataclass(frozen=True)
class Parameter:
    """One typed parameter of a runbook.

    Attributes:
        written: the type as the cell spells it.
        default: a Python value of the type, or :data:`UNSET` where it must be given.
        help: the trailing comment, or Field's description, or nothing.
        line: 1-based line in the parameters cell.
    """

    name: str
    type: Type
    written: str
    default: Any
    help: str
    line: int

    @property
    def required(self) -> bool:
        """Whether a run must give it."""
        return self.default is UNSET

    @property
    def secret(self) -> bool:
        """Whether its value is a reference that the kernel resolves."""
        return is_secret(self.type)


@dataclass(frozen=True)
class CellViolation:
    """Something in the cell that the whitelist does not know; ``line`` is 1-based within the cell."""

    line: int
    reason: str
    hint: str | None = None


class _BadTypeError(Exception):
    """A type or a default outside the whitelist: reason and hint."""


def read_parameters(source: str) -> tuple[list[Parameter], list[CellViolation]]:
    """Parameters of the cell's source, in order, and every fault at once."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        return [], [CellViolation(line, f"this is not Python: {getattr(error, 'msg', None) or error}")]
    comments = _find_comments(source)
    parameters: list[Parameter] = []
    faults: list[CellViolation] = []
    for position, statement in enumerate(tree.body):
        try:
            if (found := _read_statement(statement, position, comments)) is None:
                continue
            if any(found.name == other.name for other in parameters):
                raise _BadTypeError(f"'{found.name}' is declared twice", "keep one of the two")
            parameters.append(found)
        except _BadTypeError as error:
            reason, hint = error.args
            faults.append(CellViolation(statement.lineno, reason, hint))
    return parameters, faults


def _read_statement(statement: ast.stmt, position: int, comments: dict[int, str]) -> Parameter | None:
    """Read the parameter that a statement declares; None for imports and a docstring."""
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return _read_parameter(statement, statement.target.id, comments)
    if isinstance(statement, ast.ImportFrom):
        _check_import(statement)
        return None
    if isinstance(statement, ast.Import):
        raise _BadTypeError("only 'from ... import ...' may stand here", _list_importable())
    if isinstance(statement, ast.Assign):
        raise _BadTypeError(f"'{ast.unparse(statement.targets[0])}' has no type", _EXAMPLE)
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and position == 0:
        return None
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        called = ast.unparse(statement.value.func)
        raise _BadTypeError(f"{called}(...) is called here", "move the call to a setup cell")
    word = type(statement).__name__
    raise _BadTypeError(f"a parameters cell declares parameters; {word} may not stand here", _EXAMPLE)


def _read_parameter(statement: ast.AnnAssign, name: str, comments: dict[int, str]) -> Parameter:
    if name.startswith("_") or name in SCALARS or any(name in names for names in IMPORTS.values()):
        raise _BadTypeError(f"a parameter may not be called '{name}'", "choose a plain name")
    kind = _read_type(statement.annotation)
    limits = getattr(kind, "limits", {})
    text = comments.get(statement.end_lineno or statement.lineno) or limits.get("description", "")
    default: Any = UNSET
    if statement.value is not None:
        default = _read_default(name, kind, statement.value)
    return Parameter(name, kind, ast.unparse(statement.annotation), default, text, statement.lineno)


def _read_default(name: str, kind: Type, node: ast.expr) -> Any:
    value = _read_value(node)
    if fits(kind, value):
        return value
    hint = None
    if isinstance(kind, ScalarType) and kind.name in _CONSTRUCTORS and isinstance(value, str):
        hint = f"write the default as {kind.name}(...): this cell also runs as it stands"
    shown = "" if isinstance(kind, ScalarType) and kind.name == "SecretStr" else f", {ast.unparse(node)},"
    raise _BadTypeError(f"the default of '{name}'{shown} is not {describe_type(kind)}", hint)


def _read_type(node: ast.expr) -> Type:
    """Read the type that an annotation names."""
    if isinstance(node, ast.Name) and node.id in SCALARS:
        return ScalarType(node.id)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _make_union(node)
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if node.value.id == "Literal":
            return _make_literal(inner)
        if node.value.id == "list" and len(inner) == 1:
            return _make_list(_read_type(inner[0]))
        if node.value.id == "Annotated" and len(inner) > 1:
            return _read_annotated(inner)
    known = f"{', '.join(SCALARS)}, Literal[...], list[...], A | B, Annotated[..., Field(...)]"
    raise _BadTypeError(f"the type {ast.unparse(node)} is not supported", f"types here: {known}")


def _make_list(item: Type) -> Type:
    if is_secret(item):
        raise _BadTypeError("a list cannot hold secrets", "give each secret a parameter of its own")
    if _measure_depth(item) >= _DEEPEST:
        raise _BadTypeError(f"lists may stand in lists {_DEEPEST} deep, and no deeper", None)
    return ListType(item)


def _measure_depth(kind: Type) -> int:
    """How many lists stand within each other."""
    if isinstance(kind, UnionType):
        return max(map(_measure_depth, kind.members))
    return 1 + _measure_depth(kind.item) if isinstance(kind, ListType) else 0


def _make_union(node: ast.BinOp) -> Type:
    flat: list[ast.expr] = []
    pending: list[ast.expr] = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.BitOr):
            pending += [part.right, part.left]
        else:
            flat.append(part)
    members = [part for part in flat if not (isinstance(part, ast.Constant) and part.value is None)]
    if not members:
        raise _BadTypeError("a parameter that is always None is none", None)
    kinds = tuple(_read_type(part) for part in members)
    if len(kinds) > 1 and any(map(is_secret, kinds)):
        hint = "write SecretStr, or SecretStr | None: any other text would be written down as it is"
        raise _BadTypeError("a secret is a secret and nothing else", hint)
    return UnionType(kinds, none=len(members) < len(flat))


def _make_literal(nodes: list[ast.expr]) -> LiteralType:
    options = [_read_value(node) for node in nodes]
    if not options or not all(isinstance(option, (str, int)) for option in options):
        raise _BadTypeError("Literal[...] lists texts, whole numbers or truth values", None)
    return LiteralType(tuple(options))


def _read_annotated(nodes: list[ast.expr]) -> Type:
    kind = _read_type(nodes[0])
    limits: dict[str, Any] = {}
    for node in nodes[1:]:
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id != "Field":
            raise _BadTypeError(f"Annotated takes Field(...), not {ast.unparse(node)}", None)
        if node.args:
            raise _BadTypeError("Field takes keywords here", "the default stands behind '=', not in Field")
        for keyword in node.keywords:
            if keyword.arg not in LIMITS:
                known = f"known: {', '.join(sorted(LIMITS))}"
                raise _BadTypeError(f"Field has no '{keyword.arg}' here", known)
            limits[keyword.arg] = _read_value(keyword.value)
    if isinstance(kind, LiteralType):
        raise _BadTypeError("Literal[...] takes no limits", "its options are the limits")
    return replace(kind, limits={**kind.limits, **limits})


def _read_value(node: ast.expr) -> Any:
    """Read the value of a literal, or of a date, time, length of time or path made of literals."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, int, float, bool, type(None))):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        value = _read_value(node.operand)
        if type(value) in {int, float}:
            return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.List):
        return [_read_value(item) for item in node.elts]
    if ast.unparse(node) in {"UTC", "timezone.utc"}:
        return UTC
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CONSTRUCTORS:
        return _construct(node, node.func.id)
    hint = "literals, and date, datetime, timedelta and Path of literals, may stand here"
    raise _BadTypeError(f"{ast.unparse(node)} would have to be executed", hint)


def _construct(node: ast.Call, name: str) -> Any:
    arguments = [_read_value(argument) for argument in node.args]
    keywords = {keyword.arg or "**": _read_value(keyword.value) for keyword in node.keywords}
    try:
        return _CONSTRUCTORS[name](*arguments, **keywords)
    except (TypeError, ValueError, OverflowError) as error:
        raise _BadTypeError(f"{ast.unparse(node)} cannot be made: {error}", None) from None


def _check_import(statement: ast.ImportFrom) -> None:
    known = IMPORTS.get(statement.module or "", frozenset()) if statement.level == 0 else frozenset()
    for name in statement.names:
        if name.name not in known or name.asname is not None:
            raise _BadTypeError(f"'{ast.unparse(statement)}' may not stand here", _list_importable())


def _list_importable() -> str:
    listed = "; ".join(f"{module}: {', '.join(sorted(names))}" for module, names in IMPORTS.items())
    return f"a parameters cell may import, by their own names, {listed}"


def _find_comments(source: str) -> dict[int, str]:
    """Trailing comments: line to text."""
    found: dict[int, str] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT and token.line[: token.start[1]].strip():
                found[token.start[0]] = token.string.lstrip("#").strip()
    except (tokenize.TokenError, IndentationError):
        pass
    return found
