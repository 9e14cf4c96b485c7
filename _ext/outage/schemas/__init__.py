"""The published JSON Schemas of all formats, made from their models; the files are beside this one.

Write them anew with ``python -m outage.schemas``; a test holds the files to the models.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from outage.cases.models import StudyData
from outage.incident.record.event import FIELDS, MOST_N, VERSION
from outage.incident.record.kinds import KINDS as EVENT_KINDS
from outage.playbook.models import PlaybookData
from outage.policy.models import PolicyData
from outage.run.lines import KINDS as LINE_KINDS
from outage.run.lines import Envelope
from outage.runbook.meta import RunbookMeta
from outage.runbook.proof import Proof

Schema = dict[str, Any]

FOLDER = Path(__file__).parent
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TIME = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$"

_FILLED_IN = [
    "Incident",
    "AlertRule",
    "LargeScale",
    "Classification",
    "Role",
    "Audience",
    "StateDocument",
    "HandOver",
    "ReviewMeeting",
    "NewJoiners",
]
"""Parts of a policy whose keys the loader fills in."""
_SHORT = ("Company", "Severity", "Role", "Audience")
"""Parts of a policy that a bare text stands for."""


def make_policy_schema() -> Schema:
    """Make the schema of ``handbook.yml``: the models', loosened by defaults and short forms."""
    schema = _make(PolicyData, "The policy of an outage handbook (handbook.yml)")
    schema["required"] = ["company", "severities"]
    parts = schema["$defs"]
    for name in _FILLED_IN:
        parts[name].pop("required", None)
    parts["Severity"]["required"] = ["meaning"]
    for name in _SHORT:
        short: list[dict[str, Any]] = [{"type": "string", "minLength": 1}]
        if name == "Audience":
            short.append({"type": "null"})
        parts[name] = {"anyOf": [*short, parts[name]]}
    del parts["Channel"]["properties"]["same_as"]
    staffing = schema["properties"]["staffing"]
    staffing["additionalProperties"]["items"]["items"]["enum"].append("all")
    return schema


def make_playbook_schema() -> Schema:
    """Make the schema of ``playbooks/<id>.yml``; the short forms are in it."""
    schema = _make(PlaybookData, "A playbook of an outage handbook (playbooks/<id>.yml)")
    for node in (schema["properties"]["phases"], schema["$defs"]["Phase"]["properties"]["steps"]):
        node["additionalProperties"] = False  # a key that is not an id
    return schema


def make_case_schema() -> Schema:
    """Make the schema of ``case-studies/<id>/record.yml``; the short forms are in it."""
    schema = _make(StudyData, "The record of a case study (case-studies/<id>/record.yml)")
    marks = schema["$defs"]["RecordingData"]["properties"]["marks"]
    marks["additionalProperties"] = False  # a key that is not an id
    return schema


def make_runbook_schema() -> Schema:
    """Make the schema of a notebook's metadata under ``runbook``."""
    return _make(RunbookMeta, "The metadata 'runbook' of a notebook")


def make_proof_schema() -> Schema:
    """Make the schema of ``proof/<runbook>.json``."""
    return _make(Proof, "The proof of a runbook")


def make_journal_schema() -> Schema:
    """Make the schema of one line of ``journal.jsonl``: the envelope, and the data of each kind."""
    rules, definitions = _make_rules(LINE_KINDS)
    return {**_make(Envelope, "A line of journal.jsonl"), "$defs": definitions, "allOf": rules}


def make_event_schema() -> Schema:
    """Make the schema of one line of ``record.jsonl``: the envelope, and the data of each kind."""
    rules, definitions = _make_rules(EVENT_KINDS)
    time = {"type": "string", "format": "date-time", "pattern": _TIME}
    return {
        "$schema": _DIALECT,
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
            "kind": {"type": "string", "minLength": 1, "examples": list(EVENT_KINDS)},
            "data": {"type": "object"},
        },
        "allOf": rules,
        "$defs": definitions,
    }


def _make(model: type[BaseModel], title: str) -> Schema:
    return {**model.model_json_schema(), "$schema": _DIALECT, "title": title}


def _make_rules(kinds: Mapping[str, type[BaseModel]]) -> tuple[list[Schema], Schema]:
    """Make the rules that say which data goes with which kind, and the definitions that they refer to."""
    models = sorted(set(kinds.values()), key=lambda model: model.__name__)
    named, shared = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/$defs/{model}"
    )
    rules = [
        {
            "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
            "then": {"properties": {"data": named[model, "validation"]}},
        }
        for kind, model in kinds.items()
    ]
    return rules, shared["$defs"]


PUBLISHED = {
    "policy": make_policy_schema,
    "playbook": make_playbook_schema,
    "case": make_case_schema,
    "event": make_event_schema,
    "journal": make_journal_schema,
    "runbook": make_runbook_schema,
    "proof": make_proof_schema,
}
"""Each format's name, which is its file's, and what makes its schema."""


def locate(name: str) -> Path:
    """Return where a format's schema is."""
    return FOLDER / f"{name}.schema.json"


def format_schema(schema: Schema) -> str:
    """Format a schema as its file has it."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
