"""Clocks that contradict each other are findings with file and line; the policy loads all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from outage.check import check
from outage.check.clocks import check_clocks
from outage.policy import load_policy, parse_policy
from outage.project import find_project
from tests.sites import POLICIES, ROOT

FOUR = """\
company: Acme
severities:
  one: It is down
  two: It is slow
  three: It is ugly
  four:
    meaning: No one sees it
    SET
contacts: {boss: {name: Boss}}
escalations:
  no-answer: {when: unanswered, after: AFTER, call: [boss], do: Call.}
incident: {alert_levels: {error: {severity: two, respond: ALERT}}}
"""


def found(
    own: str = "acknowledge: 1 business day", after: str = "{one: 5m}", alert: str = "15m"
) -> list[str]:
    text = FOUR.replace("SET", own).replace("AFTER", after).replace("ALERT", alert)
    return [str(finding) for finding in check_clocks(parse_policy(text))]


@pytest.mark.parametrize("policy", [*POLICIES, "tests/product/pages/bare.yml"])
def test_our_companies_and_the_defaults_are_free_of_them(policy: str) -> None:
    assert check_clocks(load_policy(ROOT / policy)) == []


def test_a_policy_without_contradictions_has_none() -> None:
    assert found() == []


@pytest.mark.parametrize("clock", ["reassess", "state_document", "hand_over"])
def test_a_clock_that_ends_before_anyone_has_to_be_on_it(clock: str) -> None:
    (finding,) = found(f"{clock}: 30m")
    assert finding == (
        f"handbook.yml:8: severities.four.{clock}: 30 minutes is shorter than Four has until anyone is on it"
        f" (1 business day)\n  hint: let it be at least as long, or none: severities.four.{clock}"
    )


def test_a_call_that_comes_before_an_answer_is_due() -> None:
    findings = found(after="5m")
    assert len(findings) == 3  # two, three and four have longer to answer than five minutes
    assert findings[0] == (
        "handbook.yml:11: escalations.no-answer.after: 5 minutes is shorter than Two has until anyone is on"
        " it (15 minutes)\n  hint: let it be at least as long, or none: escalations.no-answer.after: {two: …}"
    )


def test_an_alert_that_may_wait_longer_than_its_severity() -> None:
    (finding,) = found(alert="4h")
    assert finding == (
        "handbook.yml:12: incident.alert_levels.error.respond: an alert may wait 4 hours, but Two is"
        " acknowledged within 15 minutes\n"
        "  hint: let it wait 15 minutes at most, or name a lesser severity"
    )


def test_outage_check_names_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = FOUR.replace("SET", "reassess: 10m").replace("AFTER", "{one: 5m}").replace("ALERT", "15m")
    (tmp_path / "handbook.yml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert "severities.four.reassess: 10 minutes is shorter" in str(check(find_project())[0])
