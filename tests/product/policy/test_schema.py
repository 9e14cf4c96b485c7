"""The published schema is the models' own: it accepts our policies and refuses wrong shapes."""

from pathlib import Path

import jsonschema
import pytest

from outage.schemas import make_policy_schema
from outage.source import read_yaml

ROOT = Path(__file__).parents[3]
BAD = Path(__file__).with_name("bad")
SHAPES = [
    "unknown-key",
    "unknown-top-level-key",
    "wrong-type",
    "list-for-mapping",
    "text-for-list",
    "unknown-role",
]


@pytest.mark.parametrize("path", [ROOT / "handbook.yml", *sorted((ROOT / "examples").glob("*.yml"))], ids=str)
def test_it_accepts_every_policy_of_ours(path: Path) -> None:
    jsonschema.Draft202012Validator(make_policy_schema()).validate(read_yaml(path).data)


@pytest.mark.parametrize("name", SHAPES)
def test_it_refuses_wrong_shapes(name: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(make_policy_schema()).validate(read_yaml(BAD / f"{name}.yml").data)
