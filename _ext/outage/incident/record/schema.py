"""The published JSON Schema of one line of a record: ``outage/schemas/event.schema.json``.

``python -m outage.incident.record.schema`` writes it anew; a test holds the file to these models.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from outage.incident.record.event import FIELDS, MOST_N, VERSION
from outage.incident.record.kinds import KINDS

PATH = Path(__file__).parents[2] / "schemas" / "event.schema.json"
_TIME = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$"


def event_schema() -> dict[str, Any]:
    """The schema: the envelope of every event, and the data of each kind that we know."""
    models = sorted(set(KINDS.values()), key=lambda model: model.__name__)
    named, shared = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/$defs/{model}"
    )
    references = {model: named[model, "validation"] for model in models}
    time = {"type": "string", "format": "date-time", "pattern": _TIME}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "One event of an incident's record (one line of record.jsonl)",
        "description": (
            "Readers keep keys and kinds that they do not know. Events are read in order of "
            "(at, recorded, id), and an id counts once. Between two changes of one value that were "
            "written as they happened (recorded is not after at), the higher n holds, then the later "
            "(recorded, id)."
        ),
        "type": "object",
        "required": list(FIELDS),
        "properties": {
            "v": {"const": VERSION, "description": "version of this format"},
            "id": {"type": "string", "minLength": 1, "description": "a UUID"},
            "at": {**time, "description": "when it happened"},
            "recorded": {**time, "description": "when it was written down"},
            "n": {
                "type": "integer",
                "minimum": 0,
                "maximum": MOST_N,
                "description": "one more than the largest n that its writer had read; absent: 0",
            },
            "by": {"type": "string", "description": "who recorded it, as they said; not authenticated"},
            "writer": {"type": "string", "description": "the program that wrote the line"},
            "kind": {"type": "string", "minLength": 1, "examples": list(KINDS)},
            "data": {"type": "object"},
        },
        "allOf": [_rule(kind, references[model]) for kind, model in KINDS.items()],
        "$defs": shared["$defs"],
    }


def _rule(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
        "then": {"properties": {"data": data}},
    }


def text() -> str:
    """The file's content."""
    return json.dumps(event_schema(), indent=2) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
