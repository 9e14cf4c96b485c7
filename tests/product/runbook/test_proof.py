"""A proof on disk: one form, published as a schema, read by pages, refused when it is something else."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest

from outage.errors import Refused
from outage.runbook.proof import find, load, store
from outage.schemas import make_proof_schema
from tests.product.runbook.proofs import BEGAN, EVERYTHING

GOLDEN = Path(__file__).with_name("golden") / "proof.json"


def test_its_form_is_the_golden_one():
    assert json.loads(EVERYTHING.model_dump_json()) == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_what_is_stored_is_read_back_and_fits_the_published_schema(tmp_path):
    path = store(tmp_path, EVERYTHING)
    assert path == tmp_path / "proof" / "kill-switch.json"
    assert load(path) == EVERYTHING
    jsonschema.Draft202012Validator(make_proof_schema()).validate(
        json.loads(path.read_text(encoding="utf-8"))
    )
    assert [found.name for found in path.parent.iterdir()] == ["kill-switch.json"]


def test_a_page_asks_for_the_proof_of_a_runbook_and_may_get_none(tmp_path):
    assert find(tmp_path, "kill-switch") is None
    store(tmp_path, EVERYTHING)
    found = find(tmp_path, "kill-switch")
    assert found is not None
    assert found.failures[0][1].promise == "the undo restores"
    assert found.age(BEGAN + timedelta(days=2)) == 2 * 86_400


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "there is no proof"),
        ("", "this is no proof: Invalid JSON"),
        ("[]", "this is no proof"),
        ('{"v": 2}', "this is no proof: v: Input should be 1"),
        (EVERYTHING.model_dump_json().replace('"compared":70', '"compared":"many"'), "cases.0.compared"),
        (EVERYTHING.model_dump_json().replace('"seconds":61.5', '"seconds":-1'), "seconds: Input should be"),
    ],
)
def test_what_is_no_proof_is_refused_with_the_command_that_makes_one(tmp_path, content, expected):
    path = tmp_path / "kill-switch.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(Refused) as refused:
        load(path)
    assert expected in refused.value.message
    assert refused.value.hint == "make it anew: outage prove kill-switch"
