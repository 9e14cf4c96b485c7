"""Hostile text in every field of a format, found by the format's schema: a new field is planted by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from jsonschema import Draft202012Validator

TEXT = (
    "<img src=x onerror=window.ran=1><script>window.ran=2</script></script></textarea></title>"
    "<iframe srcdoc=x></iframe> [link](javascript:window.ran=3) <javascript:window.ran=4> \" ' `"
)
Address = tuple[str | int, ...]


def plant(schema: dict[str, Any], data: Any, accepts: Callable[[Any], bool]) -> tuple[Any, set[str]]:
    """Put the text wherever the format takes it.

    Args:
        schema: of the format.
        data: a valid document, as full as there is.
        accepts: whether a document is one of the format; a field that refuses the text cannot carry it.

    Returns:
        The document, and the names of the fields that hold the text now.
    """
    fields: dict[str, list[Address]] = {}
    for name, at in _places(schema, schema, data, "", ()):
        fields.setdefault(name, []).append(at)
    planted = set[str]()
    waiting = [list(fields)]
    while waiting:  # all at once, and of what is refused each half
        names = waiting.pop()
        candidate = deepcopy(data)
        for number, at in enumerate(at for name in names for at in fields[name]):
            _put(candidate, at, f"{TEXT} {number}")
        if accepts(candidate):
            data = candidate
            planted.update(names)
        elif len(names) > 1:
            waiting += [names[: len(names) // 2], names[len(names) // 2 :]]
    return data, planted


def _places(
    root: dict[str, Any], schema: dict[str, Any], data: Any, name: str, at: Address
) -> Iterator[tuple[str, Address]]:
    """Every text of the data that is free by the schema, and every free text that the data leave out."""
    for option in _options(root, schema, data):
        if isinstance(data, dict):
            known = option.get("properties", {})
            for key, inner in known.items():
                if key in data:
                    yield from _places(root, inner, data[key], f"{name}.{key}", (*at, key))
                elif _is_free(root, inner):
                    yield f"{name}.{key}", (*at, key)
            others = [*option.get("patternProperties", {}).values(), option.get("additionalProperties")]
            for inner in (one for one in others if isinstance(one, dict)):
                for key in data.keys() - known.keys():
                    yield from _places(root, inner, data[key], f"{name}.*", (*at, key))
        elif isinstance(data, list):
            for index, one in enumerate(data):
                yield from _places(root, option.get("items", {}), one, f"{name}[]", (*at, index))
        elif isinstance(data, str | None) and _is_text(option):
            yield name, at


def _options(root: dict[str, Any], schema: dict[str, Any], data: Any = None) -> Iterator[dict[str, Any]]:
    """The alternatives of a schema, references followed and conditions on the kind applied."""
    if "$ref" in schema:
        yield from _options(root, root["$defs"][schema["$ref"].rpartition("/")[2]], data)
        return
    yield schema
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        if "if" not in part:
            yield from _options(root, part, data)
        elif Draft202012Validator(part["if"]).is_valid(data):
            yield from _options(root, part.get("then", {}), data)


def _is_free(root: dict[str, Any], schema: dict[str, Any]) -> bool:
    return any(_is_text(option) for option in _options(root, schema))


def _is_text(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "string" and not {"enum", "const", "format", "pattern"} & schema.keys()


def _put(data: Any, at: Address, text: str) -> None:
    for part in at[:-1]:
        data = data[part]
    data[at[-1]] = text
