"""The published schemas are the models' own."""

import jsonschema
import pytest

from outage.schemas import FOLDER, PUBLISHED, format_schema, locate


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_file_is_the_models_schema(name: str) -> None:
    schema = PUBLISHED[name]()
    assert locate(name).read_text(encoding="utf-8") == format_schema(schema), "run: python -m outage.schemas"
    jsonschema.Draft202012Validator.check_schema(schema)


def test_every_published_file_has_a_model() -> None:
    assert sorted(FOLDER.glob("*.json")) == sorted(map(locate, PUBLISHED))
