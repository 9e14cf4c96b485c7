"""Messages that wait: written before they are sent, delivered in order, never lost, never twice."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from outage.incident.notify import Report, flush, look
from outage.incident.notify.outbox import find_box, list_waiting, put
from outage.incident.notify.route import Post, list_posts
from outage.policy import Policy
from tests.product.incident.notify.desk import POLICY, Chat, Desk
from tests.waiting import eventually


def step(desk: Desk, policy: Policy, kind: str, **data: Any) -> Report:
    """Record an event, queue what it makes for channels with an address, and deliver what waits."""
    event = desk.record(kind, **data)
    made = list_posts(desk.incident, event.id, policy)
    put(desk.folder, tuple(one for one in made if policy.channels[one.channel].address), event.id)
    return flush(desk.folder, policy)


def news(desk: Desk, policy: Policy, person: str) -> Report:
    """A message to the incident's channel only."""
    return step(desk, policy, "role", role="scribe", person=person)


def names(texts: list[str]) -> list[str]:
    return [text.split("Scribe: ")[1].split(" ")[0] for text in texts]


def problems(report: Report) -> list[tuple[str, str]]:
    return [(one.message.channel, one.problem) for one in report.deliveries if one.problem]


def test_what_was_delivered_is_said_and_leaves_nothing_behind(desk: Desk, policy: Policy, chat: Chat) -> None:
    posted = step(desk, policy, "stage", stage="identified")
    assert sorted(one.message.channel for one in posted.deliveries) == ["division", "incident"]
    assert problems(posted) == []
    assert list_waiting(desk.folder) == []
    assert chat.texts("incident")[0].startswith("Sev 1 | identified | Orders wait")
    assert sorted(channel for channel, _ in chat.told) == ["division", "incident"]


def test_a_dead_service_is_said_and_tried_again_in_order_when_it_lives(
    desk: Desk, policy: Policy, chat: Chat, monkeypatch: pytest.MonkeyPatch, dead_port: int
) -> None:
    monkeypatch.setenv("INCIDENT_URL", f"json://127.0.0.1:{dead_port}/")
    for person in ("Ann", "Bo", "Cy"):
        posted = news(desk, policy, person)
        assert problems(posted) == [("incident", "it could not be reached, or did not answer in time")]
    assert [one.problem for one in look(desk.folder).waiting] == [problems(posted)[0][1], "", ""]
    assert posted.waiting == 3

    monkeypatch.setenv("INCIDENT_URL", chat.url("incident"))
    assert news(desk, policy, "Di").waiting == 0
    assert names(chat.texts("incident")) == ["Ann", "Bo", "Cy", "Di"]
    assert not flush(desk.folder, policy).deliveries, "nothing is sent twice"
    assert [one.name for one in look(desk.folder).delivered] == ["#inc-2026-11-20-orders"] * 4
    assert len(chat.told) == 4


def test_a_dead_channel_holds_up_no_other(
    desk: Desk, policy: Policy, chat: Chat, monkeypatch: pytest.MonkeyPatch, dead_port: int
) -> None:
    monkeypatch.setenv("INCIDENT_URL", f"json://127.0.0.1:{dead_port}/")
    posted = step(desk, policy, "stage", stage="identified")
    assert [channel for channel, _ in problems(posted)] == ["incident"]
    assert len(chat.texts("division")) == 1


def test_services_that_never_answer_cost_seconds_not_minutes(desk: Desk, policy: Policy, chat: Chat) -> None:
    chat.delay = 100
    event = desk.record("stage", stage="identified")
    put(desk.folder, list_posts(desk.incident, event.id, policy)[0:3:2], event.id)
    report = flush(desk.folder, policy, limit=1)
    assert chat.told == [], "it did not wait for their answer"
    assert report.waiting == 2
    assert all(one.problem for one in report.deliveries)


def test_the_message_is_on_the_disk_before_it_is_sent(desk: Desk, policy: Policy, chat: Chat) -> None:
    seen: list[int] = []

    def status(channel: str, text: str) -> int:
        seen.append(len(list_waiting(desk.folder)))
        return 200

    chat.status = status
    news(desk, policy, "Ann")
    assert seen == [1]


def test_a_process_that_dies_while_sending_leaves_the_message(desk: Desk, policy: Policy, chat: Chat) -> None:
    chat.delay = 30
    script = (
        "import sys; from pathlib import Path\n"
        "from outage.incident.notify import flush\n"
        "from outage.policy import parse_policy\n"
        "flush(Path(sys.argv[1]), parse_policy(sys.argv[2]))"
    )
    event = desk.record("role", role="scribe", person="Ann")
    put(desk.folder, list_posts(desk.incident, event.id, policy), event.id)
    victim = subprocess.Popen([sys.executable, "-c", script, str(desk.folder), POLICY])
    with victim:
        eventually(lambda: chat.asked, "it sends nothing")
        victim.kill()
    chat.delay = 0
    assert len(list_waiting(desk.folder)) == 1
    assert flush(desk.folder, policy).waiting == 0
    assert names(chat.texts("incident"))[-1] == "Ann"


def test_commands_at_the_same_time_send_each_message_once(desk: Desk, policy: Policy, chat: Chat) -> None:
    chat.delay = 0.05
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: news(desk, policy, f"p{number}"), range(8)))
    flush(desk.folder, policy)
    assert sorted(names(chat.texts("incident"))) == [f"p{number}" for number in range(8)]


def test_a_message_that_is_old_says_so(desk: Desk, policy: Policy, chat: Chat) -> None:
    put(desk.folder, (Post("incident", "#inc", "news"),), "event")
    (path,) = list_waiting(desk.folder)
    values = json.loads(path.read_text())
    path.write_text(json.dumps({**values, "written": "2026-11-20T10:03:00Z"}))
    flush(desk.folder, policy)
    assert chat.texts("incident") == ["(delayed: written at 2026-11-20 10:03 UTC) news"]


# ---------------------------------------------------------------- refusals


def test_why_a_service_refused_is_said(desk: Desk, policy: Policy, chat: Chat) -> None:
    chat.status = lambda channel, text: 403
    assert problems(news(desk, policy, "Ann")) == [("incident", "it answered with HTTP status 403")]
    chat.status = lambda channel, text: 200
    assert flush(desk.folder, policy).waiting == 0


def test_a_message_the_service_will_never_take_does_not_block_the_rest(
    desk: Desk, policy: Policy, chat: Chat
) -> None:
    chat.status = lambda channel, text: 400 if "Poison" in text else 200
    for _ in range(2):
        news(desk, policy, "Poison") if not list_waiting(desk.folder) else flush(desk.folder, policy)
    posted = news(desk, policy, "Bo")
    assert [(one.problem, one.dropped) for one in posted.deliveries] == [
        ("it answered with HTTP status 400", True),
        ("", False),
    ]
    assert names(chat.texts("incident")) == ["Bo"]
    assert [one.problem for one in look(desk.folder).refused] == ["it answered with HTTP status 400"]


def test_a_garbled_file_in_the_outbox_is_put_aside(desk: Desk, policy: Policy, chat: Chat) -> None:
    news(desk, policy, "Ann")
    (find_box(desk.folder) / "00000000000000000001-1.json").write_text('{"torn')
    assert news(desk, policy, "Bo").waiting == 0
    assert names(chat.texts("incident")) == ["Ann", "Bo"]


# ---------------------------------------------------------------- secrets


def test_an_address_is_nowhere_to_be_seen(
    desk: Desk,
    policy: Policy,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    dead_port: int,
) -> None:
    secrets = [
        f"json://user:hunter2@127.0.0.1:{dead_port}/hunter2?token=hunter2",
        f"mmost://127.0.0.1:{dead_port}/hunter2hunter2hunter2hunter2",
        "nonsense://hunter2",
        "hunter2",
    ]
    for secret in secrets:
        monkeypatch.setenv("INCIDENT_URL", secret)
        posted = news(desk, policy, "Ann")
        assert posted.waiting
        assert "hunter2" not in repr(posted)
    assert "hunter2" not in repr(look(desk.folder))
    written = [path.read_text() for path in desk.folder.rglob("*") if path.is_file()]
    assert not [text for text in written if "hunter2" in text]
    out, err = capfd.readouterr()
    assert "hunter2" not in out + err


def test_mattermost_is_posted_to_as_it_expects(
    desk: Desk, policy: Policy, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INCIDENT_URL", f"mmost://127.0.0.1:{chat.port}/{'a' * 26}")
    assert problems(news(desk, policy, "Ann @here")) == []
    (told,) = chat.told
    assert told[0] == f"hooks/{'a' * 26}"
    assert "Scribe: Ann @ here" in told[1]
