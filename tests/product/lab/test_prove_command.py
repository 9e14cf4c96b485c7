"""``outage prove``: what a person reads, what a program reads, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

import outage.lab.prove
from benchmarks.proofs import main as table
from outage.cli.prove import prove
from outage.errors import Failed
from outage.runbook.proof import Proof, load
from outage.schemas import make_proof_schema
from tests.product.runbook.proofs import EVERYTHING

VALIDATED = EVERYTHING.model_copy(
    update={"runbook": "call-mainframe", "state": "validated", "reason": "no fault of the lab calls for it"}
    | {"cases": ()}
)
PROVED = EVERYTHING.model_copy(
    update={"runbook": "replica-lag", "state": "proved", "reason": ""}
    | {"cases": (EVERYTHING.cases[0].model_copy(update={"failures": ()}),)}
)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A handbook in which proofs are as good as made."""
    (tmp_path / "handbook.yml").write_text("company: Acme\n", encoding="utf-8")
    monkeypatch.setenv("OUTAGE_HANDBOOK", str(tmp_path))
    return tmp_path


def made(monkeypatch, *proofs: Proof) -> None:
    def prove_all(project, names, *, on_proof):
        for proof in proofs:
            on_proof(proof)
        return list(proofs)

    monkeypatch.setattr(outage.lab.prove, "prove", prove_all)


def test_what_was_not_kept_is_told_as_expected_seen_and_next(root, monkeypatch):
    made(monkeypatch, EVERYTHING, VALIDATED)
    done = CliRunner().invoke(prove, ["kill-switch"])
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        "kill-switch: FAILED, in 62 s",
        "  flag-reused: alert after 4.1 s; plan 3.0 s (ours 1.0); apply 5.5 s (ours 1.2); well 0.4 s later;"
        " alert gone after 9.2 s; undo 2.0 s, did not restore",
        "    NOT KEPT: the undo restores",
        "      expected: all that the change changed is as it was before it",
        "      seen:     flag gift-wrap (was on, is off)",
        "      next:     save() in the change what was there",
        "call-mainframe: validated, not proved: no fault of the lab calls for it",
        "0 of 2 proved, 1 failed.",
    ]


def test_each_proof_is_stored_as_soon_as_it_is_made(root, monkeypatch):
    made(monkeypatch, PROVED, VALIDATED)
    done = CliRunner().invoke(prove)
    assert done.exit_code == 0, done.output
    assert load(root / "proof" / "replica-lag.json") == PROVED
    assert load(root / "proof" / "call-mainframe.json") == VALIDATED


def test_a_program_gets_the_proofs_in_their_published_form(root, monkeypatch):
    made(monkeypatch, PROVED)
    data = json.loads(CliRunner().invoke(prove, ["--json"]).output)
    assert data["v"] == 1
    jsonschema.Draft202012Validator(make_proof_schema()).validate(data["proofs"][0])


def test_hostile_words_of_a_service_stay_text(root, monkeypatch):
    failure = EVERYTHING.cases[0].failures[0].model_copy(update={"seen": "\x1b[2J\nsecond line"})
    hostile = EVERYTHING.cases[0].model_copy(update={"failures": (failure,)})
    made(monkeypatch, EVERYTHING.model_copy(update={"cases": (hostile,)}))
    told = CliRunner().invoke(prove).output
    assert "\x1b" not in told
    assert "second line" in told


def test_figures_come_out_of_the_proofs(root, monkeypatch, capsys):
    with pytest.raises(Failed, match="there is no proof yet"):
        table(root)
    made(monkeypatch, EVERYTHING, VALIDATED)
    CliRunner().invoke(prove)
    table(root)
    assert (
        "| `kill-switch` | flag-reused | 4.1 | 3.0 | 1.0 | 5.5 | 1.2 | 2.0 | 1.5 | 9.2 |"
        in capsys.readouterr().out
    )
