"""The page of promises leads to the tests that hold them."""

from __future__ import annotations

import ast
import re

from tests.sites import ROOT

ABOUT = ("runbooks/promises.md",)
RUNBOOKS = ROOT / "runbooks"
PAGE = (RUNBOOKS / "promises.md").read_text(encoding="utf-8")
SOURCES = (RUNBOOKS / "promises-tests.md").read_text(encoding="utf-8")
FILES = {path.rpartition("/")[2]: path for path in re.findall(r"literalinclude\} \.\./(\S+)", SOURCES)}
NAMED = sorted(set(re.findall(r"`(test_\w+\.py)::(test_\w+)`", PAGE)))


def test_every_test_that_a_promise_names_exists() -> None:
    assert len(NAMED) > 30
    for file, name in NAMED:
        tree = ast.parse((ROOT / FILES[file]).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, (
            f"{file}::{name}"
        )


def test_every_row_of_a_promise_names_a_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]
    heads = [row for row in rows if row.endswith("| Tests |")]
    assert [row for row in rows if row not in heads and "::test_" not in row] == []


def test_each_leads_to_the_source_of_its_test() -> None:
    assert len(re.findall(r"`test_\w+\.py::test_\w+`", PAGE)) == len(re.findall(r"\]\(#test_", PAGE))
    for file, name in NAMED:
        anchor = f"{file.removesuffix('.py')}-{name}"
        assert f"[`{file}::{name}`](#{anchor})" in PAGE
        shown = f"({anchor})=\n\n```{{literalinclude}} ../{FILES[file]}\n:pyobject: {name}\n```"
        assert shown in SOURCES, f"{anchor} is missing on runbooks/promises-tests.md"


def test_no_source_is_shown_that_no_promise_leads_to() -> None:
    shown = re.findall(r":pyobject: (test_\w+)", SOURCES)
    assert sorted(shown) == sorted(name for _, name in NAMED)
