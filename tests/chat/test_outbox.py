"""Messages that wait: written before they are sent, delivered in order, never lost, never twice."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from outage.chat import Posted, flush, post
from outage.chat.deliver import ready
from outage.chat.outbox import box, put, waiting
from outage.chat.route import Post
from outage.policy import Policy, parse_policy
from tests.chat.conftest import POLICY, Chat, Desk
from tests.waiting import eventually


def step(desk: Desk, policy: Policy, kind: str, **data: Any) -> Posted:
    event = desk.record(kind, **data)
    return post(desk.folder, desk.incident, event.id, policy)


def news(desk: Desk, policy: Policy, person: str) -> Posted:
    """A message to the incident's channel only."""
    return step(desk, policy, "role", role="scribe", person=person)


def names(texts: list[str]) -> list[str]:
    return [text.split("Scribe: ")[1].split(" ")[0] for text in texts]


def problems(posted: Posted) -> list[tuple[str, str]]:
    return [(one.message.channel, one.problem) for one in posted.report.deliveries if one.problem]


@pytest.fixture
def dead_port() -> Iterator[int]:
    """A port that refuses connections for as long as the test runs."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_what_was_delivered_is_said_and_leaves_nothing_behind(desk: Desk, policy: Policy, chat: Chat) -> None:
    posted = step(desk, policy, "stage", stage="identified")
    assert sorted(one.message.channel for one in posted.report.deliveries) == ["division", "incident"]
    assert problems(posted) == []
    assert waiting(desk.folder) == []
    assert chat.texts("incident")[0].startswith("Sev 1 | identified | Orders wait")
    assert sorted(channel for channel, _ in chat.told) == ["division", "incident"]


def test_a_dead_service_is_said_and_tried_again_in_order_when_it_lives(
    desk: Desk, policy: Policy, chat: Chat, monkeypatch: pytest.MonkeyPatch, dead_port: int
) -> None:
    monkeypatch.setenv("INCIDENT_URL", f"json://127.0.0.1:{dead_port}/")
    for person in ("Ann", "Bo", "Cy"):
        posted = news(desk, policy, person)
        assert problems(posted) == [("incident", "it could not be reached, or did not answer in time")]
    assert posted.report.waiting == 3

    monkeypatch.setenv("INCIDENT_URL", chat.url("incident"))
    assert news(desk, policy, "Di").report.waiting == 0
    assert names(chat.texts("incident")) == ["Ann", "Bo", "Cy", "Di"]
    assert not flush(desk.folder, policy).deliveries, "nothing is sent twice"
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
    from outage.chat.route import posts

    put(desk.folder, posts(desk.incident, event.id, policy)[0:3:2], event.id)
    ready()  # loading is work of ours, not waiting for them
    report = flush(desk.folder, policy, limit=1)
    assert chat.told == [], "it did not wait for their answer"
    assert report.waiting == 2
    assert all(one.problem for one in report.deliveries)


def test_the_message_is_on_the_disk_before_it_is_sent(desk: Desk, policy: Policy, chat: Chat) -> None:
    seen: list[int] = []

    def status(channel: str, text: str) -> int:
        seen.append(len(waiting(desk.folder)))
        return 200

    chat.status = status
    news(desk, policy, "Ann")
    assert seen == [1]


def test_a_process_that_dies_while_sending_leaves_the_message(desk: Desk, policy: Policy, chat: Chat) -> None:
    chat.delay = 30
    script = (
        "import sys; from pathlib import Path\n"
        "from outage.chat import post\n"
        "from outage.policy import parse_policy\n"
        "from outage.record import append, load\n"
        "folder = Path(sys.argv[1])\n"
        "event = append(folder, 'role', {'role': 'scribe', 'person': 'Ann'}, by='x')\n"
        "post(folder, load(folder), event.id, parse_policy(sys.argv[2]))"
    )
    victim = subprocess.Popen([sys.executable, "-c", script, str(desk.folder), POLICY])
    with victim:
        eventually(lambda: chat.asked, "it sends nothing")
        victim.kill()
    chat.delay = 0
    assert len(waiting(desk.folder)) == 1
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
    (path,) = waiting(desk.folder)
    values = json.loads(path.read_text())
    path.write_text(json.dumps({**values, "written": "2026-11-20T10:03:00Z"}))
    flush(desk.folder, policy)
    assert chat.texts("incident") == ["(delayed: written at 10:03 UTC) news"]


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
        news(desk, policy, "Poison") if not waiting(desk.folder) else flush(desk.folder, policy)
    posted = news(desk, policy, "Bo")
    assert [(one.problem, one.dropped) for one in posted.report.deliveries] == [
        ("it answered with HTTP status 400", True),
        ("", False),
    ]
    assert names(chat.texts("incident")) == ["Bo"]
    assert len(list(box(desk.folder).glob("*.refused"))) == 1


def test_a_garbled_file_in_the_outbox_is_put_aside(desk: Desk, policy: Policy, chat: Chat) -> None:
    news(desk, policy, "Ann")
    (box(desk.folder) / "00000000000000000001-1.json").write_text('{"torn')
    assert news(desk, policy, "Bo").report.waiting == 0
    assert names(chat.texts("incident")) == ["Ann", "Bo"]


# ---------------------------------------------------------------- nothing configured


def test_no_address_is_said_once_an_incident_and_is_no_error(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for channel in ("COMPANY", "DIVISION", "INCIDENT"):
        monkeypatch.delenv(f"{channel}_URL", raising=False)
    policy = parse_policy(POLICY)
    first = step(desk, policy, "stage", stage="identified")
    assert first.unconfigured == (
        ("#inc-2026-11-20-orders", "the variable INCIDENT_URL holds nothing here"),
        ("#shop-{area}", "channels.area has no address"),
        ("#shop", "the variable DIVISION_URL holds nothing here"),
    )
    assert step(desk, policy, "stage", stage="monitoring").unconfigured == ()
    assert waiting(desk.folder) == []


def test_without_an_address_apprise_is_not_even_imported(desk: Desk) -> None:
    script = (
        "import sys; from pathlib import Path; from outage.chat import post; from outage.record import load\n"
        "from outage.policy import parse_policy\n"
        "folder = Path(sys.argv[1]); incident = load(folder)\n"
        "post(folder, incident, incident.declared_event, parse_policy(sys.argv[2]))\n"
        "sys.exit('imported' if 'apprise' in sys.modules else 0)"
    )
    clean = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}
    done = subprocess.run(
        [sys.executable, "-c", script, str(desk.folder), POLICY],
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


# ---------------------------------------------------------------- addresses that depend on the incident


def test_an_address_may_name_the_division_and_the_incident(
    desk: Desk, policy: Policy, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIVISION_URL", chat.url("{division}-outages"))
    monkeypatch.setenv("INCIDENT_URL", chat.url("inc-{incident}"))
    assert problems(step(desk, policy, "stage", stage="identified")) == []
    assert sorted(channel for channel, _ in chat.told) == ["inc-2026-11-20-orders", "shop-outages"]


def test_a_message_without_its_place_goes_nowhere_and_that_is_said(
    desk: Desk, policy: Policy, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INCIDENT_URL", chat.url("{area}"))
    said = news(desk, policy, "Ann").unconfigured
    assert said == (("#inc-2026-11-20-orders", "its address needs the area, and the incident names none"),)
    assert chat.told == []
    assert waiting(desk.folder) == []


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
        assert posted.report.waiting
        assert "hunter2" not in repr(posted)
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
