"""From YAML and a pydantic model to checked data, or to every violation: ``file:line: path: reason``, hint.

Policy, playbooks, case studies and the list of sessions are read with it, so that one mistake gets one
message. What a format says about its own keys is its :class:`Wording`; a hint about one kind of value
travels with the error that its type raises (``PydanticCustomError(..., {"hint": ...})``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from outage.errors import OutageError, Problems
from outage.source import Address, Source, nearest

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Model = TypeVar("Model", bound=BaseModel)

AN_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
ID_HINT = "an id has the letters a to z, digits and hyphens only"
TORN = "this text has a colon, and so was read as a key and a value"
LINK = ("is not a link", "write a whole link: https://...")
PAGE = (
    "is not the name of a page",
    "write it from the handbook's root and without an ending: process/review",
)

_ADDED = ("[key]", "Duration", "constrained-str", "nullable")
"""Parts that pydantic adds to a location for keys and unions."""

_REASONS = {
    "string_type": "this must be a text",
    "dict_type": "this must be a mapping of keys to values",
    "model_type": "this must be a mapping of keys to values",
    "list_type": "this must be a list",
    "tuple_type": "this must be a list",
    "int_type": "this must be a whole number",
    "int_parsing": "this must be a whole number",
    "bool_type": "this must be true or false",
    "bool_parsing": "this must be true or false",
    "string_too_short": "this may not be empty",
    "too_short": "this has too few entries",
    "too_long": "this has too many entries",
}
_EMPTY = "it is empty: what belongs to it stands on the lines below, two spaces further in; or remove it"
_SHAPES = {
    "dict_type": "write one 'key: value' a line, two spaces further in",
    "model_type": "write one 'key: value' a line, two spaces further in",
    "list_type": "put square brackets round it, commas between: [one, two]",
    "tuple_type": "put square brackets round it, commas between: [one, two]",
}


class Violation(NamedTuple):
    """A rule that a file breaks: where, why, and what to do."""

    at: Address
    reason: str
    hint: str | None = None


@dataclass(frozen=True)
class Wording:
    """What a format says about its own keys; the rest is the same for every file.

    Attributes:
        start: what to begin an empty file with.
        missing: hint for a required key, by its name.
        patterns: reason and hint for a value that doesn't fit its pattern, by the name of its key or of the
            key above it, perhaps with the top-level key before it (``events.at``).
        too_long: reason for a text that is too long.
        has_defaults: the loader fills in what the file leaves out, so that each value has an address.
    """

    start: str
    missing: Mapping[str, str] = field(default_factory=dict)
    patterns: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    too_long: str = "this is too long"
    has_defaults: bool = False


def require_mapping(source: Source, wording: Wording) -> dict[str, Any]:
    """Return the data of a file that is a mapping.

    Raises:
        Problems: it is empty, a list or a scalar.
    """
    if isinstance(source.data, dict):
        return source.data
    reason = "the file is empty" if source.data is None else "the file is not a mapping of keys to values"
    raise Problems([source.refuse((), reason, wording.start)])


def validate(model: type[Model], source: Source, wording: Wording, data: Any = None) -> Model:
    """Build a model from a file's data.

    Args:
        model: what the data must fit.
        source: the file; its lines are named.
        wording: what the format says about its own keys.
        data: the file's data with defaults filled in; None: as the file has them.

    Raises:
        Problems: every violation, in the order of the lines.
    """
    try:
        return model.model_validate(source.data if data is None else data)
    except ValidationError as error:
        found = _select_causes(source, error, wording)
    violations = [_describe(model, wording, at, item) for at, item in found.items()]
    raise make_problems(source, wording, violations)


def require_none(source: Source, wording: Wording, violations: Sequence[Violation]) -> None:
    """Raise Problems if there are violations, in the order of the lines."""
    if violations:
        raise make_problems(source, wording, violations)


def require_id(source: Source, name: str, what: str) -> None:
    """Raise Problems unless a file's or folder's name, which is an id, is spelt as ids are."""
    if not AN_ID.fullmatch(name):
        raise Problems([source.refuse((), f"{what}, and '{name}' is not one", ID_HINT)])


def make_problems(source: Source, wording: Wording, violations: Iterable[Violation]) -> Problems:
    """Join violations into one error, each once, in the order of the lines."""
    unique: dict[str, OutageError] = {}
    for at, reason, hint in violations:
        problem = source.refuse(at if wording.has_defaults else _locate(source, at), reason, hint)
        unique[str(problem)] = problem
    return Problems(sorted(unique.values(), key=lambda problem: problem.line or 0))


def _locate(source: Source, at: Address) -> Address:
    """Spell an address as the file does: a short form has no parts, and one value no place in a list."""
    value = source.data
    for end, part in enumerate(at):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, dict):
            return _locate(source, (*at[:end], *at[end + 1 :])) if part == "0" else at
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return at[:end]
    return at


def list_keys(model: type[BaseModel], at: Address) -> list[str]:
    """List the keys that a model allows at an address."""
    schema = node = _make_schema(model)
    for part in at:
        node = _resolve(schema, node)
        values = [*node.get("patternProperties", {}).values(), node.get("additionalProperties")]
        below = node.get("properties", {}).get(part) or next((v for v in values if isinstance(v, dict)), None)
        node = below or node  # an entry of a list: the object is found already
    return list(_resolve(schema, node).get("properties", {}))


@cache
def _make_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Make a model's schema once: that takes longer than all else that is said of a file."""
    return model.model_json_schema()


def _resolve(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Find the object behind a reference, in a list, or among alternatives."""
    options = [node, *node.get("anyOf", [])]
    for option in options:
        if "$ref" in option:
            return _resolve(schema, schema["$defs"][option["$ref"].rsplit("/", 1)[1]])
        if option.get("type") == "object":
            return dict(option)
    inner = [option.get("items") for option in options]
    return next((_resolve(schema, one) for one in inner if isinstance(one, dict)), node)


def _select_causes(source: Source, error: ValidationError, wording: Wording) -> dict[Address, ErrorDetails]:
    """Select one error a place: those a person can fix, not those that follow from another one."""
    items: dict[Address, ErrorDetails] = {}
    for item in error.errors(include_url=False):
        items.setdefault(_trim(item["loc"]), item)
    torn = {at[:-1] for at, item in items.items() if _is_torn(at, item)}
    causes = {
        at: item
        for at, item in items.items()
        if not any(at[:end] in items for end in range(1, len(at)))
        and not (item["type"] == "missing" and at[:-1] in torn)
        and not (wording.has_defaults and _is_derived(source, at, item))
    }
    return causes or items


def _trim(location: tuple[int | str, ...]) -> Address:
    """Make an address in the file from pydantic's location."""
    parts = [str(part) for part in location if part not in _ADDED]
    return tuple(part for part in parts if not part.startswith("function-"))


def _is_torn(at: Address, item: ErrorDetails) -> bool:
    """Return whether a sentence with a colon and without quotes was read as a mapping."""
    if item["type"] == "string_type" and isinstance(item["input"], dict):
        return True
    return item["type"] == "extra_forbidden" and " " in at[-1]


def _is_derived(source: Source, at: Address, item: ErrorDetails) -> bool:
    """Return whether an error is about a default that was made from something else in the file."""
    if at in source.lines or (item["type"] == "missing" and at[:-1] in source.lines):
        return False
    return _locate(source, at) == at


def _describe(model: type[BaseModel], wording: Wording, at: Address, item: ErrorDetails) -> Violation:
    """Describe one pydantic error in words."""
    kind, context = item["type"], item.get("ctx", {})
    if _is_torn(at, item):
        place = at[:-1] if kind == "extra_forbidden" else at
        return Violation(place, TORN, "put the whole text in quotes")
    if kind == "extra_forbidden":
        return Violation(at, "unknown key", nearest(at[-1], list_keys(model, at[:-1])))
    if kind == "missing":
        return Violation(at, "this is required and is missing", wording.missing.get(at[-1]))
    if kind == "literal_error":
        expected = [word.strip(" '") for word in context["expected"].replace(" or ", ", ").split(",")]
        reason = f"'{item['input']}' is not one of {context['expected']}"
        return Violation(at, reason, nearest(str(item["input"]), expected, "use one of these"))
    if kind.startswith("date_"):
        return Violation(at, "this is not a date", "write it as year-month-day, as in 2026-12-24")
    if kind == "string_pattern_mismatch":
        names = [name for part in reversed(at[-2:]) for name in (f"{at[0]}.{part}", part)]
        found = (wording.patterns[name] for name in names if name in wording.patterns)
        reason, hint = next(found, ("is not a valid id", ID_HINT))
        return Violation(at, f"'{item['input']}' {reason}", hint)
    if "hint" in context:
        return Violation(at, item["msg"], context["hint"])
    return _describe_shape(wording, at, item)


def _describe_shape(wording: Wording, at: Address, item: ErrorDetails) -> Violation:
    """Describe a value of the wrong shape."""
    kind, value = item["type"], item["input"]
    message = re.sub(r"^(Input|String|List|Value) should", "this must", item["msg"])
    reason = _REASONS.get(kind, message[:1].lower() + message[1:])
    if kind == "string_too_long":
        reason = wording.too_long
    is_scalar = isinstance(value, (int, float, bool))
    if is_scalar or value is None:
        reason += f", not {'nothing' if value is None else str(value).lower()}"
    hint = _EMPTY if value is None else _SHAPES.get(kind)
    return Violation(at, reason, "put it in quotes" if kind == "string_type" and is_scalar else hint)
