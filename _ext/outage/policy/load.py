"""From ``handbook.yml`` to a :class:`Policy`, or to every problem in it at once."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from outage.errors import OutageError, Problems
from outage.policy.defaults import with_defaults
from outage.policy.models import PolicyData
from outage.policy.policy import Policy
from outage.policy.rules import broken_rules
from outage.secrets import FORMS
from outage.source import Address, Source, nearest, parse_yaml, read_yaml

_DURATION_HINT = "write 20m, 1h, 1h30m, 2 days or 3 business days"


def load_policy(path: Path, shown: Path | None = None) -> Policy:
    """Read and check a policy file.

    Args:
        path: the file, usually ``handbook.yml``.
        shown: its name in messages; when None, relative to the current folder if it is below it.

    Raises:
        Problems: everything that is wrong with it, in the order of its lines; exit code 2.
    """
    return _build(read_yaml(path, shown or _short(path)))


def parse_policy(text: str, shown: Path = Path("handbook.yml")) -> Policy:
    """A policy from text; raises as :func:`load_policy`."""
    return _build(parse_yaml(text, shown))


def _short(path: Path) -> Path:
    try:
        return path.resolve().relative_to(Path.cwd().resolve())
    except ValueError:
        return path


def _build(source: Source) -> Policy:
    if not isinstance(source.data, dict):
        reason = "the file is empty" if source.data is None else "the file is not a mapping of settings"
        raise Problems([source.refuse((), reason, "start with 'company:' and 'severities:'; see examples/")])
    data = with_defaults(source.data)
    try:
        policy = Policy.model_validate(data)
    except ValidationError as error:
        raise Problems(_in_order(_causes(source, error))) from None
    broken = broken_rules(policy)
    if broken:
        raise Problems(_in_order([source.refuse(*item) for item in broken]))
    policy.remember(source)
    return policy


def _causes(source: Source, error: ValidationError) -> list[OutageError]:
    """The errors a person can fix: not those that follow from another one.

    A fault in the file may also break defaults derived from it, and parts below it.
    """
    items = {_inside(item["loc"]): item for item in error.errors(include_url=False)}
    below = [at for at in items if any(at[:end] in items for end in range(1, len(at)))]
    derived = [
        at
        for at, item in items.items()
        if at not in source.lines
        and not (item["type"] == "missing" and (len(at) == 1 or (at[:-1] in source.lines)))
    ]
    causes = {at: item for at, item in items.items() if at not in below and at not in derived}
    return [_problem(source, at, item) for at, item in (causes or items).items()]


def _in_order(problems: list[OutageError]) -> list[OutageError]:
    unique = {str(problem): problem for problem in problems}
    return sorted(unique.values(), key=lambda problem: problem.line or 0)


def _problem(source: Source, at: Address, item: Any) -> OutageError:
    """One pydantic error in the policy's own words."""
    kind = item["type"]
    if at == ("audiences", "responders") and item["input"] is None:
        hint = "whoever fixes it is always told; its name and channel are yours"
        return source.refuse(at, "this audience cannot be left out", hint)
    if kind == "extra_forbidden":
        return source.refuse(at, "unknown key", nearest(at[-1], _siblings(at[:-1])))
    if kind == "missing":
        return source.refuse(at, "this is required and is missing", _missing_hint(at))
    if kind == "literal_error":
        shown = f"'{item['input']}' is not one of {item['ctx']['expected']}"
        return source.refuse(at, shown, _literal_hint(item))
    if kind == "duration":
        return source.refuse(at, item["msg"], _DURATION_HINT)
    if kind == "secret_reference":
        hint = f"write {FORMS}, and keep the URL there: this file is published"
        return source.refuse(at, item["msg"], hint)
    if kind == "timezone":
        return source.refuse(at, item["msg"], "write it as the IANA names it, for example Europe/London")
    if kind == "placeholder":
        return source.refuse(at, item["msg"], "known here: {incident}, {division}, {area}")
    if kind.startswith("date_"):
        return source.refuse(at, "this is not a date", "write it as year-month-day, as in 2026-12-24")
    if kind == "string_pattern_mismatch":
        return _pattern_problem(source, at, item)
    return source.refuse(at, _plain_reason(item), _shape_hint(item))


def _inside(location: tuple[int | str, ...]) -> Address:
    """The address in the file: pydantic's location without the parts it adds for keys and unions."""
    added = ("[key]", "Duration", "constrained-str", "nullable")
    parts = [str(part) for part in location if part not in added]
    return tuple(part for part in parts if not part.startswith("function-"))


def _plain_reason(item: Any) -> str:
    words = {
        "string_type": "this must be a text",
        "dict_type": "this must be a mapping of keys to values",
        "model_type": "this must be a mapping of settings",
        "list_type": "this must be a list",
        "tuple_type": "this must be a list",
        "int_type": "this must be a whole number",
        "int_parsing": "this must be a whole number",
        "bool_type": "this must be true or false",
        "bool_parsing": "this must be true or false",
        "string_too_short": "this may not be empty",
        "too_short": "this has too few entries",
    }
    message = re.sub(r"^(Input|String|List|Value) should", "this must", str(item["msg"]))
    reason = words.get(item["type"], message[:1].lower() + message[1:])
    value = item["input"]
    if isinstance(value, (int, float, bool)) or value is None:
        reason += f", not {'nothing' if value is None else str(value).lower()}"
    return reason


def _shape_hint(item: Any) -> str | None:
    """What to write where a value has the wrong shape."""
    kind, value = item["type"], item["input"]
    if value is None:
        return (
            "it is empty: what belongs to it stands on the lines below, two spaces further in; or remove it"
        )
    hints = {
        "string_type": "put it in quotes" if isinstance(value, (int, float, bool)) else None,
        "dict_type": "write one 'key: value' a line, two spaces further in; examples/ has one of each",
        "model_type": "write one 'key: value' a line, two spaces further in; examples/ has one of each",
        "list_type": "put square brackets round it, commas between: [one, two]",
        "tuple_type": "put square brackets round it, commas between: [one, two]",
    }
    return hints.get(kind)


def _pattern_problem(source: Source, at: Address, item: Any) -> OutageError:
    name = at[-1] if at else ""
    hints = {
        "link": ("this is not a link", "write a whole link: https://..., mailto:... or tel:..."),
        "phone": ("this is not a telephone number", "digits, spaces and + ( ) . / - only"),
        "country": ("this is not a country code", "two capital letters, as in GB or DE"),
        "site": ("this is not a web address", "write a whole link: https://..."),
    }
    if at[:2] == ("alerts", "elsewhere"):
        hint = "write the alert's name; * may stand at its end, as in Kube*"
        return source.refuse(at, f"'{item['input']}' is not the name of an alert", hint)
    an_id = (
        f"'{item['input']}' is not a valid id",
        "an id has the letters a to z, digits and hyphens only; the name beside it may be anything",
    )
    reason, hint = hints.get(name, an_id)
    return source.refuse(at, reason, hint)


def _literal_hint(item: Any) -> str | None:
    expected = [word.strip(" '") for word in item["ctx"]["expected"].replace(" or ", ", ").split(",")]
    return nearest(str(item["input"]), expected, "use one of these")


def _missing_hint(at: Address) -> str | None:
    required: dict[Address, str] = {
        ("company",): "add 'company: {name: ..., timezone: ...}'",
        ("severities",): "add at least one severity, worst first",
    }
    return required.get(at)


def _siblings(at: Address) -> list[str]:
    """Keys that the schema allows at an address."""
    schema = node = _schema()
    for part in at:
        node = _resolved(schema, node)
        patterns = node.get("patternProperties", {}).values()
        values = [*patterns, node.get("additionalProperties"), node.get("items")]
        node = node.get("properties", {}).get(part) or next((v for v in values if isinstance(v, dict)), {})
    return list(_resolved(schema, node).get("properties", {}))


@cache
def _schema() -> dict[str, Any]:
    """The schema, made once: that takes longer than all else that is said of a file."""
    return TypeAdapter(PolicyData).json_schema()


def _resolved(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """The node behind a reference, or the object among alternatives."""
    for option in (node, *node.get("anyOf", [])):
        if "$ref" in option:
            found: dict[str, Any] = schema["$defs"][option["$ref"].rsplit("/", 1)[1]]
            return found
    return node
