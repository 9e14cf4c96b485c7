"""The page about what cells can import: it shows every name of the kit, and all that runbooks import."""

from __future__ import annotations

import ast
import re

import pytest

from outage.runbook.contract import read_contract
from tests.kit import modules, public
from tests.sites import LARKFIELD, ROOT

PAGE = (ROOT / "runbooks" / "kit.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^\.\. auto\w+:: ([\w.]+)", PAGE, re.M)
RUNBOOKS = sorted((ROOT / "runbooks").glob("*.ipynb"))


def imported(source: str) -> set[str]:
    """The names that a cell imports from the package."""
    return {
        f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == "outage"
        for alias in node.names
    }


def test_it_shows_every_public_name_once_and_no_other():
    assert sorted(SHOWN) == sorted(public())


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_it_says_all_that_a_runbook_imports(path):
    names = set().union(*(imported(cell.source) for cell, _ in read_contract(path).steps))
    constants = {name for name in names if name.rpartition(".")[2].isupper()}
    assert {name for name in constants if f"`{name.rpartition('.')[2]}`" not in PAGE} == set()
    assert names - constants <= {*SHOWN, *modules()}


@pytest.mark.timeout(600)  # the first test to ask waits for the site
def test_types_and_errors_of_the_kit_are_links(published):
    text = (ROOT / published(LARKFIELD).html / "runbooks" / "kit.html").read_text(encoding="utf-8")
    for name in ("outage.kit.Action", "outage.kit.CheckFailed", "outage.kit.watched.Series"):
        assert f'class="reference internal" href="#{name}"' in text
