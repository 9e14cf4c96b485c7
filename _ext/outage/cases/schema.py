"""The published JSON Schema of a case's record: ``outage/schemas/case.schema.json``.

``python -m outage.cases.schema`` writes it anew; a test holds the file to the models.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from outage.cases.models import StudyData
from outage.source import Address

PATH = Path(__file__).parents[1] / "schemas" / "case.schema.json"


def text() -> str:
    """The file's content."""
    return json.dumps(case_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")


@cache
def case_schema() -> dict[str, Any]:
    """The schema as plain data (JSON Schema 2020-12); the short forms are in it."""
    schema = StudyData.model_json_schema(mode="validation")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "The record of a case study (case-studies/<id>/record.yml)"
    marks = schema["$defs"]["RecordingData"]["properties"]["marks"]
    marks["additionalProperties"] = False  # a key that is no id
    return schema


def keys_at(address: Address) -> list[str]:
    """Keys that may stand at an address."""
    schema = case_schema()
    node = schema
    for part in address:
        node = _object(schema, node)
        if not part.isdigit():
            node = node.get("properties", {}).get(part, {})
    return list(_object(schema, node).get("properties", {}))


def _object(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """The object behind a reference, in a list, or among alternatives."""
    for option in (node, *node.get("anyOf", [])):
        if "$ref" in option:
            found: dict[str, Any] = schema["$defs"][option["$ref"].rsplit("/", 1)[1]]
            return found
        if isinstance(option.get("items"), dict):
            return _object(schema, option["items"])
    return node
