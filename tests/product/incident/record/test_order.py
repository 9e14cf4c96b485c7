"""Whose change holds: the one that was written last, by people whose clocks differ."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from outage.incident.folders import list_open
from outage.incident.record import FILE, Event, Incident, append, load
from outage.incident.record.event import MOST_N, format_moment, parse_event
from outage.incident.record.fold import fold
from outage.incident.record.order import put_in_turn
from outage.incident.record.store import read_bytes
from outage.incident.skew import describe_clocks_ahead
from outage.project import Project

NOON = datetime(2026, 6, 17, 12, 0, tzinfo=UTC)
AHEAD = timedelta(hours=2)


def change(
    n: int, minute: float, kind: str, *, by: str = "Ann", fast: bool = False, late: float = 0, **data: str
) -> Event:
    """What someone wrote at a minute past noon, by their own clock, ``late`` minutes after it happened."""
    written = NOON + timedelta(minutes=minute) + (AHEAD if fast else timedelta())
    at = written - timedelta(minutes=late)
    return Event(1, f"{kind}-{by}-{minute:g}", at, written, by, "outage", kind, data, n=n)


DECLARED = change(1, 0, "declared", title="Orders wait", severity="sev3", scope="area")

THREE_WRITERS = [
    DECLARED,
    change(2, 1, "severity", by="Fast", fast=True, severity="sev2"),
    change(3, 2, "role", by="Fast", fast=True, role="incident-commander", person="Fay"),
    change(4, 3, "stage", by="Fast", fast=True, stage="closed"),
    change(5, 4, "stage", by="Ann", stage="investigating"),
    change(6, 5, "severity", by="Bob", severity="sev1"),
    change(7, 6, "handoff", by="Ann", role="incident-commander", person="Cy"),
]
"""Three people, one of whom has a clock that is two hours ahead; each had read what was written before."""


def state(incident: Incident) -> tuple[str, str | None, list[tuple[str, bool]]]:
    holders = [(one.person, one.until is None) for one in incident.holdings]
    return incident.stage, incident.severity, holders


def test_a_fast_clock_makes_nobody_elses_changes_void_in_any_order_of_the_lines() -> None:
    folded = [fold(lines, name="x") for lines in itertools.permutations(THREE_WRITERS)]
    assert state(folded[0]) == ("investigating", "sev1", [("Fay", False), ("Cy", True)])
    assert all(one == folded[0] for one in folded)


def test_every_change_holds_from_no_later_than_what_was_written_after_it() -> None:
    incident = fold(THREE_WRITERS)
    for changes in (incident.severities, incident.stages):
        assert [one.at for one in changes] == sorted(one.at for one in changes)
    first, second = incident.holdings
    assert first.since <= (first.until or NOON) == second.since == NOON + timedelta(minutes=6)
    assert [end for _, end in incident.running()][-1] is None


def test_the_timeline_still_shows_what_each_clock_said() -> None:
    shown = [entry.event.at for entry in fold(THREE_WRITERS).entries]
    assert shown == sorted(event.at for event in THREE_WRITERS)


def test_a_clock_that_is_ahead_is_said_with_how_far_at_least() -> None:
    (said,) = describe_clocks_ahead(fold(THREE_WRITERS), NOON + timedelta(hours=3), "UTC")
    assert said.startswith("a clock is ahead by at least 1 h 59 min: entry stage-Fa by Fast says 14:03 UTC")
    assert "entry stage-An by Ann, written after it unless their clones had not synced, says" in said
    assert said.endswith("2026-06-17 12:04 UTC; the second holds")


def test_clocks_that_agree_are_not_spoken_of() -> None:
    agreed = [event for event in THREE_WRITERS if event.by != "Fast"]
    assert describe_clocks_ahead(fold(agreed), NOON + timedelta(hours=3), "UTC") == []


def test_an_entry_from_the_future_is_said_to_be_one() -> None:
    incident = fold([change(1, 0, "declared", by="Fast", fast=True, title="x")])
    (said,) = describe_clocks_ahead(incident, NOON, "UTC")
    assert said.startswith("a clock is ahead by at least 2 h 00 min, or this machine's is behind: entry")
    assert describe_clocks_ahead(incident, NOON + AHEAD, "UTC") == []


def test_what_was_written_down_later_still_counts_from_when_it_happened() -> None:
    events = [
        DECLARED,
        change(2, 10, "severity", severity="sev1"),
        change(3, 30, "severity", late=25, severity="sev2"),
    ]
    for lines in itertools.permutations(events):
        incident = fold(lines)
        assert [one.value for one in incident.severities] == ["sev3", "sev2", "sev1"]
        assert incident.clocks == ()


def test_a_change_written_later_is_not_hidden_by_a_fast_clock_once_that_is_known() -> None:
    events = [
        DECLARED,
        change(2, 10, "severity", by="Fast", fast=True, severity="sev2"),
        change(3, 20, "severity", severity="sev1"),
        change(4, 90, "severity", late=60, severity="sev3"),
    ]
    assert [one.value for one in fold(events).severities] == ["sev3", "sev2", "sev1", "sev3"]


def test_of_two_who_had_read_as_much_the_later_writer_holds_and_then_the_id() -> None:
    ann, bob = (
        change(2, 5, "stage", by="Ann", stage="monitoring"),
        change(2, 4, "stage", by="Bob", stage="closed"),
    )
    at_once = change(2, 5, "stage", by="Cy", stage="resolved")
    for lines in itertools.permutations([DECLARED, ann, bob, at_once]):
        assert [one.value for one in fold(lines).stages][1:] == ["closed", "monitoring", "resolved"]


def test_lines_of_older_writers_fold_as_they_did() -> None:
    old = [Event(1, e.id, e.at, e.recorded, e.by, e.writer, e.kind, e.data) for e in THREE_WRITERS]
    incident = fold(old)
    assert incident.stage == "closed", "without n there is only the clock"
    assert incident.clocks == ()


def test_the_last_correction_and_the_last_word_on_a_step_are_those_written_last() -> None:
    from outage.playbook.state import fold_plays

    events = [
        DECLARED,
        Event(1, "note", NOON, NOON, "Ann", "outage", "note", {"text": "pid 1"}, n=2),
        change(3, 1, "correction", by="Fast", fast=True, event="note", text="pid 2"),
        change(4, 2, "correction", event="note", text="pid 3"),
        change(5, 3, "playbook", by="Fast", fast=True, playbook="p", step="one", state="done"),
        change(6, 4, "playbook", playbook="p", step="one", state="started"),
        change(7, 5, "run", by="Fast", fast=True, run="r", runbook="b", mode="apply", state="running"),
        change(8, 6, "run", run="r", runbook="b", mode="apply", state="succeeded"),
    ]
    for lines in itertools.islice(itertools.permutations(events), 0, 40320, 97):
        incident = fold(lines)
        assert next(e.text for e in incident.entries if e.event.id == "note") == "pid 3"
        assert fold_plays(incident)["p"].ticks["one"].state == "started"
        assert incident.runs[0].state == "succeeded"


def test_one_change_of_an_incident_may_not_be_open_here_and_closed_there(tmp_path: Path) -> None:
    """What decides quickly which incidents are open agrees with the fold, whatever the clocks."""
    project = Project(tmp_path, tmp_path / "handbook.yml")
    closed = change(2, 1, "stage", stage="closed")
    cases = {
        "open-again": THREE_WRITERS,
        "closed": [DECLARED, closed],
        "declared-ahead": [change(1, 0, "declared", by="Fast", fast=True, title="x"), closed],
        "closed-ahead": [DECLARED, change(2, 1, "stage", by="Fast", fast=True, stage="closed")],
        "late-word": [DECLARED, closed, change(3, 9, "stage", late=8.5, stage="monitoring")],
    }
    for name, events in cases.items():
        for number, lines in enumerate(itertools.islice(itertools.permutations(events), 24)):
            folder = tmp_path / "incidents" / f"{name}-{number}"
            folder.mkdir(parents=True)
            (folder / FILE).write_bytes(b"".join(event.to_line() for event in lines))
    found = {one.id for one in list_open(project)}
    folders = (tmp_path / "incidents").iterdir()
    assert found == {folder.name for folder in folders if load(folder).is_open}
    assert {name.rpartition("-")[0] for name in found} == {"open-again"}


# ---------------------------------------------------------------- n on the line


def test_each_event_carries_one_more_than_the_largest_that_was_read(tmp_path: Path) -> None:
    assert append(tmp_path, "note", {"text": "first"}, by="Ann").n == 1
    assert append(tmp_path, "note", {"text": "second"}, by="Bob").n == 2
    elsewhere = change(40, 0, "note", text="from another clone")
    with (tmp_path / FILE).open("ab") as file:
        file.write(elsewhere.to_line() + b'{"torn')
    assert append(tmp_path, "note", {"text": "after it"}, by="Ann").n == 41
    line = json.loads((tmp_path / FILE).read_bytes().splitlines()[-1])
    assert list(line) == ["v", "id", "at", "recorded", "n", "by", "writer", "kind", "data"]


def test_a_line_without_n_counts_as_nought_and_is_written_back_as_it_was(tmp_path: Path) -> None:
    old = Event(1, "a", NOON, NOON, "Ann", "outage", "note", {"text": "x"})
    assert b'"n"' not in old.to_line()
    assert parse_event(json.loads(old.to_line())) == old
    (tmp_path / FILE).write_bytes(old.to_line())
    assert append(tmp_path, "note", {"text": "y"}, by="Bob").n == 1


@pytest.mark.parametrize("n", [-1, 1.5, True, "7", None, MOST_N + 1, 10**40])
def test_a_wrong_n_is_that_lines_problem(n: object) -> None:
    good = change(1, 0, "note", text="good").to_line()
    wrong = json.dumps({**json.loads(good), "id": "wrong", "n": n}).encode()
    reading = read_bytes(good + wrong, Path(FILE))
    assert [event.data["text"] for event in reading.events] == ["good"]
    assert "n is a whole number" in reading.problems[0].message


def test_the_largest_n_there_can_be_stops_nobody_from_writing(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(change(MOST_N, 0, "note", text="x").to_line())
    append(tmp_path, "note", {"text": "y"}, by="Bob")
    assert [entry.text for entry in load(tmp_path).entries] == ["x", "y"]


# ---------------------------------------------------------------- times that nobody believes


@pytest.mark.parametrize(
    "time",
    [
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-12:00",
        "2026-12-31T23:59:60Z",
        "1969-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
        "2026-06-17T12:00:00",
        "noon",
    ],
)
@pytest.mark.parametrize("key", ["at", "recorded"])
def test_an_absurd_time_is_that_lines_problem(key: str, time: str) -> None:
    good = DECLARED.to_line()
    wrong = json.dumps({**json.loads(good), "id": "wrong", key: time}).encode()
    incident = fold(read_bytes(wrong + b"\n" + good, Path(FILE)), name="x")
    assert (incident.title, incident.is_open, len(incident.entries)) == ("Orders wait", True, 1)
    assert ":1: left out:" in str(incident.problems[0])


def test_order_does_not_depend_on_what_is_given_first() -> None:
    turns = {
        tuple(turn.event.id for turn in put_in_turn(lines)[0])
        for lines in itertools.permutations(THREE_WRITERS)
    }
    assert len(turns) == 1
    assert format_moment(put_in_turn(THREE_WRITERS)[0][0].at) == "2026-06-17T12:00:00Z"
