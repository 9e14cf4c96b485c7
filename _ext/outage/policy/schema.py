"""The published JSON Schema of ``handbook.yml``, for editors and other tools.

It is made from the models, loosened where the loader fills in a default or accepts a
short form. Print it with ``python -m outage.policy.schema``.
"""

from __future__ import annotations

import json
from typing import Any

from outage.policy.models import PolicyData

_FILLED = [
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
_SHORT = ("Company", "Severity", "Role", "Audience")


def policy_schema() -> dict[str, Any]:
    """The schema as plain data (JSON Schema 2020-12)."""
    schema = PolicyData.model_json_schema(mode="validation")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "The policy of an outage handbook (handbook.yml)"
    schema["required"] = ["company", "severities"]
    parts = schema["$defs"]
    for name in _FILLED:
        parts[name].pop("required", None)
    parts["Severity"]["required"] = ["meaning"]
    for name in _SHORT:
        short: list[dict[str, Any]] = [{"type": "string", "minLength": 1}]
        if name == "Audience":
            short.append({"type": "null"})
        parts[name] = {"anyOf": [*short, parts[name]]}
    del parts["Channel"]["properties"]["same_as"]
    staffing = schema["properties"]["staffing"]
    names = next(iter(staffing["patternProperties"].values())) if "patternProperties" in staffing else None
    names = names or staffing["additionalProperties"]
    names["items"]["items"]["enum"].append("all")
    return schema


def as_text() -> str:
    """The schema as it stands in ``schemas/policy.schema.json``."""
    return json.dumps(policy_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(as_text(), end="")
