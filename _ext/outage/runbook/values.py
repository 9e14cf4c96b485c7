"""The values of a run's parameters: from the command line, a file and defaults, all checked at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outage.errors import Problems
from outage.runbook.types import (
    build_annotation,
    describe_limits,
    describe_type,
    from_data,
    from_text,
    to_text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from outage.runbook.parameters import Parameter


@dataclass(frozen=True)
class RefusedValue:
    """One value that was refused: which, why, and what to do."""

    name: str
    reason: str
    hint: str | None = None


def split_assignments(texts: Sequence[str]) -> tuple[dict[str, str], list[RefusedValue]]:
    """``["a=1", "b=x"]`` as a mapping; what has no name, or stands twice, is wrong."""
    given: dict[str, str] = {}
    wrong: list[RefusedValue] = []
    for text in texts:
        name, sign, value = text.partition("=")
        name = name.strip()
        if not sign or not name:
            wrong.append(RefusedValue(text, f"'{text}' is no assignment", "write -p name=value"))
        elif name in given:
            wrong.append(RefusedValue(name, f"'{name}' is given twice", "keep one of the two"))
        else:
            given[name] = value
    return given, wrong


def read_values_file(path: Path) -> dict[str, Any]:
    """Parameters of a YAML (or JSON) file: one mapping of names to values.

    Raises:
        Problems: it cannot be read, is not YAML, or is no mapping.
    """
    from outage.source import read_yaml

    source = read_yaml(path)
    if not isinstance(source.data, dict):
        raise Problems([source.refuse((), "a file of parameters is a mapping", "write: name: value")])
    return source.data


def resolve_values(
    parameters: Sequence[Parameter], texts: Mapping[str, str], data: Mapping[str, Any]
) -> tuple[dict[str, Any], list[RefusedValue]]:
    """Resolve the value of every parameter, and collect all that is wrong.

    Args:
        parameters: as the notebook declares them.
        texts: from ``-p``; they win over the file.
        data: from ``-f``.

    Returns:
        Values by name in the notebook's order (Python values; secrets as references), and faults.
    """
    known = [parameter.name for parameter in parameters]
    wrong = [_refuse_unknown(name, known) for name in [*texts, *data] if name not in known]
    values: dict[str, Any] = {}
    for parameter in parameters:
        name = parameter.name
        try:
            if name in texts:
                value = from_text(parameter.type, texts[name])
            elif name in data:
                value = from_data(parameter.type, data[name])
            elif parameter.required:
                wrong.append(
                    RefusedValue(name, f"'{name}' must be given: {_describe(parameter)}", f"-p {name}=...")
                )
                continue
            else:
                value = parameter.default
        except ValueError as error:
            wrong.append(RefusedValue(name, f"'{name}': {error}", _hint_at_limits(parameter)))
            continue
        values[name] = value
        if problem := find_limit_problem(parameter, value):
            wrong.append(RefusedValue(name, problem, _hint_at_limits(parameter)))
    return values, wrong


def find_limit_problem(parameter: Parameter, value: Any) -> str | None:
    """Find what is wrong with a value by the parameter's limits, or None."""
    from pydantic import PydanticSchemaGenerationError, TypeAdapter, ValidationError
    from pydantic_core import SchemaError

    try:
        TypeAdapter(build_annotation(parameter.type)).validate_python(value, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        shown = "" if parameter.secret else f" {to_text(value)}:"
        return f"'{parameter.name}':{shown} {_reword(first['msg'])}"
    except (TypeError, SchemaError, PydanticSchemaGenerationError):
        return f"'{parameter.name}': its limits do not fit its type, {parameter.written}"
    return None


def _reword(message: str) -> str:
    """Pydantic's message about an input, as half a sentence."""
    text = message[:1].lower() + message[1:]
    return text.replace("input should be", "it must be").replace("should", "must")


def _refuse_unknown(name: str, known: list[str]) -> RefusedValue:
    from outage.source import nearest

    hint = nearest(name, known) or "this runbook takes no parameters"
    return RefusedValue(name, f"there is no parameter '{name}'", hint)


def _describe(parameter: Parameter) -> str:
    return parameter.help or describe_type(parameter.type)


def _hint_at_limits(parameter: Parameter) -> str:
    """Say in words what the parameter is and may be."""
    about = f" ({parameter.help})" if parameter.help else ""
    return "; ".join(
        [f"{parameter.name}{about} is {describe_type(parameter.type)}", *describe_limits(parameter.type)]
    )
