"""From ``playbooks/<id>.yml`` to a :class:`Playbook`, or to every problem in it at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from outage.errors import OutageError, Problems
from outage.playbook.models import Playbook, PlaybookData
from outage.playbook.rules import broken_rules
from outage.playbook.schema import keys_at
from outage.source import Address, Source, nearest, read_yaml

if TYPE_CHECKING:
    from outage.policy import Policy

FOLDER = "playbooks"
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ADDED = ("[key]", "constrained-str", "nullable")
"""Parts that pydantic adds to a location for keys and unions."""


def find_playbooks(root: Path) -> list[Path]:
    """The files of a handbook's playbooks, in the order of their names."""
    return sorted((root / FOLDER).glob("*.yml"))


def load_playbook(path: Path, policy: Policy, root: Path, shown: Path | None = None) -> Playbook:
    """Read and check a playbook.

    Args:
        path: the file.
        policy: what its addresses and conditions are about.
        root: the handbook's folder, where its links lead.
        shown: its name in messages; when None, relative to ``root`` if it is below it.

    Raises:
        Problems: everything that is wrong with it, in the order of its lines; exit code 2.
    """
    shown = shown or (path.relative_to(root) if path.is_relative_to(root) else path)
    return build(read_yaml(path, shown), path.stem, policy, root)


def build(source: Source, name: str, policy: Policy, root: Path) -> Playbook:
    """A playbook from YAML that was read; raises as :func:`load_playbook`."""
    if not _ID.fullmatch(name):
        reason = f"the file's name is the playbook's id, and '{name}' is none"
        raise Problems([source.refuse((), reason, "small letters, digits and hyphens only")])
    if not isinstance(source.data, dict):
        reason = "the file is empty" if source.data is None else "the file is not a mapping of settings"
        raise Problems([source.refuse((), reason, "start with 'name:', 'summary:' and 'phases:'")])
    try:
        data = PlaybookData.model_validate(source.data)
    except ValidationError as error:
        raise Problems(_in_order([_problem(source, item) for item in _outermost(error)])) from None
    broken = broken_rules(data, policy, root)
    if broken:
        raise Problems(_in_order([_refused(source, *item) for item in broken]))
    return Playbook.model_validate({"id": name, **source.data})


def _outermost(error: ValidationError) -> list[Any]:
    """One error for each place: not those of parts below another one, nor what follows from a colon."""
    items = {_inside(item["loc"]): item for item in error.errors(include_url=False)}
    torn = {at[:-1] for at, item in items.items() if _is_torn_text(at, item)}
    return [
        item
        for at, item in items.items()
        if not any(at[:end] in items for end in range(1, len(at)))
        and not (item["type"] == "missing" and at[:-1] in torn)
    ]


def _is_torn_text(at: Address, item: Any) -> bool:
    """Whether an unknown key is the beginning of a sentence that has a colon and no quotes."""
    return item["type"] == "extra_forbidden" and " " in at[-1]


def _in_order(problems: list[OutageError]) -> list[OutageError]:
    unique = {str(problem): problem for problem in problems}
    return sorted(unique.values(), key=lambda problem: problem.line or 0)


def _inside(location: tuple[int | str, ...]) -> Address:
    parts = [str(part) for part in location if part not in _ADDED]
    return tuple(part for part in parts if not part.startswith("function-"))


def _refused(source: Source, at: Address, reason: str, hint: str | None = None) -> OutageError:
    """A refusal that names the place as the file writes it: a short form has no parts."""
    while at not in source.lines and len(at) > 1:
        at = at[:-1]
    return source.refuse(at, reason, hint)


_REASONS = {
    "string_type": "this must be a text",
    "dict_type": "this must be a mapping of keys to values",
    "model_type": "this must be a mapping of settings",
    "list_type": "this must be a list",
    "bool_type": "this must be true or false",
    "bool_parsing": "this must be true or false",
    "string_too_short": "this may not be empty",
    "string_too_long": "this is too long for a checklist: say it on a page, and link to it",
    "too_short": "this has too few entries",
}


def _problem(source: Source, item: Any) -> OutageError:
    """One pydantic error in a playbook's own words."""
    at, kind = _inside(item["loc"]), item["type"]
    if _is_torn_text(at, item):
        reason = "this text has a colon, and so was read as a key and a value"
        return _refused(source, at[:-1], reason, "put the whole text in quotes")
    if kind == "extra_forbidden":
        return source.refuse(at, "unknown key", nearest(at[-1], keys_at(at[:-1])))
    if kind == "missing":
        return source.refuse(at, "this is required and is missing", _MISSING.get(at[-1]))
    if kind == "literal_error":
        word, expected = str(item["input"]), item["ctx"]["expected"]
        words = [one.strip(" '") for one in expected.replace(" or ", ", ").split(",")]
        return _refused(
            source, at, f"'{word}' is not one of {expected}", nearest(word, words, "use one of these")
        )
    if kind == "string_pattern_mismatch" and at[-1] == "page":
        hint = "write it from the handbook's root and without an ending: process/review"
        return _refused(source, at, f"'{item['input']}' is not the name of a page", hint)
    if kind == "string_pattern_mismatch":
        return _refused(
            source, at, f"'{item['input']}' is not a valid id", "small letters, digits and hyphens only"
        )
    value = item["input"]
    if kind == "model_type" and at[-1].isdigit():  # an entry of a list of texts, perhaps the only one
        kind = "string_type"
    reason = _REASONS.get(kind, str(item["msg"]).lower())
    if isinstance(value, (int, float, bool)) or value is None:
        reason += f", not {'nothing' if value is None else str(value).lower()}"
    return _refused(source, at, reason)


_MISSING = {
    "owner": "name the role that sees to it: incident-commander, operations-lead, expert ...",
    "good": "say what it looks like when it was done well",
    "text": "say what to do, as an order",
    "goal": "say what this phase is for, in a sentence",
    "phases": "a playbook has phases, and a phase has steps",
    "steps": "a phase has at least one step",
    "name": "say what people call it",
    "summary": "say in a sentence what it is for",
}
