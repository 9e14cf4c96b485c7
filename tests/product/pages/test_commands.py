"""`outage classify` and `outage check`, as they are typed."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

COMPANIES = Path(__file__).parents[2] / "companies"
KEPT = "---\nowner: scribe\nreviewed: 2026-11-20\n---\n"
SECOND = "impact=degraded,reach=all,fixed-soon=no,scale=area"
"""Answers that make the second severity."""


@pytest.fixture
def root(tmp_path, monkeypatch):
    policy = (COMPANIES / "larkfield.yml").read_text(encoding="utf-8")
    (tmp_path / "handbook.yml").write_text(policy.replace('["lab/alerts/*.yml"]', "[]"))  # it has no lab
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        yield tmp_path


def test_all_that_was_decided_is_told_with_its_line(outage):
    code, said, _ = outage("classify", *SECOND.split(","))
    assert code == 0
    assert said.startswith("Sev 2: Some customers can't buy or pay, or all of them are slowed down.")
    assert "Scope: area\nPost in: #inc-‹incident›, #‹division›-‹area›-outages\n" in said
    cell = "classification.matrix.cells.degraded.all (handb"
    assert f"Slow, or works another way. Who is affected? All or nearly all customers\n    {cell}" in said
    assert f'Next:\n  outage declare "What is broken" --answers {SECOND}\n' in said


def test_an_incident_that_is_declared_already_is_judged_again_and_not_declared_twice(outage):
    _, said, _ = outage("classify", *SECOND.split(","))
    assert said.endswith("Declared already? Then:\n  outage severity sev2\n  outage scope area\n")


def test_what_is_not_known_is_told_and_counts_as_the_worst(outage):
    code, said, _ = outage("classify", "reach=some")
    assert code == 0
    assert said.startswith("Sev 1: ")
    assert (
        "Not known, so counted as:\n  What is the worst effect? Data or money lost, wrong or exposed\n"
        in said
    )
    assert "  How wide is it? Neither: one area only\n" in said
    assert "classification.when_in_doubt (handbook.yml:" in said


def test_the_time_box_is_advised_where_policy_allows_it(outage):
    small = ("reach=some", "impact=degraded", "fixed-soon=yes", "scale=area")
    assert "One expert may try alone for 30 minutes first." in outage("classify", *small)[1]
    assert "may try alone" not in outage("classify", *small[1:], "reach=all")[1]


def test_answers_may_be_joined_by_commas_as_declare_takes_them(outage):
    assert outage("classify", SECOND)[1].startswith("Sev 2")


def test_for_programs_there_is_json(outage):
    code, said, _ = outage("classify", "impact=unnoticed,reach=some,fixed-soon=yes,scale=company", "--json")
    found = json.loads(said)
    assert (code, found["severity"], found["scope"]) == (0, "sev4", "company")
    assert found["channels"]["company"] == "#company-outages"
    assert found["clauses"][0]["address"] == "classification.matrix.cells.unnoticed.some"


@pytest.mark.parametrize(
    ("answers", "reason", "hint"),
    [
        (["reech=all"], "there is no question 'reech'", "did you mean 'reach'?"),
        (["reach=al"], "'al' does not answer 'reach'", "did you mean 'all'?"),
        (["reach"], "'reach' is not an answer", "write QUESTION=ANSWER"),
        (["reach=all", "reach=some"], "'reach' is answered twice", "keep one of the two"),
        ([], "no answers are given", "write QUESTION=ANSWER for one or more of: impact, reach"),
    ],
)
def test_a_wrong_answer_is_refused_with_the_nearest(outage, answers, reason, hint):
    code, said, refused = outage("classify", *answers)
    assert (code, said) == (2, "")
    assert refused.startswith(f"{reason}\n  hint: {hint}")


def test_at_a_terminal_the_questions_are_asked_one_by_one(outage):
    ours, theirs = pty.openpty()
    asked = subprocess.Popen(
        [sys.executable, "-c", "from outage.cli import main; main()", "classify"],
        cwd=outage.root, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    os.write(ours, b"3\nfew\nmany\n\n3\n")
    said, questions = asked.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert asked.returncode == 0, questions
    assert "What is the worst effect?\n  1  Data or money lost, wrong or exposed\n" in questions
    assert "That is no answer to this" in questions
    assert said.startswith("Sev 3: ")
    assert "--answers impact=degraded,reach=many,fixed-soon=unknown,scale=area" in said


def test_a_handbook_that_is_right_passes_the_check(outage):
    assert outage("check") == (0, "Policy, prose, playbooks and runbooks are right.\n", "")


def test_the_check_tells_every_problem_with_its_place(outage):
    (outage.root / "process").mkdir()
    (outage.root / "process/a.md").write_text("# A\n\nWithin 20 minutes.\n\nIn #ops.\n")
    (outage.root / "case-studies").mkdir()
    (outage.root / "case-studies/a.md").write_text(f"{KEPT}# A\n\nIn 45 minutes.\n")
    (outage.root / "runbooks").mkdir()
    (outage.root / "runbooks/broken.ipynb").write_text("{}")
    code, said, failed = outage("check")
    assert code == 1
    assert "process/a.md:3: the length of time '20 minutes' is written out\n  hint: " in said
    assert "process/a.md:5: the channel name '#ops' is written out\n  hint: " in said
    assert "process/a.md:1: the page does not say which role keeps it\n  hint: " in said
    assert "case-studies/a.md:7: the figure '45' has no source beside it\n  hint: " in said
    assert "broken.ipynb" in said
    assert failed.endswith("problems found\n")


def test_the_problems_are_there_for_programs_too(outage):
    (outage.root / "process").mkdir()
    (outage.root / "process/a.md").write_text(f"{KEPT}Within 20 minutes.\n")
    code, said, _ = outage("check", "--json")
    assert code == 1
    (problem,) = json.loads(said)
    assert (problem["file"], problem["line"]) == ("process/a.md", 5)


def test_a_wrong_policy_refuses_every_command(outage):
    (outage.root / "handbook.yml").write_text("company: x\n")
    for command in ("check", "classify"):
        code, _, refused = outage(command)
        assert code == 2
        assert refused.startswith("handbook.yml:1: severities: this is required and is missing")
