"""What a runbook does, asks for and needs: for people, and as JSON with a schema of its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from pydantic.errors import PydanticSchemaGenerationError
from pydantic_core import SchemaError

from outage.runbook.command import format_run_command
from outage.runbook.notebook import make_titles
from outage.runbook.parameters import UNSET
from outage.runbook.types import build_annotation, describe_limits, describe_type, to_data, to_text

if TYPE_CHECKING:
    from outage.runbook.contract import Contract
    from outage.runbook.notebook import Cell
    from outage.runbook.parameters import Parameter


def describe_contract(contract: Contract) -> dict[str, Any]:
    """Describe the contract as JSON values; ``parameters`` is a JSON Schema of what ``-f`` takes."""
    return {
        "name": contract.name,
        "title": contract.notebook.title,
        "runbook": contract.meta.model_dump(mode="json", exclude_none=True),
        "parameters": make_parameters_schema(contract),
        "steps": [
            {"cell": cell.index + 1, "id": cell.id, "step": tag, "title": title}
            for cell, tag, title in list_steps(contract)
        ],
        "problems": [
            {"blocks": problem.blocks, "message": refusal.message, "hint": refusal.hint}
            for problem, refusal in zip(contract.problems, contract.refusals(), strict=True)
        ],
    }


def list_steps(contract: Contract) -> list[tuple[Cell, str, str]]:
    """Cell, step tag and title (perhaps empty) of every step, in order."""
    cells, tags = contract.notebook.cells, {cell.index: tag for cell, tag in contract.steps}
    named = make_titles((cell.cell_type, cell.source, tags.get(cell.index)) for cell in cells)
    return [(cells[index], tag, named[index]) for index, tag in tags.items()]


def make_parameters_schema(contract: Contract) -> dict[str, Any]:
    """JSON Schema (2020-12) of a run's parameters, defaults and help included."""
    properties: dict[str, Any] = {}
    for parameter in contract.parameters:
        try:
            schema = TypeAdapter(build_annotation(parameter.type)).json_schema()
        except (TypeError, ValueError, SchemaError, PydanticSchemaGenerationError):
            schema = {}  # its limits do not fit its type: among the problems
        if parameter.help:
            schema["description"] = parameter.help
        if parameter.default is not UNSET:
            schema["default"] = to_data(parameter.default)
        properties[parameter.name] = schema
    return {
        "type": "object",
        "properties": properties,
        "required": [parameter.name for parameter in contract.parameters if parameter.required],
        "additionalProperties": False,
    }


def format_contract(contract: Contract) -> str:
    """Format the contract for a person at a terminal."""
    meta = contract.meta
    lines = [f"{contract.name}: {contract.notebook.title}", *([meta.summary] if meta.summary else []), ""]
    for word, value in (
        ("service", meta.service),
        ("owner", meta.owner),
        ("risk", meta.risk),
        ("needs", "; ".join(meta.needs)),
        ("alerts", ", ".join(meta.alerts)),
    ):
        lines += [f"{word + ':':<9}{value}"] if value else []
    limits = contract.meta.limits
    lines.append(f"{'limits:':<9}a step may take {limits.cell}, the run {limits.run}")
    if any(tag == "gate" for _, tag in contract.steps):
        whom = "a second person" if meta.approvals == "second-person" else "whoever runs it"
        lines.append(f"{'gates:':<9}confirmed by {whom}")
    lines += ["", "Parameters (-p NAME=VALUE):" if contract.parameters else "It takes no parameters."]
    lines += [line for parameter in contract.parameters for line in _parameter(parameter)]
    lines += ["", "Steps:"]
    lines += [
        f"  {cell.index + 1:>3} {tag:<10} {title}".rstrip() for cell, tag, title in list_steps(contract)
    ]
    lines += ["", f"Plan it:   {format_run_command(contract.name, contract.parameters, {}, apply=False)}"]
    if contract.changes:
        lines.append(f"Apply it:  {format_run_command(contract.name, contract.parameters, {}, apply=True)}")
    return "\n".join(lines)


def _parameter(parameter: Parameter) -> list[str]:
    default = "must be given" if parameter.default is UNSET else f"default {to_text(parameter.default)}"
    first = f"  {parameter.name}  ({default})"
    told = [parameter.help, "; ".join([describe_type(parameter.type), *describe_limits(parameter.type)])]
    return [first, *(f"      {line}" for line in told if line)]
