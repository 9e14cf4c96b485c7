"""Runbooks as people read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from outage.render.runbook.catalogue import NONE, describe_runbooks, write_about, write_catalogue
from outage.runbook.contract import examine
from outage.runbook.notebook import find_notebook, read_notebook
from tests.product.render.runbook.notebooks import notebook

RUNBOOKS = Path(__file__).parents[4] / "runbooks"
PARAMETERS = "hours: int = 24  # look-back window"


def told(path: Path) -> str:
    return write_about(examine(read_notebook(path)))


def test_the_head_of_a_page_says_what_for_whom_and_how(tmp_path):
    meta = {
        "summary": "Look *twice*",
        "service": "shop",
        "owner": "scribe",
        "needs": ["eyes"],
        "alerts": ["Dark"],
    }
    text = told(notebook(tmp_path, meta=meta, parameters=PARAMETERS, read="1"))
    assert r"**Look \*twice\***" in text
    assert "for shop; changes nothing; kept by {role}`scribe`" in text
    assert "needs: eyes" in text
    assert "answers: Dark" in text
    assert "`outage run look`" in text
    assert "--apply" not in text


def test_the_command_names_what_must_be_given(tmp_path):
    text = told(notebook(tmp_path, parameters="flag: str  # which\nhours: int = 1  # how far", read="1"))
    assert "`outage run look -p flag=...`" in text


def test_an_owner_who_is_no_role_is_shown_as_written(tmp_path):
    assert r"kept by the \`night\` shift" in told(
        notebook(tmp_path, meta={"owner": "the `night` shift"}, read="1")
    )


def test_parameters_are_shown_with_what_they_take(tmp_path):
    text = told(notebook(tmp_path, parameters=PARAMETERS + "\nname: str  # whose", read="1"))
    assert "{dropdown} 2 parameters can be set" in text
    assert "look\\-back window\\\n    a whole number; else 24" in text
    assert "a text; must be given" in text


def test_a_runbook_that_breaks_a_rule_says_that_it_is_refused(tmp_path):
    text = told(notebook(tmp_path, change="act()", verify="1"))
    assert "`outage run` refuses this runbook until it is fixed" in text


def test_a_change_has_its_risk():
    text = told(find_notebook(RUNBOOKS, "blocked-queries"))
    assert "risk of its changes: {chip}`medium <risk medium>`" in text
    assert "add `--apply` to carry it out" in text


def test_the_list_names_each_with_what_it_does(tmp_path):
    notebook(tmp_path, "look", meta={"summary": "Look twice"}, read="1")
    text = write_catalogue(tmp_path)
    assert "{runbook}`look`" in text
    assert "Look twice\\\n    {chip}`changes nothing <risk none>`" in text


def test_a_file_that_is_no_notebook_is_listed_as_such(tmp_path):
    (tmp_path / "torn.ipynb").write_text("{")
    assert "cannot be read: this is not a notebook" in write_catalogue(tmp_path)


def test_no_runbook_yet(tmp_path):
    assert write_catalogue(tmp_path) == NONE


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "{role}`scribe`", "```{raw} html\n```", "[a](b)"]
)
def test_hostile_metadata_is_text(tmp_path, text):
    shown = told(notebook(tmp_path, meta={"summary": text, "service": text, "owner": text}, read="1"))
    assert "<script>" not in shown
    assert "{raw}" not in shown
    assert "](b)" not in shown


HINTS = [
    {"when": "canceling statement due to conflict", "means": "A standby cancels.", "runbook": "other"},
    {"matches": "too many clients|slots are reserved", "means": "Full."},
    {"when": "a | b", "means": "A bar is a bar."},
]


def test_what_can_be_searched_is_what_a_runbook_says_of_itself(tmp_path):
    meta = {"summary": "Look twice", "service": "shop", "alerts": ["Dark"], "risk": "high", "hints": HINTS}
    notebook(tmp_path, "look", meta=meta, parameters=PARAMETERS, change="act()")
    (found,) = describe_runbooks(tmp_path)
    assert (found.name, found.service, found.risk, found.alerts) == ("look", "shop", "high", ("Dark",))
    assert found.symptoms == (
        "canceling statement due to conflict",
        "too many clients",
        "slots are reserved",
        "a | b",
    )
    assert "Look twice" in found.words
    assert "A standby cancels." in found.words


def test_a_runbook_without_changes_has_no_risk_whatever_it_says(tmp_path):
    notebook(tmp_path, "look", meta={"risk": "high"}, read="1")
    assert describe_runbooks(tmp_path)[0].risk == "none"


def test_rows_and_what_is_searched_have_one_order(tmp_path):
    for name in ("zebra", "ant"):
        notebook(tmp_path, name, read="1")
    (tmp_path / "middle.ipynb").write_text("{")
    assert [one.name for one in describe_runbooks(tmp_path)] == ["ant", "middle", "zebra"]
    text = write_catalogue(tmp_path)
    assert text.index("`ant`") < text.index("middle") < text.index("`zebra`")
