"""Posting what a command recorded: in the background for colleagues, awaited for customers."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from outage import background
from outage.incident import notify as posting
from outage.incident.notify import Posted, flush, look, post
from outage.incident.notify.outbox import find_box, list_waiting, put
from outage.incident.notify.route import Post
from outage.policy import Policy, parse_policy
from tests.product.incident.notify.desk import POLICY, Chat, Desk
from tests.waiting import eventually

Step = Callable[..., Posted]


@pytest.fixture
def step(desk: Desk, policy: Policy, tmp_path: Path) -> Step:
    """Record an event and post it, as a command does."""
    file = tmp_path / "handbook.yml"
    file.write_text(POLICY, encoding="utf-8")

    def take(kind: str, *, silent: bool = False, **data: Any) -> Posted:
        event = desk.record(kind, **data)
        return post(desk.folder, file, desk.incident, event.id, policy, silent=silent)

    return take


@pytest.fixture
def gate(chat: Chat) -> Iterator[threading.Event]:
    """The chat answers nobody until this is set."""
    event = threading.Event()

    def status(channel: str, text: str) -> int:
        event.wait(60)
        return 200

    chat.status = status
    yield event
    event.set()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command waits for as long as a busy machine may need."""
    monkeypatch.setattr(posting, "PATIENCE", 60.0)
    monkeypatch.setattr(posting, "START", 60.0)


def worker() -> "subprocess.Popen[bytes]":
    """The process that was started last."""
    return background._STARTED[-1]


# ---------------------------------------------------------------- colleagues


def test_a_command_does_not_wait_for_the_chat(
    desk: Desk, step: Step, chat: Chat, gate: threading.Event
) -> None:
    posted = step("stage", stage="identified")
    assert posted.queued == ("#inc-2026-11-20-orders", "#shop")
    assert chat.told == []
    gate.set()
    eventually(lambda: len(chat.told) == 2)
    assert {text.splitlines()[1] for _, text in chat.told} == {"Stage: identified — Ines"}
    eventually(lambda: not list_waiting(desk.folder))
    assert sorted(one.channel for one in look(desk.folder).delivered) == ["division", "incident"]


def test_the_process_ends_when_nothing_waits(desk: Desk, step: Step, chat: Chat) -> None:
    step("stage", stage="identified")
    assert worker().wait(60) == 0
    assert list_waiting(desk.folder) == []


def test_the_process_ends_although_the_chat_never_answers(desk: Desk, step: Step, chat: Chat) -> None:
    chat.delay = 300
    step("role", role="scribe", person="Ann")
    assert worker().wait(60) == 0
    (message,) = look(desk.folder).waiting
    assert message.problem == "it could not be reached, or did not answer in time"
    assert message.tried is not None


def test_a_process_that_is_killed_loses_nothing(
    desk: Desk, step: Step, chat: Chat, gate: threading.Event
) -> None:
    step("role", role="scribe", person="Ann")
    eventually(lambda: chat.asked)
    worker().kill()
    worker().wait()
    assert len(list_waiting(desk.folder)) == 1
    gate.set()
    step("note", text="a command that posts nothing of its own")
    eventually(lambda: not list_waiting(desk.folder))
    assert "Scribe: Ann" in chat.texts("incident")[-1]


def test_commands_in_quick_succession_post_each_message_once_and_in_order(
    desk: Desk, step: Step, chat: Chat
) -> None:
    people = [f"p{number}" for number in range(6)]
    for person in people:
        step("role", role="scribe", person=person)
    eventually(lambda: not list_waiting(desk.folder))
    texts = chat.texts("incident")
    assert [text.split("Scribe: ")[1].split(" ")[0] for text in texts] == people


def test_what_failed_in_the_background_is_said_by_the_next_command(
    desk: Desk, step: Step, chat: Chat
) -> None:
    chat.status = lambda channel, text: 403
    assert step("role", role="scribe", person="Ann").failing == ()
    worker().wait()
    (failing,) = step("note", text="x").failing
    assert (failing.name, failing.problem) == ("#inc-2026-11-20-orders", "it answered with HTTP status 403")


def test_a_policy_that_cannot_be_read_is_why_it_waits(
    desk: Desk, step: Step, chat: Chat, tmp_path: Path
) -> None:
    event = desk.record("role", role="scribe", person="Ann")
    broken = tmp_path / "broken.yml"
    broken.write_text("company: {name: Larkfield}\nseverties: {}\n", encoding="utf-8")
    post(desk.folder, broken, desk.incident, event.id, parse_policy(POLICY))
    worker().wait()
    (message,) = look(desk.folder).waiting
    assert "severties" in message.problem


def test_nobody_is_told_of_a_silent_event(desk: Desk, step: Step, chat: Chat) -> None:
    posted = step("update", silent=True, audience="customers", text="Told by telephone")
    assert posted == Posted(silent=True)
    assert list_waiting(desk.folder) == []
    assert desk.incident.updates[-1].text == "Told by telephone"


# ---------------------------------------------------------------- customers


@pytest.mark.usefixtures("patient")
def test_an_update_to_customers_is_waited_for(step: Step, chat: Chat) -> None:
    posted = step("update", audience="customers", text="Some orders wait")
    assert chat.texts("customers") == ["Investigating\nSome orders wait"]
    assert posted == Posted(queued=("#inc-2026-11-20-orders",), outward="Status page")


@pytest.mark.usefixtures("patient")
def test_an_update_that_customers_did_not_get_is_said_with_the_reason(
    desk: Desk, step: Step, chat: Chat
) -> None:
    chat.status = lambda channel, text: 403
    posted = step("update", audience="customers", text="Some orders wait")
    assert posted.undelivered == "it answered with HTTP status 403"
    assert [one.name for one in look(desk.folder).waiting if one.outward] == ["Status page"]


def test_a_status_page_that_hangs_is_not_waited_for_longer_than_promised(
    desk: Desk, step: Step, chat: Chat, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "START", 60.0)
    posted = step("update", audience="customers", text="Some orders wait")
    assert posted.undelivered == "nothing was heard for 3 seconds"
    gate.set()
    eventually(lambda: not list_waiting(desk.folder), "it is not tried on in the background")
    assert chat.texts("customers") == ["Investigating\nSome orders wait"]


def test_a_machine_that_is_slow_to_begin_is_no_reason_to_say_that_customers_heard_nothing(
    step: Step, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = posting.background.request
    monkeypatch.setattr(posting, "PATIENCE", 1.0)
    monkeypatch.setattr(posting, "START", 60.0)
    monkeypatch.setattr(
        posting.background, "request", lambda *given: threading.Timer(1.5, begin, given).start()
    )
    posted = step("update", audience="customers", text="Some orders wait")
    assert (posted.undelivered, chat.texts("customers")) == ("", ["Investigating\nSome orders wait"])


def test_an_update_that_nothing_sends_is_not_waited_for_longer_than_promised(
    desk: Desk, step: Step, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "START", 0.3)
    monkeypatch.setattr(posting.background, "request", lambda *given: None)
    posted = step("update", audience="customers", text="Some orders wait")
    assert posted.undelivered.startswith("it was not sent within 0 seconds: this machine is busy")
    assert "Status page" in [one.name for one in look(desk.folder).waiting]
    assert chat.told == []


@pytest.mark.usefixtures("patient", "chat")
def test_an_address_that_only_this_machine_lacks_keeps_the_update_waiting(
    desk: Desk, step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUSTOMERS_URL")
    posted = step("update", audience="customers", text="Some orders wait")
    assert posted.undelivered == "the variable CUSTOMERS_URL holds nothing here"
    assert "Status page" in [one.name for one in look(desk.folder).waiting]


def test_a_channel_that_a_person_publishes_to_is_named_each_time(desk: Desk, chat: Chat) -> None:
    by_hand = parse_policy(POLICY.replace(", address: secret://env/CUSTOMERS_URL", ""))
    for _ in range(2):
        event = desk.record("update", audience="customers", text="Some orders wait")
        posted = post(desk.folder, desk.folder, desk.incident, event.id, by_hand)
        assert (posted.by_hand, posted.outward, posted.undelivered) == ("Status page", "", "")


@pytest.mark.usefixtures("patient")
def test_customers_hear_of_no_drill(step: Step, chat: Chat, desk: Desk, policy: Policy) -> None:
    desk.record("declared", title="Practice", severity="sev1", scope="division", drill=True)
    (desk.folder / "record.jsonl").write_bytes(
        (desk.folder / "record.jsonl").read_bytes().split(b"\n", 1)[1]  # the drill's declaration only
    )
    posted = step("update", audience="customers", text="Some orders wait")
    assert (posted.outward, posted.by_hand) == ("", "")
    flush(desk.folder, policy)
    assert chat.texts("customers") == []


# ---------------------------------------------------------------- nothing configured


def test_no_address_is_said_once_an_incident_and_is_no_error(
    desk: Desk, step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    for channel in ("COMPANY", "DIVISION", "INCIDENT"):
        monkeypatch.delenv(f"{channel}_URL", raising=False)
    first = step("stage", stage="identified")
    assert first.unconfigured == (
        ("#inc-2026-11-20-orders", "the variable INCIDENT_URL holds nothing here"),
        ("#shop-‹area›", "channels.area has no address, and the incident names no area"),
        ("#shop", "the variable DIVISION_URL holds nothing here"),
    )
    assert step("stage", stage="monitoring").unconfigured == ()
    assert list_waiting(desk.folder) == []


def test_a_command_that_posts_does_not_import_apprise(desk: Desk, chat: Chat, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from outage.incident.notify import post\n"
        "from outage.incident.record import load\n"
        "from outage.policy import load_policy\n"
        "folder, file = map(Path, sys.argv[1:]); incident = load(folder)\n"
        "posted = post(folder, file, incident, incident.declared_event, load_policy(file))\n"
        "assert posted.queued\n"
        "sys.exit('imported' if 'apprise' in sys.modules else 0)"
    )
    file = tmp_path / "handbook.yml"
    file.write_text(POLICY, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", script, str(desk.folder), str(file)],
        env={**os.environ, "INCIDENT_URL": chat.url("incident")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    eventually(lambda: chat.texts("incident"), "it does not outlive the command")


# ---------------------------------------------------------------- addresses that depend on the incident


def test_an_address_may_name_the_division_and_the_incident(
    step: Step, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIVISION_URL", chat.url("{division}-outages"))
    monkeypatch.setenv("INCIDENT_URL", chat.url("inc-{incident}"))
    step("stage", stage="identified")
    worker().wait()
    assert sorted(channel for channel, _ in chat.told) == ["inc-2026-11-20-orders", "shop-outages"]


def test_a_message_without_its_place_goes_nowhere_and_that_is_said(
    desk: Desk, step: Step, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INCIDENT_URL", chat.url("{area}"))
    said = step("role", role="scribe", person="Ann").unconfigured
    assert said == (("#inc-2026-11-20-orders", "its address needs the area, and the incident names none"),)
    assert chat.told == []
    assert list_waiting(desk.folder) == []


# ---------------------------------------------------------------- secrets


def test_an_address_is_in_no_argument_and_no_file(
    desk: Desk, step: Step, chat: Chat, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INCIDENT_URL", f"json://user:hunter2@127.0.0.1:{chat.port}/incident?token=hunter2")
    step("role", role="scribe", person="Ann")
    eventually(lambda: chat.asked)
    arguments = Path(f"/proc/{worker().pid}/cmdline").read_bytes()
    assert b"outage.incident.notify.background" in arguments
    assert b"hunter2" not in arguments
    chat.status = lambda channel, text: 500
    gate.set()
    worker().wait()
    written = [path.read_text() for path in desk.folder.rglob("*") if path.is_file()]
    assert not [text for text in written if "hunter2" in text]


def test_a_fault_of_our_own_is_found_beside_the_message_and_tells_no_secret(
    desk: Desk, policy: Policy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from outage.incident.notify import background as poster

    def broken(*arguments: object) -> None:
        raise RuntimeError("json://user:hunter2@chat.example")

    event = desk.record("role", role="scribe", person="Ann")
    put(desk.folder, (Post("incident", "#inc", "news"),), event.id)
    background.leave_wish(find_box(desk.folder))
    monkeypatch.setattr(poster, "deliver_round", broken)
    monkeypatch.setattr("signal.alarm", lambda seconds: None)
    file = tmp_path / "handbook.yml"
    file.write_text(POLICY, encoding="utf-8")
    poster.work(desk.folder, file)
    assert [one.problem for one in look(desk.folder).waiting] == ["a fault in the tool itself: RuntimeError"]
