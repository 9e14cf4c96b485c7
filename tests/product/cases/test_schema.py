"""The published schema is the models' own: it accepts our cases and refuses wrong shapes."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
from pydantic import ValidationError

from outage.cases import find_cases
from outage.cases.models import StudyData
from outage.schemas import make_case_schema
from outage.source import read_yaml
from tests.product.cases.company import HANDBOOK, ROOT

BAD = Path(__file__).with_name("bad")
NOT_YAML = {"bad-yaml", "duplicate-key", "colon-in-a-text"}
VALIDATOR = jsonschema.Draft202012Validator(make_case_schema())


@pytest.mark.parametrize("folder", [*find_cases(ROOT), *find_cases(HANDBOOK)], ids=lambda path: path.name)
def test_it_accepts_every_case_of_ours(folder: Path) -> None:
    VALIDATOR.validate(read_yaml(folder / "record.yml").data)


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(BAD.glob("*.yml")) if path.stem not in NOT_YAML],
    ids=lambda path: path.stem,
)
def test_schema_and_models_agree_on_shapes(path: Path) -> None:
    data = read_yaml(path).data
    try:
        StudyData.model_validate(data)
        fits = True
    except ValidationError:
        fits = False
    assert VALIDATOR.is_valid(data) == fits
