"""What is due when, in an open incident."""

from outage.incident.due import Due, list_due
from outage.incident.record import Event
from outage.incident.record.fold import fold
from outage.policy import parse_policy
from tests.product.incident.story import at, commander, event, incident, policy, severity, stage, update


def found(*events: Event, minute: float, what: str = "", first: str = "sev1") -> list[str]:
    dues = list_due(incident(*events, severity=first), policy(), at(minute))
    return [said(one) for one in dues if what in ("", one.what)]


def said(one: Due) -> str:
    minutes = (one.at - at(0)).total_seconds() / 60
    return f"{minutes:g} {one.state}: {one.what} {one.who} [{one.clause} = {one.limit}]"


def test_right_after_the_declaration() -> None:
    assert found(minute=1) == [
        "5 upcoming: escalation nobody-answers [escalations.nobody-answers.after = 5 minutes]",
        "5 upcoming: first-message responders [severities.sev1.first_message.responders = 5 minutes]",
        "10 upcoming: commander incident-commander [severities.sev1.commander = 10 minutes]",
        "15 upcoming: first-message customers [severities.sev1.first_message.customers = 15 minutes]",
        "15 upcoming: first-message executives [severities.sev1.first_message.executives = 15 minutes]",
        "30 upcoming: state-document scribe [state_document.cadence = 30 minutes]",
        "60 upcoming: escalation boss-joins [escalations.boss-joins.after = 1 hour]",
        "60 upcoming: reassess incident-commander [incident.reassess = 1 hour]",
        "240 upcoming: escalation next-shift [escalations.next-shift.after = 4 hours]",
    ]


def test_what_has_passed_is_late() -> None:
    assert found(minute=20, what="commander") == [
        "10 late: commander incident-commander [severities.sev1.commander = 10 minutes]"
    ]
    assert found(commander(15), minute=20, what="commander") == []


def test_the_next_update_is_counted_from_the_latest() -> None:
    assert found(update(10), update(25), minute=30, what="update") == [
        "55 upcoming: update customers [severities.sev1.cadence.customers = 30 minutes]"
    ]


def test_a_change_of_severity_changes_the_cadence_from_then_on() -> None:
    assert found(update(10), severity(20, "sev2"), minute=30, what="update") == [
        "70 upcoming: update customers [severities.sev2.cadence.customers = 1 hour]"
    ]


def test_judging_again_even_to_the_same_result_is_judging() -> None:
    assert found(severity(40, "sev1"), minute=50, what="reassess")[0].startswith("100 upcoming")
    assert found(event(45, "scope", scope="company"), minute=50, what="reassess")[0].startswith(
        "105 upcoming"
    )


def test_the_state_document_has_its_rounds() -> None:
    assert [found(minute=m, what="state-document")[0].split(":")[0] for m in (0, 29, 30, 95)] == [
        "30 upcoming",
        "30 upcoming",
        "60 upcoming",
        "120 upcoming",
    ]


def test_escalations_apply_by_severity_and_end_when_they_are_answered() -> None:
    names = [line.split()[3] for line in found(minute=70, what="escalation", first="sev2")]
    assert names == ["nobody-answers", "next-shift"]
    called = event(61, "contact", text="Tom joined", escalation="boss-joins")
    names = [line.split()[3] for line in found(commander(3), called, minute=70, what="escalation")]
    assert names == ["next-shift"]


def test_a_commander_and_everybody_on_shift_is_relieved_in_time() -> None:
    mei = [event(0, "role", role="scribe", person="Mei"), event(60, "role", role="deputy", person="Mei")]
    dues = list_due(incident(commander(30, "Bo"), *mei), policy(), at(90))
    assert [(one.text, (one.at - at(0)).total_seconds() / 60) for one in dues if one.what == "hand-over"] == [
        ("hand command over from Bo", 30 + 480),
        ("relieve Mei", 720),
        ("relieve Bo", 30 + 720),
    ]


def test_a_shift_goes_on_through_a_change_of_roles_and_ends_with_a_break() -> None:
    relay = [
        event(0, "role", role="scribe", person="Mei"),
        event(100, "role", role="deputy", person="Mei"),
        event(100, "handoff", role="scribe", person="Bo"),
    ]
    (mei,) = [one for one in list_due(incident(*relay), policy(), at(200)) if one.text == "relieve Mei"]
    assert mei.at == at(720)
    again = [
        event(0, "role", role="scribe", person="Mei"),
        event(50, "handoff", role="scribe", person="Bo"),
        event(100, "role", role="deputy", person="Mei"),
    ]
    (mei,) = [one for one in list_due(incident(*again), policy(), at(200)) if one.text == "relieve Mei"]
    assert mei.at == at(100 + 720)


def test_a_resolved_incident_is_watched_and_then_closed() -> None:
    assert found(update(10), stage(60, "resolved"), minute=70) == [
        "1500 upcoming: close incident-commander [watch_after = 24 hours]"
    ]
    assert found(stage(60, "resolved"), stage(90, "closed"), minute=95) == []


def test_reopened_it_starts_its_clocks_again() -> None:
    assert found(
        update(10), stage(60, "resolved"), stage(300, "investigating"), minute=301, what="update"
    ) == ["330 upcoming: update customers [severities.sev1.cadence.customers = 30 minutes]"]


def test_nothing_is_due_in_what_nobody_declared() -> None:
    assert list_due(fold([event(1, "note", text="x")], name="x"), policy(), at(5)) == ()


def test_an_incident_without_a_severity_still_has_its_other_clocks() -> None:
    dues = list_due(incident(severity=None), policy(), at(1))
    assert {one.what for one in dues} == {"reassess", "state-document", "escalation"}


SMALL = """\
company: Acme
severities:
  bad: It is down
  small: {meaning: No one sees it, reassess: none, state_document: 4h, hand_over: none, watch_after: none}
contacts: {boss: {name: Boss}}
escalations: {silence: {when: unanswered, after: {bad: 5m}, call: [boss], do: Call.}}
"""


def kinds(severity_now: str, *events: Event) -> dict[str, str]:
    story = incident(*events, severity=severity_now)
    return {one.what: one.clause for one in list_due(story, parse_policy(SMALL), at(1))}


def test_a_severity_has_its_own_clocks_or_none() -> None:
    bad, small = kinds("bad", commander(0)), kinds("small", commander(0))
    assert bad["reassess"] == "incident.reassess"
    assert bad["hand-over"] in ("hand_over.commander_limit", "hand_over.shift_limit")
    assert bad["state-document"] == "state_document.cadence"
    assert small["state-document"] == "severities.small.state_document"
    assert {"reassess", "hand-over"} & set(small) == set()


def test_an_escalation_is_off_for_the_severities_that_its_times_do_not_name() -> None:
    assert kinds("bad")["escalation"] == "escalations.silence.after.bad"
    assert "escalation" not in kinds("small")


def test_a_severity_without_a_watch_may_be_closed_at_once() -> None:
    assert kinds("bad", stage(0.5, "resolved"))["close"] == "watch_after"
    assert kinds("small", stage(0.5, "resolved")) == {}
