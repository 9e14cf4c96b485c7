"""A change that failed half-way and is run again: undo still takes back what its first attempt did."""

from __future__ import annotations

import re

import pytest

from outage.runbook.contract import Contract, read_contract
from tests.content.runbooks.cells import RUNBOOKS

CONTRACTS = [read_contract(path) for path in sorted(RUNBOOKS.glob("*.ipynb"))]
UNDOABLE = [contract for contract in CONTRACTS if any(tag == "undo" for _, tag in contract.steps)]


def code(contract: Contract, tag: str) -> str:
    return "\n".join(cell.source for cell, step in contract.steps if step == tag)


@pytest.mark.parametrize("contract", UNDOABLE, ids=lambda contract: contract.name)
def test_a_change_goes_on_from_what_an_earlier_attempt_saved_for_undo(contract: Contract) -> None:
    needed = set(re.findall(r"""saved\("(\w+)"\)""", code(contract, "undo")))
    carried_on = set(re.findall(r"""saved\("(\w+)", """, code(contract, "change")))
    assert needed
    assert needed <= carried_on
