"""The published JSON Schema of a playbook: ``outage/schemas/playbook.schema.json``.

``python -m outage.playbook.schema`` writes it anew; a test holds the file to the models.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from outage.playbook.models import PlaybookData
from outage.source import Address

PATH = Path(__file__).parents[1] / "schemas" / "playbook.schema.json"


def text() -> str:
    """The file's content."""
    return json.dumps(playbook_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")


@cache
def playbook_schema() -> dict[str, Any]:
    """The schema as plain data (JSON Schema 2020-12); the short forms are in it."""
    schema = PlaybookData.model_json_schema(mode="validation")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    for node in (schema["properties"]["phases"], schema["$defs"]["Phase"]["properties"]["steps"]):
        node["additionalProperties"] = False  # a key that is no id
    schema["title"] = "A playbook of an outage handbook (playbooks/<id>.yml)"
    return schema


def keys_at(address: Address) -> list[str]:
    """Keys that may stand at an address."""
    schema = playbook_schema()
    node = schema
    for part in address:
        node = _object(schema, node)
        values = [*node.get("patternProperties", {}).values(), node.get("additionalProperties")]
        below = node.get("properties", {}).get(part) or next((v for v in values if isinstance(v, dict)), None)
        node = below or node  # an entry of a list: the object is found already
    return list(_object(schema, node).get("properties", {}))


def _object(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """The object behind a reference, in a list, or among alternatives."""
    for option in (node, *node.get("anyOf", [])):
        if "$ref" in option:
            return _object(schema, schema["$defs"][option["$ref"].rsplit("/", 1)[1]])
        if option.get("type") == "object":
            return dict(option)
    inner = [option.get("items") for option in (node, *node.get("anyOf", []))]
    return next((_object(schema, one) for one in inner if isinstance(one, dict)), node)
