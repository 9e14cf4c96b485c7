"""The published schema of an event agrees with the models that writers are checked against."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from outage.incident.record import read
from outage.incident.record.kinds import KINDS, explain_refusal
from outage.incident.record.store import read_bytes
from outage.schemas import make_event_schema

GOLDEN = Path(__file__).parent / "golden" / "incident.jsonl"
VALIDATOR = jsonschema.Draft202012Validator(make_event_schema())


def whole_lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in GOLDEN.read_text().splitlines() if line.endswith("}")]


@pytest.mark.parametrize("line", whole_lines(), ids=lambda line: f"{line['kind']}-{line['id'][:8]}")
def test_it_accepts_every_golden_line(line: dict[str, Any]) -> None:
    VALIDATOR.validate(line)


def test_the_golden_record_has_every_kind() -> None:
    assert set(KINDS) <= {line["kind"] for line in whole_lines()}


def test_it_accepts_what_is_appended(tmp_path: Path) -> None:
    from outage.incident.record import append

    append(tmp_path, "note", {"text": "x"}, by="Ines")
    append(tmp_path, "role", {"role": "scribe", "person": "Bo"}, by="Ines")
    for line in (tmp_path / "record.jsonl").read_text().splitlines():
        VALIDATOR.validate(json.loads(line))
    assert len(read(tmp_path).events) == 2


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(
    "data",
    [
        {},
        {"text": "x"},
        {"text": ""},
        {"text": 7},
        {"text": "x", "more": [1]},
        {"role": "scribe", "person": "Bo"},
        {"role": "cook", "person": "Bo"},
        {"audience": "customers", "text": "x"},
        {"audience": "press", "text": "x"},
        {"stage": "closed"},
        {"stage": "over"},
        {"scope": "area", "severity": "sev1"},
        {"title": "x", "drill": True},
        {"title": "x", "drill": True, "scope": "galaxy"},
        {"event": "abc", "text": "x"},
        {"run": "r", "runbook": "b", "mode": "plan", "state": "s"},
        {"run": "r", "runbook": "b", "mode": "try", "state": "s"},
        {"playbook": "p"},
        {"playbook": "p", "state": "started"},
        {"playbook": "p", "step": "s", "state": "done"},
        {"playbook": "p", "state": "done"},
        {"playbook": "p", "step": None, "state": "done"},
        {"playbook": "p", "step": "s", "state": "skipped"},
        {"playbook": "p", "step": "s", "state": "skipped", "why": "It is our own"},
        {"playbook": "p", "step": "s", "state": "skipped", "why": ""},
        {"playbook": "p", "step": "s", "state": "forgotten"},
    ],
    ids=str,
)
def test_schema_and_models_agree(kind: str, data: dict[str, Any]) -> None:
    line = {**whole_lines()[0], "kind": kind, "data": data}
    assert VALIDATOR.is_valid(line) == (explain_refusal(kind, data) is None)


@pytest.mark.parametrize(
    "broken",
    [{"v": "1"}, {"at": "yesterday"}, {"at": "2026-06-17T09:40:00"}, {"by": None}, {"data": []}, {"n": -1}],
    ids=str,
)
def test_schema_and_reader_agree_on_the_envelope(broken: dict[str, Any]) -> None:
    line = {**whole_lines()[0], **broken}
    assert not VALIDATOR.is_valid(line)
    assert read_bytes(json.dumps(line).encode(), GOLDEN).events == ()
