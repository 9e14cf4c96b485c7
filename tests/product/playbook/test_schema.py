"""The published schema is the models' own: it accepts our playbooks and refuses wrong shapes."""

from pathlib import Path

import jsonschema
import pytest
from pydantic import ValidationError

from outage.playbook import find_playbooks
from outage.playbook.models import PlaybookData
from outage.schemas import make_playbook_schema
from outage.source import read_yaml

ROOT = Path(__file__).parents[3]
BAD = Path(__file__).with_name("bad")
NOT_YAML = {"bad-yaml", "duplicate-key", "anchor", "empty"}
VALIDATOR = jsonschema.Draft202012Validator(make_playbook_schema())


@pytest.mark.parametrize("path", find_playbooks(ROOT), ids=lambda path: path.stem)
def test_it_accepts_every_playbook_of_ours(path: Path) -> None:
    VALIDATOR.validate(read_yaml(path).data)


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(BAD.glob("*.yml")) if path.stem not in NOT_YAML],
    ids=lambda path: path.stem,
)
def test_schema_and_models_agree_on_shapes(path: Path) -> None:
    data = read_yaml(path).data
    try:
        PlaybookData.model_validate(data)
        fits = True
    except ValidationError:
        fits = False
    assert VALIDATOR.is_valid(data) == fits


@pytest.mark.parametrize(
    "due",
    [
        "severity.commander",
        ["a.b", "c.d"],
        {"after": "a.b"},
        {"after": ["a.b"], "from": "phase"},
        [],
        {},
        5,
        "",
    ],
    ids=str,
)
def test_schema_and_models_agree_on_short_and_long_forms(due: object) -> None:
    step = {"text": ["Look", {"text": "See"}], "owner": "expert", "good": "Seen", "due": due}
    data = {"name": "X", "summary": "X.", "phases": {"a": {"name": "A", "goal": "G", "steps": {"s": step}}}}
    try:
        PlaybookData.model_validate(data)
        fits = True
    except ValidationError:
        fits = False
    assert VALIDATOR.is_valid(data) == fits
