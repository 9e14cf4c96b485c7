"""The whole policy as a page: a row and an anchor for each value."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from outage.policy.models import PolicyData
from outage.text import cell, plain
from outage.views.markup import blocks, ref, table

if TYPE_CHECKING:
    from outage.policy import Policy, Value


def policy_values(policy: Policy) -> str:
    """Every value by part: its address, what it is, and the line that says so."""
    by_part = {part: list(values) for part, values in groupby(policy.values().values(), key=_part)}
    return blocks(_section(policy, part, by_part.get(part, [])) for part in PolicyData.model_fields)


def _part(value: Value) -> str:
    return value.address.split(".")[0]


def _section(policy: Policy, part: str, values: list[Value]) -> str:
    heading = f"## {part.replace('_', ' ').capitalize()}"
    if not values:
        return f"{heading}\n\n{ref('anchor', part)} says nothing: this company has none."
    rows = [
        (f"{ref('anchor', value.address)} {_origin(policy, value)}", cell(value.text)) for value in values
    ]
    return f"{heading}\n\n{{.outage-values}}\n{table(('Clause', 'Value'), rows)}"


def _origin(policy: Policy, value: Value) -> str:
    where = "default" if value.default else plain(f"{policy.path.name}:{value.line}")
    return f"[{where}]{{.outage-where}}"
