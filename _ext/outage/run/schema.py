"""The published JSON Schemas of a runbook's metadata, of a journal's lines and of a proof.

Write them anew with ``python -m outage.run.schema``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import outage
from outage.run.lines import KINDS, Envelope
from outage.runbook.meta import RunbookMeta
from outage.runbook.proof import Proof

_FOLDER = Path(outage.__file__).parent / "schemas"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def journal_schema() -> dict[str, Any]:
    """Schema of one line: the envelope, and the data of each kind that we know."""
    from pydantic.json_schema import models_json_schema

    models: list[Any] = [(model, "validation") for model in KINDS.values()]
    refs, definitions = models_json_schema(models, ref_template="#/$defs/{model}")
    schema = Envelope.model_json_schema()
    schema |= {"$schema": _DIALECT, "title": "A line of journal.jsonl", "$defs": definitions["$defs"]}
    schema["allOf"] = [
        {
            "if": {"properties": {"kind": {"const": kind}}},
            "then": {"properties": {"data": refs[(model, "validation")]}},
        }
        for kind, model in KINDS.items()
    ]
    return schema


def runbook_schema() -> dict[str, Any]:
    """Schema of a notebook's metadata under ``runbook``."""
    schema = RunbookMeta.model_json_schema()
    return {**schema, "$schema": _DIALECT, "title": "The metadata 'runbook' of a notebook"}


def proof_schema() -> dict[str, Any]:
    """Schema of ``proof/<runbook>.json``."""
    return {**Proof.model_json_schema(), "$schema": _DIALECT, "title": "The proof of a runbook"}


PUBLISHED = {
    _FOLDER / "journal.schema.json": journal_schema,
    _FOLDER / "runbook.schema.json": runbook_schema,
    _FOLDER / "proof.schema.json": proof_schema,
}


def text(schema: dict[str, Any]) -> str:
    """A schema as it stands in its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for path, make in PUBLISHED.items():
        path.write_text(text(make()), encoding="utf-8")
