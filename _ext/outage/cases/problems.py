"""What is wrong with a case's record, in words: the place, the reason, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outage.cases.schema import keys_at
from outage.errors import OutageError, Problems
from outage.source import Address, Source, nearest

if TYPE_CHECKING:
    from pydantic import ValidationError

_ADDED = ("[key]", "constrained-str", "nullable")

_REASONS = {
    "string_type": "this must be a text",
    "dict_type": "this must be a mapping of keys to values",
    "model_type": "this must be a mapping of keys to values",
    "tuple_type": "this must be a list",
    "list_type": "this must be a list",
    "int_type": "this must be a whole number",
    "int_parsing": "this must be a whole number",
    "bool_type": "this must be true or false",
    "bool_parsing": "this must be true or false",
    "string_too_short": "this may not be empty",
    "string_too_long": "this is too long to be read aloud: say it shorter, or on the page",
    "too_short": "this has too few entries",
    "too_long": "this has too many entries",
}

_TORN = "this text has a colon, and so was read as a key and a value"
_TIME_KEYS = ("at", "from", "until", "between", "on")
_TIME_HINT = "write 2012-08-01 09:30, perhaps with a zone (Z or -04:00); or 2012-08-01, 2012-08 or 2012"

_PATTERNS = {
    "page": ("is not the name of a page", "write it from the handbook's root, no ending: process/review"),
    "clause": ("is not an address of the policy", "write severities.highest.commander"),
    "key": ("is not the key of a work", "write it as bibliography.bib does: sec-34-70694"),
    "link": ("is not a link", "write a whole link: https://..."),
    "recording": ("is not a link", "write a whole link: https://..."),
    "file": ("is not the name of a file beside the record", "put it there, and name it without a folder"),
    "policy": ("is neither 'sample' nor a policy beside the record", "write sample, or policy.yml"),
}

_MISSING = {
    "title": "say what people call it",
    "summary": "say what happened, in a sentence or two that give no decision away",
    "zone": "name the local time of the place, as IANA does: America/New_York",
    "teaches": "say in a sentence what one learns from it",
    "best_for": "say for whom it is, in a few words",
    "minutes": "say how long a group takes to walk through it",
    "events": "add the events, in order",
    "why": "say by which criterion",
    "words": "say how it speaks to the decision, in a sentence",
}


def shape_problems(source: Source, error: ValidationError) -> Problems:
    """What pydantic refused, in a case's own words and in the order of the file's lines."""
    items = {_inside(item["loc"]): item for item in error.errors(include_url=False)}
    outermost = [
        item for at, item in items.items() if not any(at[:end] in items for end in range(1, len(at)))
    ]
    return in_order([_problem(source, item) for item in outermost])


def in_order(problems: list[OutageError]) -> Problems:
    """Several problems as one, each told once, by line."""
    unique = {str(problem): problem for problem in problems}
    return Problems(sorted(unique.values(), key=lambda problem: problem.line or 0))


def refused(source: Source, at: Address, reason: str, hint: str | None = None) -> OutageError:
    """A refusal of the nearest place that the file has: a short form has no parts."""
    while at not in source.lines and len(at) > 1:
        at = at[:-1]
    return source.refuse(at, reason, hint)


def _inside(location: tuple[int | str, ...]) -> Address:
    parts = [str(part) for part in location if part not in _ADDED]
    return tuple(part for part in parts if not part.startswith("function-"))


def _problem(source: Source, item: Any) -> OutageError:
    at, kind = _inside(item["loc"]), item["type"]
    if kind == "extra_forbidden" and " " in at[-1]:
        return refused(source, at[:-1], _TORN, "put the whole text in quotes")
    if kind == "string_type" and isinstance(item["input"], dict):
        return refused(source, at, _TORN, "put the whole text in quotes")
    if kind == "extra_forbidden":
        return source.refuse(at, "unknown key", nearest(at[-1], keys_at(at[:-1])))
    if kind == "missing":
        return source.refuse(at, "this is required and is missing", _MISSING.get(at[-1]))
    if kind == "literal_error":
        expected = item["ctx"]["expected"]
        words = [one.strip(" '") for one in expected.replace(" or ", ", ").split(",")]
        hint = nearest(str(item["input"]), words, "use one of these")
        return refused(source, at, f"'{item['input']}' is not one of {expected}", hint)
    if kind == "string_pattern_mismatch":
        return _mismatch(source, at, item)
    reason = _REASONS.get(kind, str(item["msg"]).lower())
    value = item["input"]
    if isinstance(value, (int, float, bool)) or value is None:
        reason += f", not {'nothing' if value is None else str(value).lower()}"
    return refused(source, at, reason)


def _mismatch(source: Source, at: Address, item: Any) -> OutageError:
    value = f"'{item['input']}'"
    if any(part in _TIME_KEYS for part in at[-2:]) and at[0] == "events":
        return refused(source, at, f"{value} is not a time", _TIME_HINT)
    if at[-2:-1] == ("marks",):
        return refused(
            source, at, f"{value} is not an offset", "write minutes and seconds: 12:30, or 1:02:30"
        )
    reason, hint = _PATTERNS.get(at[-1], ("is not a valid id", "small letters, digits and hyphens only"))
    return refused(source, at, f"{value} {reason}", hint)
