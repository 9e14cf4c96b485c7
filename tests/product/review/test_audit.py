"""The audit: each promise met, late, missed or not yet due, by clause and event."""

import pytest

from outage.incident.record import Incident
from outage.review.audit import Audit, Finding, audit
from tests.product.incident.story import at, commander, event, incident, policy, severity, stage, update


def judged(told: Incident, minute: float = 600) -> Audit:
    return audit(told, policy(), at(minute))


def said(finding: Finding) -> str:
    due = (finding.due - at(0)).total_seconds() / 60
    done = f" by {finding.event}" if finding.event else ""
    promise = f"{finding.clause} = {finding.limit}"
    return f"{finding.verdict}: due {due:g}{done}, {promise}, from {finding.since_event}"


def about(told: Incident, promise: str, who: str = "customers", minute: float = 600) -> list[str]:
    found = judged(told, minute).findings
    return [said(one) for one in found if one.promise == promise and one.who == who]


# ---------------------------------------------------------------- commander


@pytest.mark.parametrize(
    ("minute", "verdict"),
    [(3, "met"), (10, "met"), (10.1, "late"), (-2, "met")],
    ids=["early", "on time", "late", "before"],
)
def test_a_commander_is_named_in_time(minute: float, verdict: str) -> None:
    expected = (
        f"{verdict}: due 10 by role@{minute:g}, severities.sev1.commander = 10 minutes, from declared@0"
    )
    assert about(incident(commander(minute)), "commander", "incident-commander") == [expected]


def test_nobody_named_is_not_yet_due_then_missed() -> None:
    clause = "severities.sev1.commander = 10 minutes, from declared@0"
    assert about(incident(), "commander", "incident-commander", 9) == [f"not yet due: due 10, {clause}"]
    assert about(incident(), "commander", "incident-commander", 11) == [f"missed: due 10, {clause}"]


def test_an_incident_resolved_before_a_commander_was_due_owed_none() -> None:
    assert about(incident(stage(8, "resolved")), "commander", "incident-commander") == []
    (missed,) = about(incident(stage(12, "resolved")), "commander", "incident-commander")
    assert missed.startswith("missed")


# ---------------------------------------------------------------- first message and cadence


def test_each_audience_has_its_own_first_message() -> None:
    told = incident(update(4, "responders"), update(20, "executives"), stage(25, "resolved"))
    assert about(told, "first-message", "responders") == [
        "met: due 5 by update@4, severities.sev1.first_message.responders = 5 minutes, from declared@0"
    ]
    assert about(told, "first-message", "executives") == [
        "late: due 15 by update@20, severities.sev1.first_message.executives = 15 minutes, from declared@0"
    ]
    assert about(told, "first-message", "customers") == [
        "missed: due 15, severities.sev1.first_message.customers = 15 minutes, from declared@0"
    ]


def test_a_message_before_the_declaration_counts_as_early() -> None:
    (first,) = about(incident(update(-5)), "first-message")
    assert first.startswith("met: due 15 by update@-5")


def test_every_gap_until_it_is_resolved_is_judged() -> None:
    told = incident(update(10), update(35), update(80), stage(100, "resolved"), update(101))
    clause = "severities.sev1.cadence.customers = 30 minutes"
    assert about(told, "cadence") == [
        f"met: due 40 by update@35, {clause}, from update@10",
        f"late: due 65 by update@80, {clause}, from update@35",
    ]


def test_silence_until_it_is_resolved_is_missed() -> None:
    told = incident(update(10), stage(100, "resolved"))
    assert about(told, "cadence") == [
        "missed: due 40, severities.sev1.cadence.customers = 30 minutes, from update@10"
    ]


def test_an_open_gap_is_not_yet_due_and_then_missed() -> None:
    assert about(incident(update(10)), "cadence", minute=39)[0].startswith("not yet due: due 40")
    assert about(incident(update(10)), "cadence", minute=41)[0].startswith("missed: due 40")


def test_before_the_first_message_only_its_own_promise_counts() -> None:
    assert about(incident(), "cadence") == []


def test_who_is_promised_updates_but_no_first_message_is_counted_from_the_declaration() -> None:
    text = policy().model_copy(deep=True)
    for one in text.severities.values():
        one.first_message["customers"] = None
    findings = audit(incident(update(20)), text, at(25)).findings
    found = [said(one) for one in findings if one.who == "customers"]
    clause = "severities.sev1.cadence.customers = 30 minutes"
    assert found == [
        f"met: due 30 by update@20, {clause}, from declared@0",
        f"not yet due: due 50, {clause}, from update@20",
    ]


def test_nothing_is_due_while_it_is_resolved_and_the_clock_starts_again_when_it_reopens() -> None:
    told = incident(
        update(10), stage(20, "resolved"), stage(200, "investigating"), update(225), stage(230, "closed")
    )
    assert about(told, "cadence") == [
        "met: due 230 by update@225, severities.sev1.cadence.customers = 30 minutes, from stage@200"
    ]


# ---------------------------------------------------------------- a severity that changes mid-way


def test_a_raised_severity_shortens_the_cadence_from_then_on() -> None:
    told = incident(update(10), severity(40, "sev1"), update(65), update(80), severity=("sev2"))
    assert about(told, "cadence", minute=85) == [
        "met: due 70 by update@65, severities.sev1.cadence.customers = 30 minutes, from update@10",
        "met: due 95 by update@80, severities.sev1.cadence.customers = 30 minutes, from update@65",
        "not yet due: due 110, severities.sev1.cadence.customers = 30 minutes, from update@80",
    ]


def test_a_raised_severity_never_lengthens_what_was_already_promised() -> None:
    told = incident(update(10), severity(60, "sev1"), severity="sev2")  # sev2: by 70; sev1: by 60 + 30
    assert about(told, "cadence", minute=75) == [
        "missed: due 70, severities.sev2.cadence.customers = 1 hour, from update@10"
    ]


def test_a_lowered_severity_gives_the_longer_cadence_back() -> None:
    told = incident(update(10), severity(20, "sev2"), update(65))
    assert about(told, "cadence", minute=66)[0] == (
        "met: due 70 by update@65, severities.sev2.cadence.customers = 1 hour, from update@10"
    )


def test_lowering_the_severity_after_the_time_has_passed_excuses_nothing() -> None:
    told = incident(update(10), severity(45, "sev2"), update(50))
    assert about(told, "cadence", minute=51)[0] == (
        "late: due 40 by update@50, severities.sev1.cadence.customers = 30 minutes, from update@10"
    )


def test_up_and_down_again_within_a_gap() -> None:
    told = incident(update(0), severity(10, "sev1"), severity(20, "sev2"), update(59), severity="sev2")
    assert about(told, "cadence", minute=60)[0] == (
        "met: due 60 by update@59, severities.sev2.cadence.customers = 1 hour, from update@0"
    )


def test_a_severity_that_promises_an_audience_something_at_last() -> None:
    told = incident(severity(90, "sev1"), update(104, "executives"), severity="sev3")
    assert about(told, "first-message", "executives") == [
        "met: due 105 by update@104, severities.sev1.first_message.executives = 15 minutes, from declared@0"
    ]


def test_a_severity_that_promises_nothing_any_more() -> None:
    told = incident(update(10, "executives"), severity(20, "sev3"))
    assert about(told, "cadence", "executives") == []


def test_a_promise_in_business_days() -> None:
    (finding,) = [
        one
        for one in judged(incident(severity="sev3")).findings
        if one.clause.endswith("first_message.responders")
    ]
    assert f"{finding.due:%A %H:%M}" == "Tuesday 23:59"


# ---------------------------------------------------------------- the whole


def test_an_unclassified_or_undeclared_incident_promised_nothing() -> None:
    from outage.incident.record.fold import fold

    assert judged(incident(update(5), severity=None)).findings == ()
    assert judged(fold([event(1, "note", text="x")], name="x")).findings == ()
    assert judged(incident(severity="of-another-policy")).findings == ()


def test_a_drill_is_marked_and_findings_stand_in_order_of_time() -> None:
    found = judged(incident(commander(3), update(4, "responders"), drill=True))
    assert found.drill
    assert [one.due for one in found.findings] == sorted(one.due for one in found.findings)
    assert {one.verdict for one in found.broken} == {"missed"}


def test_an_update_corrected_or_redacted_was_still_sent() -> None:
    told = incident(update(10), event(11, "correction", event="update@10", text="better"))
    hidden = incident(update(10), event(11, "redaction", event="update@10"))
    assert about(told, "first-message") == about(hidden, "first-message")


def test_a_role_merged_into_anothers_counts_for_it() -> None:
    from outage.policy import parse_policy
    from tests.product.incident.story import POLICY

    merged = parse_policy(POLICY + "roles: {incident-commander: {merged_into: deputy}}\n")
    told = incident(event(3, "role", role="deputy", person="Bo"))
    assert audit(told, merged, at(60)).findings[0].verdict in ("met", "missed")
    commander_findings = [one for one in audit(told, merged, at(60)).findings if one.promise == "commander"]
    assert [one.verdict for one in commander_findings] == ["met"]
