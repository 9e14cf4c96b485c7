"""Policy addresses as playbooks write them: two words stand for ids that only the company knows.

``severity.cadence.customers`` is about the incident's severity (on a page, the playbook's own).
``escalation.after`` is about the escalation that a step is repeated for (``each: escalations``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from outage.errors import Refused
from outage.policy import Duration
from outage.policy.models import PolicyData
from outage.policy.quote import KINDS
from outage.source import nearest

if TYPE_CHECKING:
    from outage.policy import Policy

ROLES = (*KINDS, "runbook")
"""Roles that a step's text may hold."""

_ROLE = re.compile(r"\{([a-zA-Z][\w:-]*)\}(`+)(.+?)\2(?!`)")


@dataclass(frozen=True)
class Scope:
    """What the two words stand for.

    Attributes:
        severity: id of a severity.
        escalation: id of an escalation, or None where a step stands for none.
        per_severity: whether that escalation has a length of time for each severity.
    """

    severity: str
    escalation: str | None = None
    per_severity: bool = False

    def address(self, written: str) -> str:
        """Resolve the policy's own address; raises Refused where ``escalation`` has no meaning."""
        head, dot, rest = written.partition(".")
        if head == "severity":
            return f"severities.{self.severity}{dot}{rest}"
        if head == "escalation":
            if self.escalation is None:
                raise Refused(
                    f"'{written}' stands for no escalation here", hint="add 'each: escalations' to the step"
                )
            rest = f"after.{self.severity}" if rest == "after" and self.per_severity else rest
            return f"escalations.{self.escalation}{dot}{rest}"
        return written

    def command(self, written: str) -> str:
        """Fill in the escalation's id in a command."""
        return written.replace("{escalation}", self.escalation or "{escalation}")

    def text(self, written: str, policy: Policy) -> str:
        """MyST with both words filled in; ``{contact}`` of a list of contacts names each of them."""
        return _ROLE.sub(lambda found: self._role(found[0], found[1], found[3], policy), written)

    def _role(self, whole: str, kind: str, target: str, policy: Policy) -> str:
        if target == "severity":
            return f"{{{kind}}}`{self.severity}`"
        address = self.address(target)
        if kind == "contact" and "." in address:
            named = policy.at(address).raw
            if isinstance(named, list):
                return ", then ".join(f"{{contact}}`{one}`" for one in named)
        return whole if address == target else f"{{{kind}}}`{address}`"


def find_roles(text: str) -> Iterator[tuple[str, str]]:
    """Kind and target of each role in a text, in order, whether known or not."""
    for found in _ROLE.finditer(text):
        yield found[1], found[3]


def get_length(policy: Policy, address: str) -> Duration | None:
    """Return the length of time at an address; None where the policy says none.

    Raises:
        Refused: there is no such value, or it is no length of time.
    """
    raw = policy.at(address).raw
    if raw is None or isinstance(raw, Duration):
        return raw
    raise Refused(f"'{address}' is no length of time", hint=_list_lengths_below(policy, address))


def _list_lengths_below(policy: Policy, address: str) -> str | None:
    below = [
        at
        for at, value in policy.values().items()
        if at.startswith(f"{policy.canonical(address)}.") and isinstance(value.raw, Duration)
    ]
    more = ", ..." if len(below) > 3 else ""
    return f"lengths of time below it: {', '.join(below[:3])}{more}" if below else None


def check_possible(address: str) -> None:
    """Refuse an address that no policy could have; a company's own ids may be anything."""
    schema, node = _schema(), _schema()
    above = "the policy"
    for part in address.split("."):
        node = _resolved(schema, node)
        known = node.get("properties") or dict.fromkeys(node.get("propertyNames", {}).get("enum", []))
        if (known and part not in known) or not _holds_keys(node):
            hint = nearest(part, [str(key) for key in known])
            raise Refused(f"policy address '{address}': {above} has no '{part}'", hint=hint)
        node = (known or {}).get(part) or _any_value(node)
        above = f"'{part}'"


def _holds_keys(node: dict[str, Any]) -> bool:
    return any(key in node for key in ("properties", "additionalProperties", "patternProperties"))


def _any_value(node: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of any entry of a mapping."""
    values = [*node.get("patternProperties", {}).values(), node.get("additionalProperties")]
    return next((value for value in values if isinstance(value, dict)), {})


@cache
def _schema() -> dict[str, Any]:
    return PolicyData.model_json_schema()


def _resolved(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Return the object behind a reference, or among alternatives."""
    for option in (node, *node.get("anyOf", [])):
        if "$ref" in option:
            return dict(schema["$defs"][option["$ref"].rsplit("/", 1)[1]])
        if _holds_keys(option):
            return dict(option)
    return node
