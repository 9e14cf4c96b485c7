"""The list of countries that a policy may name is the calendar library's own."""

import json
from pathlib import Path

import holidays

import outage.policy


def test_the_list_agrees_with_the_library() -> None:
    path = Path(outage.policy.__file__).with_name("countries.json")
    known = {
        key: sorted(value) for key, value in holidays.list_supported_countries(include_aliases=False).items()
    }
    assert json.loads(path.read_text(encoding="utf-8")) == known
