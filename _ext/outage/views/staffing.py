"""Who holds what when so many people are awake."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from outage.text import joined
from outage.views.markup import blocks, ref

if TYPE_CHECKING:
    from outage.policy import Policy
    from outage.policy.vocabulary import RoleId


def staffing(policy: Policy) -> str:
    """A heading for each number of people that policy names, fewest first, and one item a person below it.

    People who hold the same roles share an item, and those whom the row leaves free are counted.
    """
    return blocks(_row(count, policy.staffing[count]) for count in sorted(policy.staffing))


def _row(count: int, people: list[list[RoleId]]) -> str:
    items = [_item(held, len(list(same))) for held, same in groupby(people)]
    listed = "\n".join(f"- {item}" for item in items)
    return blocks((f"### {_people(count)} awake", listed, _free(count - len(people))))


def _item(held: list[RoleId], same: int) -> str:
    roles = joined([ref("role", role) for role in held])
    return roles if same == 1 else f"{_people(same)}, each: {roles}"


def _free(left: int) -> str:
    if left == 0:
        return ""
    if left == 1:
        return "The other one holds no role: free for the next task, or resting for the next shift."
    return f"The other {left} hold no role: free for the next task, or resting for the next shift."


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"
