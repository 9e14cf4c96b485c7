"""A pattern of errors, as the texts that somebody would meet."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from outage.patterns import compile_safe_regex
from outage.runbook.hints import GAP, spell_out

RUNBOOKS = sorted((Path(__file__).parents[3] / "runbooks").glob("*.ipynb"))


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("connection refused", ["connection refused"]),
        ("timed out|no route to host", ["timed out", "no route to host"]),
        ("a valid (tar )?archive", ["a valid tar archive", "a valid archive"]),
        (
            "Redis, by .*(refused|timeout)|Error \\d+ connecting",
            [f"Redis, by {GAP} refused", f"Redis, by {GAP} timeout", f"Error {GAP} connecting"],
        ),
        ("HAPROXY_(ADMIN_)?SOCKET", ["HAPROXY_ADMIN_SOCKET", "HAPROXY_SOCKET"]),
        (r"pg_hba\.conf", ["pg_hba.conf"]),
        ("more than [0-9]+ MB", [f"more than {GAP} MB"]),
    ],
)
def test_a_pattern_is_spelt_out(pattern: str, texts: list[str]) -> None:
    assert spell_out(pattern) == texts


@pytest.mark.parametrize(
    "pattern", ["(?i)refused", "^refused$", r"\bno\b", "x" + "(a|b)" * 8, "(", "a)", "["]
)
def test_what_cannot_be_spelt_out_is_given_back(pattern: str) -> None:
    assert spell_out(pattern) == [pattern]


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_every_text_of_our_runbooks_hints_is_one_that_the_pattern_fits(path: Path) -> None:
    hints = json.loads(path.read_text(encoding="utf-8"))["metadata"]["runbook"].get("hints", [])
    for pattern in [hint["matches"] for hint in hints if "matches" in hint]:
        for text in spell_out(pattern):
            assert compile_safe_regex(pattern).search(text.replace(GAP, "7")), f"{pattern}: {text}"
            assert not re.search(r"[\\()|*+?]", text)


@given(some.text(alphabet="ab|()?.*+\\d[]{}1,^$", max_size=30))
def test_no_pattern_is_too_strange(pattern: str) -> None:
    assert spell_out(pattern)
