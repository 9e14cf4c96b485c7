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
    rows = [(ref("anchor", value.address), cell(value.text), _origin(policy, value)) for value in values]
    return f"{heading}\n\n{table(('Clause', 'Value', 'Where'), rows)}"


def _origin(policy: Policy, value: Value) -> str:
    if value.default:
        return "*default*"
    return plain(f"{policy.path.name}:{value.line}")
