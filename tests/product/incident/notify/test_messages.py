"""What a message says, where it goes, and what it must never do."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from outage.incident.notify.route import LONGEST, list_posts, quieten
from outage.incident.record.event import Event
from outage.incident.record.store import write
from outage.policy import Policy, parse_policy
from tests.product.incident.notify.desk import POLICY, Desk


def sent(desk: Desk, policy: Policy, kind: str, **data: Any) -> dict[str, str]:
    event = desk.record(kind, **data)
    return {post.channel: post.text for post in list_posts(desk.incident, event.id, policy)}


def test_a_declaration_goes_to_the_incident_and_up_to_its_scope(desk: Desk, policy: Policy) -> None:
    (declared,) = desk.incident.entries
    found = list_posts(desk.incident, declared.event.id, policy)
    assert [(post.channel, post.name) for post in found] == [
        ("incident", "#inc-2026-11-20-orders"),
        ("area", "#shop-‹area›"),
        ("division", "#shop"),
    ]
    assert found[0].text == (
        "Sev 1 | investigating | Orders wait (2026-11-20-orders)\n"
        "Declared: Orders wait (Sev 1, scope division, Shop) — Ines"
    )


def test_state_goes_upwards_and_roles_stay_in_the_incident(desk: Desk, policy: Policy) -> None:
    assert list(sent(desk, policy, "stage", stage="identified")) == ["incident", "area", "division"]
    assert list(sent(desk, policy, "severity", severity="sev2")) == ["incident", "area", "division"]
    assert list(sent(desk, policy, "role", role="scribe", person="Bo")) == ["incident"]
    assert list(sent(desk, policy, "handoff", role="scribe", person="Mei")) == ["incident"]


def test_a_scope_that_narrows_is_news_to_those_who_knew_the_wider_one(desk: Desk, policy: Policy) -> None:
    everywhere = ["incident", "area", "division", "company"]
    assert sorted(sent(desk, policy, "scope", scope="company")) == sorted(everywhere)
    assert sorted(sent(desk, policy, "scope", scope="area")) == sorted(everywhere)
    assert sorted(sent(desk, policy, "stage", stage="identified")) == sorted(everywhere)


@pytest.mark.parametrize("kind", ["note", "decision", "hypothesis", "impact", "contact"])
def test_what_responders_write_for_themselves_is_not_posted(desk: Desk, policy: Policy, kind: str) -> None:
    assert sent(desk, policy, kind, text="x") == {}


def test_an_update_goes_to_its_audience_and_to_the_incident(desk: Desk, policy: Policy) -> None:
    assert list(sent(desk, policy, "update", audience="executives", text="x")) == ["incident", "executives"]
    assert list(sent(desk, policy, "update", audience="responders", text="x")) == ["incident"]


def test_customers_read_what_was_written_for_them_and_nothing_of_ours(desk: Desk, policy: Policy) -> None:
    found = sent(desk, policy, "update", audience="customers", text="Some orders take longer")
    assert found["customers"] == "Investigating\nSome orders take longer"
    assert found["incident"].endswith("To Customers: Some orders take longer — Ines")


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(minutes=1), "Stage: identified"),
        (timedelta(minutes=40), "At 10:20 UTC (11:20 BST): Stage: identified"),
        (timedelta(hours=11, minutes=30), "At 2026-06-16 23:30 UTC (17 Jun 00:30 BST): Stage: identified"),
        (timedelta(hours=13), "At 2026-06-16 22:00 UTC (23:00 BST): Stage: identified"),
    ],
    ids=str,
)
def test_what_happened_earlier_is_not_posted_as_news_of_now(
    tmp_path: Path, policy: Policy, ago: timedelta, said: str
) -> None:
    desk = Desk(tmp_path)
    recorded = datetime(2026, 6, 17, 11, 0, tzinfo=UTC)
    for kind, data in (
        ("declared", {"title": "Orders wait", "severity": "sev1", "scope": "company"}),
        ("update", {"audience": "customers", "text": "Some orders wait"}),
        ("stage", {"stage": "identified"}),
    ):
        write(desk.folder, Event(1, kind, recorded - ago, recorded, "Ines", "outage", kind, data))
    (post, *_) = list_posts(desk.incident, "stage", policy)
    assert post.text.splitlines()[1] == f"{said} — Ines"
    customers = {post.channel: post.text for post in list_posts(desk.incident, "update", policy)}["customers"]
    when = said.removesuffix("Stage: identified")
    assert customers.splitlines()[1] == f"{when}Some orders wait"


def test_who_was_told_wrongly_is_told_the_correction(desk: Desk, policy: Policy) -> None:
    update = desk.record("update", audience="customers", text="All is well")
    found = sent(desk, policy, "correction", event=update.id, text="It is not")
    assert found["customers"] == "Investigating\nCorrection: It is not"
    assert "incident" in found
    note = desk.record("note", text="x")
    assert sent(desk, policy, "correction", event=note.id, text="y") == {}


def test_a_drill_says_so_first_and_never_reaches_customers(
    desk: Desk, policy: Policy, tmp_path_factory: pytest.TempPathFactory
) -> None:
    drill = Desk(tmp_path_factory.mktemp("drill"))
    drill.record("declared", title="Practice", severity="sev1", scope="division", drill=True)
    found = sent(drill, policy, "update", audience="customers", text="x")
    assert list(found) == ["incident"]
    assert found["incident"].startswith("DRILL | Sev 1")


def test_one_channel_for_everything_gets_one_message(desk: Desk) -> None:
    small = parse_policy(
        "company: {name: Tiny}\n"
        "severities: {sev1: {name: Sev 1, meaning: Worst}}\n"
        "channels: {company: '#all'}\n"
    )
    for kind, data in (
        ("stage", {"stage": "identified"}),
        ("update", {"audience": "responders", "text": "x"}),
    ):
        assert list(sent(desk, small, kind, **data)) == ["company"]


def test_an_unknown_division_leaves_its_place_open(desk: Desk) -> None:
    policy = parse_policy(POLICY)
    event = desk.record("stage", stage="identified")
    assert "#shop-‹area›" in [post.name for post in list_posts(desk.incident, event.id, policy)]


# ---------------------------------------------------------------- hostile text


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("@channel @here @everyone @all", "@ channel @ here @ everyone @ all"),
        ("@Channel,@HERE.", "@ Channel,@ HERE."),
        ("＠channel", "＠ channel"),
        ("@room", "@ room"),
        ("@**all** @&12345", "@ **all** @ &12345"),
        ("@\u200bhere", "@\\u200bhere"),
        ("@\u200dhere", "@ here"),
        ("x@here", "x@ here"),
        ("<!channel> <!here|here> <!subteam^S1>", "< !channel> < !here|here> < !subteam^S1>"),
        ("<@U123> <#C1> <users/all>", "< @U123> < #C1> < users/all>"),
        ("<script>alert(1)</script>", "< script>alert(1)< /script>"),
        ("![x](http://tracker.example/x.png)", "! [x](http://tracker.example/x.png)"),
        ("\x1b[31mred\x07\x9b1m", "\\x1b[31mred\\x07\\x9b1m"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("first\nSev 4 | resolved | all is well", "first Sev 4 | resolved | all is well"),
        ("a\r\nb\tc\u2028d", "a b c d"),
        ("ines@larkfield.example, 2 < 3, @allison", "ines@larkfield.example, 2 < 3, @allison"),
    ],
)
def test_a_message_is_one_quiet_line(hostile: str, shown: str) -> None:
    assert quieten(hostile) == shown


def test_a_long_text_is_cut_and_says_so() -> None:
    assert len(quieten("x" * 10_000)) < LONGEST + 60
    assert quieten("x" * 10_000).endswith("(the whole text is in the timeline)")


def test_titles_names_and_texts_are_all_made_quiet(
    policy: Policy, tmp_path_factory: pytest.TempPathFactory
) -> None:
    evil = "@here <!channel> \x1b[2J\nSev 4 | resolved"
    desk = Desk(tmp_path_factory.mktemp("evil"))
    desk.record("declared", by=evil, title=evil, severity="sev1", scope="area", area="x")
    for kind, data in (
        ("role", {"role": "scribe", "person": evil}),
        ("update", {"audience": "customers", "text": evil}),
        ("severity", {"severity": "sev2", "why": evil}),
        ("stage", {"stage": "identified"}),
    ):
        event = desk.record(kind, by=evil, **data)
        for post in list_posts(desk.incident, event.id, policy):
            assert "@here" not in post.text
            assert "<!" not in post.text
            assert "\x1b" not in post.text
            assert post.text.count("\n") == 1
