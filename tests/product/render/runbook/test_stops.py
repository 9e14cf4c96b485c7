"""The foot of a runbook's page: what its errors mean, and where to go on."""

from __future__ import annotations

import pytest

from outage.render.runbook.catalogue import list_read_next, load_contract, write_after
from tests.product.render.runbook.notebooks import notebook

HINTS = [
    {"matches": "timed out|no route to (that )?host", "means": "Nothing *answers*.", "runbook": "network"},
    {"when": "still waits", "means": "Plan again.", "runbook": "look"},
    {"matches": "a|b|c|d|e", "means": "Many."},
]


def foot(tmp_path, **meta):
    notebook(tmp_path, "look", meta=meta, read="1")
    return write_after(load_contract(tmp_path, "look"), tmp_path)


def test_an_error_is_spelt_out_explained_and_leads_on(tmp_path):
    text = foot(tmp_path, hints=HINTS)
    said = r"- **“timed out”, “no route to that host” or “no route to host”**: Nothing \*answers\*\."
    assert f"{said} Go on with {{runbook}}`network`." in text
    assert r"- **“still waits”**: Plan again\." in text
    assert text.count("Go on with") == 1, "a runbook does not lead to itself"


def test_of_many_spellings_a_few_are_shown(tmp_path):
    assert "**“a”, “b”, “c” or “d”** and the like" in foot(tmp_path, hints=HINTS)


def test_what_to_read_next_is_where_hints_lead_and_then_the_same_service(tmp_path):
    notebook(tmp_path, "beside", meta={"service": "shop"}, read="1")
    notebook(tmp_path, "elsewhere", meta={"service": "mail"}, read="1")
    (tmp_path / "broken.ipynb").write_text("{")
    assert "## Read next\n\n{runbook}`network`, {runbook}`beside`." in foot(
        tmp_path, service="shop", hints=HINTS
    )


def test_runbooks_of_no_service_have_nothing_in_common(tmp_path):
    notebook(tmp_path, "beside", read="1")
    notebook(tmp_path, "look", read="1")
    assert list_read_next(load_contract(tmp_path, "look"), tmp_path) == []


def test_who_has_nothing_to_say_says_nothing(tmp_path):
    assert foot(tmp_path) == ""


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "`{raw}`", "[a](b)"])
def test_hostile_hints_are_text(tmp_path, text):
    shown = foot(tmp_path, hints=[{"when": text, "means": text}])
    assert "<script>" not in shown
    assert "](b)" not in shown


def test_a_runbook_that_was_edited_is_read_again(tmp_path):
    assert foot(tmp_path) == ""
    assert "still waits" in foot(tmp_path, hints=HINTS)
