"""Severity and scope from answers: golden cases for three companies, and the rules behind them."""

from pathlib import Path

import pytest

from outage.errors import Problems
from outage.policy import Policy, load_policy
from outage.policy.classify import UNKNOWN, choose_channels, classify, list_outcomes, list_questions
from tests.sites import LARKFIELD

ROOT = Path(__file__).parents[3]
POLICIES = {
    "larkfield": load_policy(ROOT / LARKFIELD),
    "small": load_policy(ROOT / "examples/small-team.yml"),
    "large": load_policy(ROOT / "examples/large-group.yml"),
}

GOLDEN = [
    ("larkfield", "", "sev1", "area", ["incident", "area"]),
    ("larkfield", "impact=blocked reach=all fixed-soon=no scale=division", "sev1", "division", None),
    ("larkfield", "impact=blocked reach=many", "sev1", "area", None),
    ("larkfield", "impact=blocked reach=some", "sev2", "area", None),
    ("larkfield", "impact=degraded reach=all scale=area", "sev2", "area", ["incident", "area"]),
    ("larkfield", "impact=degraded reach=some fixed-soon=yes scale=area", "sev3", "area", None),
    ("larkfield", "impact=unnoticed reach=all", "sev4", "area", None),
    ("larkfield", "impact=unnoticed reach=none fixed-soon=no", None, "area", None),
    ("larkfield", "impact=data reach=some fixed-soon=yes scale=company", "sev1", "company", None),
    ("larkfield", "impact=degraded fixed-soon=yes scale=area", "sev2", "area", None),
    ("small", "affected=some effect=hindered mended-soon=yes scale=area", "limping", "area", ["company"]),
    ("small", "affected=all effect=stopped mended-soon=no scale=company", "down", "company", ["company"]),
    ("large", "traffic=at-risk emergency=yes scale=area", "p2", "area", ["incident", "division"]),
    (
        "large",
        "traffic=carried emergency=no scale=area",
        "p1",
        "company",
        ["incident", "division", "company"],
    ),
]


def parsed(answers: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in answers.split())


@pytest.mark.parametrize(("company", "answers", "severity", "scope", "channels"), GOLDEN)
def test_golden_cases(
    company: str, answers: str, severity: str | None, scope: str, channels: list[str] | None
) -> None:
    found = classify(POLICIES[company], parsed(answers))
    assert (found.severity, found.scope) == (severity, scope)
    if channels is not None:
        assert list(found.channels) == channels


@pytest.mark.parametrize("company", POLICIES)
def test_the_table_holds_every_combination_and_agrees_with_classify(company: str) -> None:
    policy = POLICIES[company]
    asked = list_questions(policy)
    table = list_outcomes(policy)
    assert len(table) == len(set(table))
    for row, outcome in table.items():
        assert classify(policy, {ask.id: answer for ask, answer in zip(asked, row, strict=True)}) == outcome


@pytest.mark.parametrize("company", POLICIES)
def test_in_doubt_the_outcome_is_never_milder_than_any_answer(company: str) -> None:
    policy = POLICIES[company]
    table = list_outcomes(policy)
    assert table
    for row, outcome in table.items():
        for index in range(len(row)):
            doubtful = table[(*row[:index], UNKNOWN, *row[index + 1 :])]
            assert rank(policy, doubtful.severity) <= rank(policy, outcome.severity)


def rank(policy: Policy, severity: str | None) -> int:
    return len(policy.severities) if severity is None else policy.rank(severity)


@pytest.mark.parametrize("company", POLICIES)
def test_every_clause_named_is_in_the_policy(company: str) -> None:
    policy = POLICIES[company]
    table = list_outcomes(policy)
    assert table
    for outcome in table.values():
        assert outcome.severity_clauses
        for clause in (*outcome.severity_clauses, *outcome.scope_clauses):
            policy.at(clause)


def test_the_answers_that_decided_are_named() -> None:
    found = classify(POLICIES["larkfield"], parsed("impact=data reach=some fixed-soon=yes scale=area"))
    assert found.severity_clauses == ("classification.matrix.cells.data.some",)


def test_a_small_fault_goes_into_the_time_box_first() -> None:
    small = classify(POLICIES["larkfield"], parsed("impact=degraded reach=some fixed-soon=yes scale=area"))
    large = classify(POLICIES["larkfield"], parsed("impact=blocked reach=all fixed-soon=yes scale=area"))
    assert small.time_box_clause == "classification.questions.fixed-soon.answers.yes"
    assert large.time_box_clause is None


def test_a_mistyped_answer_is_refused_with_the_nearest() -> None:
    with pytest.raises(Problems) as refused:
        classify(POLICIES["larkfield"], {"raech": "all", "impact": "daata"})
    assert "did you mean 'reach'?" in str(refused.value)
    assert "did you mean 'data'?" in str(refused.value)


@pytest.mark.parametrize("company", POLICIES)
@pytest.mark.parametrize("doubt", ["higher", "lower"])
def test_a_scale_that_nobody_knows_is_one_area_and_posts_no_wider(company: str, doubt: str) -> None:
    given = POLICIES[company].classification.model_copy(update={"when_in_doubt": doubt})
    policy = POLICIES[company].model_copy(update={"classification": given})
    found = classify(policy, {"scale": UNKNOWN})
    assert found.scope == "area"
    assert ("scale", "area") in [(question, choice.id) for question, choice in found.doubted]
    assert found.channels == tuple(choose_channels(policy, "area"))


def test_each_severity_of_the_sample_can_be_reached() -> None:
    reached = {outcome.severity for outcome in list_outcomes(POLICIES["larkfield"]).values()}
    assert reached == {None, *POLICIES["larkfield"].severities}


def test_that_an_expert_fixes_it_soon_never_changes_the_severity() -> None:
    policy = POLICIES["larkfield"]
    asked = [ask.id for ask in list_questions(policy)]
    soon = asked.index("fixed-soon")
    by_rest: dict[tuple[str, ...], set[str | None]] = {}
    for row, outcome in list_outcomes(policy).items():
        by_rest.setdefault(row[:soon] + row[soon + 1 :], set()).add(outcome.severity)
    assert len(by_rest) == 5 * 5 * 4
    assert {len(severities) for severities in by_rest.values()} == {1}


def test_a_message_goes_to_each_real_channel_once() -> None:
    assert choose_channels(POLICIES["small"], "company") == ["company"]
    assert choose_channels(POLICIES["larkfield"], "division") == ["incident", "area", "division"]
