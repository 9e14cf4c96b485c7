"""Events become an incident: ordered by when things happened, corrected, redacted, never rewritten."""

import dataclasses
import itertools
import json
import pickle
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from outage.incident.record import FILE, Event, Incident, load, read
from outage.incident.record.event import format_moment
from outage.incident.record.fold import fold
from outage.incident.record.store import read_bytes

GOLDEN = Path(__file__).parent / "golden"
START = datetime(2026, 6, 17, 9, 40, tzinfo=UTC)


def event(
    minute: float, kind: str, *, name: str = "", by: str = "Ines", late: float = 0, **data: Any
) -> Event:
    at = START + timedelta(minutes=minute)
    return Event(1, name or f"{kind}-{minute}", at, at + timedelta(minutes=late), by, "outage", kind, data)


DECLARED = event(0, "declared", title="Orders wait", severity="sev2", scope="area")


def texts(incident: Incident) -> list[str]:
    return [entry.text for entry in incident.entries]


def golden() -> Incident:
    path = GOLDEN / "incident.jsonl"
    return fold(read_bytes(path.read_bytes(), Path(FILE)), name="2026-06-17-orders", file=Path(FILE))


def as_json(incident: Incident) -> str:
    def default(value: Any) -> Any:
        return format_moment(value) if isinstance(value, datetime) else str(value)

    data = dataclasses.asdict(incident)
    for entry in data["entries"]:
        entry["event"] = entry["event"]["id"][:8] + " " + entry["event"]["kind"]
    return json.dumps(data, indent=1, default=default, ensure_ascii=False) + "\n"


def test_the_golden_record_makes_the_golden_incident() -> None:
    assert as_json(golden()) == (GOLDEN / "incident.json").read_text(encoding="utf-8")


def test_what_was_redacted_is_nowhere_in_the_incident() -> None:
    assert "hunter2" not in as_json(golden())
    assert "hunter2" not in repr(golden())


def test_an_incident_survives_pickling_for_the_site_keeps_it() -> None:
    assert pickle.loads(pickle.dumps(golden())) == golden()


def test_the_order_of_the_file_does_not_matter() -> None:
    reading = read_bytes((GOLDEN / "incident.jsonl").read_bytes(), Path(FILE))
    expected = fold(reading.events, name="x")
    for seed in range(20):
        shuffled = list(reading.events)
        random.Random(seed).shuffle(shuffled)
        assert fold(shuffled, name="x") == expected


def test_order_is_by_happened_then_written_then_id() -> None:
    events = [
        event(5, "note", name="b", text="4"),
        event(5, "note", name="a", text="3"),
        event(5, "note", name="z", late=-1, text="2"),
        event(4, "note", name="y", late=9, text="1"),
    ]
    for some in itertools.permutations(events):
        assert texts(fold(some)) == ["1", "2", "3", "4"]


def test_a_late_entry_stands_where_it_happened_and_says_so() -> None:
    incident = fold([DECLARED, event(10, "note", text="ten"), event(5, "note", text="five", late=30)])
    assert texts(incident) == ["Orders wait", "five", "ten"]
    assert [entry.late for entry in incident.entries] == [False, True, False]


def test_an_id_counts_once() -> None:
    incident = fold([DECLARED, event(1, "note", text="x"), event(1, "note", text="x")])
    assert len(incident.entries) == 2
    assert not incident.problems


@pytest.mark.parametrize("swap", [False, True])
def test_two_events_under_one_id_are_a_problem_and_the_same_one_wins_everywhere(swap: bool) -> None:
    both = [event(1, "note", name="same", text="as written"), event(1, "note", name="same", text="edited")]
    incident = fold([DECLARED, *(reversed(both) if swap else both)])
    assert texts(incident)[1] == "as written"
    assert "two different lines" in str(incident.problems[0])


def test_an_incident_nobody_declared_is_still_shown() -> None:
    incident = fold([event(1, "note", text="x")], name="2026-06-17-orders")
    assert (incident.title, incident.declared_at, incident.severity) == ("2026-06-17-orders", None, None)
    assert list(incident.running()) == []


def test_the_first_declaration_holds() -> None:
    incident = fold([DECLARED, event(3, "declared", title="Again", severity="sev1")])
    assert (incident.title, incident.severity) == ("Orders wait", "sev2")
    assert "declared before" in str(incident.problems[0])


# ---------------------------------------------------------------- corrections and redactions


def test_a_correction_changes_what_is_shown_and_keeps_what_was_said() -> None:
    incident = fold(
        [DECLARED, event(1, "note", name="n", text="pid 1"), event(2, "correction", event="n", text="pid 2")]
    )
    entry = incident.entries[1]
    assert entry.text == "pid 2"
    assert entry.event.data == {"text": "pid 1"}
    assert [(one.before, one.by) for one in entry.corrections] == [("pid 1", "Ines")]


def test_the_latest_correction_wins_and_a_correction_may_be_corrected() -> None:
    incident = fold(
        [
            DECLARED,
            event(1, "note", name="n", text="one"),
            event(2, "correction", name="c", event="n", text="two"),
            event(3, "correction", event="c", text="three"),
        ]
    )
    assert incident.entries[1].text == "three"
    assert [one.before for one in incident.entries[1].corrections] == ["one", "two"]


@pytest.mark.parametrize(
    ("about", "text", "seen"),
    [
        (
            event(1, "role", name="x", role="scribe", person="Bo"),
            "Mei",
            lambda i: i.roles["scribe"][0].person,
        ),
        (event(1, "severity", name="x", severity="sev3"), "sev1", lambda i: i.severity),
        (event(1, "stage", name="x", stage="closed"), "monitoring", lambda i: i.stage),
        (event(1, "scope", name="x", scope="area"), "company", lambda i: i.scope),
        (event(1, "update", name="x", audience="customers", text="a"), "b", lambda i: i.updates[0].text),
        (event(1, "action", name="x", text="a", owner="Bo"), "b", lambda i: i.actions[0].text),
        (event(0, "declared", name="x", title="a", severity="sev1"), "b", lambda i: i.title),
    ],
    ids=lambda value: value.kind if isinstance(value, Event) else "",
)
def test_a_correction_changes_the_state_too(about: Event, text: str, seen: Any) -> None:
    others = [] if about.kind == "declared" else [DECLARED]
    assert seen(fold([*others, about, event(9, "correction", event="x", text=text)])) == text


def test_a_correction_that_does_not_fit_is_a_problem_and_changes_nothing() -> None:
    incident = fold(
        [
            DECLARED,
            event(1, "stage", name="s", stage="identified"),
            event(2, "correction", event="s", text="x"),
        ]
    )
    assert incident.stage == "identified"
    assert "'x' is not a stage" in str(incident.problems[0])


def test_a_correction_of_nothing_or_of_itself_is_a_problem_and_nothing_more() -> None:
    loops = [
        event(1, "correction", name="a", event="b", text="x"),
        event(2, "correction", name="b", event="a", text="x"),
        event(3, "correction", name="c", event="c", text="x"),
        event(4, "correction", name="d", event="nowhere", text="x"),
        event(5, "redaction", name="e", event="e"),
    ]
    incident = fold([DECLARED, *loops])
    assert len(incident.entries) == 6
    assert len(incident.problems) == 1


def test_a_redaction_hides_words_and_changes_no_state() -> None:
    incident = fold(
        [
            event(0, "declared", name="d", title="secret", severity="sev1", scope="area"),
            event(1, "role", name="r", role="incident-commander", person="secret"),
            event(2, "update", name="u", audience="customers", text="secret"),
            event(3, "weather", name="w", sky="secret"),
            event(4, "run", name="x", run="r1", runbook="b", mode="apply", target="secret", state="failed"),
            *(event(9, "redaction", name=f"red-{name}", event=name, why="why") for name in "druwx"),
        ],
        name="2026-06-17-x",
    )
    assert "secret" not in repr(incident)
    assert (incident.severity, incident.title) == ("sev1", "2026-06-17-x")
    assert incident.updates[0].at == START + timedelta(minutes=2)
    assert incident.roles["incident-commander"][0].person == "(redacted)"
    assert incident.runs[0].state == "failed"
    assert incident.entries[0].redaction is not None
    assert incident.entries[0].redaction.why == "why"


def test_redacting_a_correction_takes_it_back_and_redacting_the_entry_hides_its_corrections() -> None:
    note = event(1, "note", name="n", text="one")
    correction = event(2, "correction", name="c", event="n", text="secret")
    taken_back = fold([DECLARED, note, correction, event(3, "redaction", event="c")])
    assert taken_back.entries[1].text == "one"
    assert "secret" not in repr(taken_back)
    hidden = fold([DECLARED, event(1, "note", name="n", text="secret"), event(3, "redaction", event="n")])
    assert hidden.entries[1].text == ""


def test_the_words_of_a_redacted_entry_are_not_kept_in_a_correction_of_it() -> None:
    events = [
        DECLARED,
        event(1, "note", name="n", text="secret"),
        event(2, "correction", event="n", text="secret still"),
        event(3, "redaction", event="n"),
    ]
    assert "secret" not in repr(fold(events))


# ---------------------------------------------------------------- roles, stages, runs


def test_a_role_changes_hands_and_its_history_stays() -> None:
    incident = fold(
        [
            DECLARED,
            event(1, "role", role="scribe", person="Bo"),
            event(2, "role", role="scribe", person="Bo"),
            event(5, "handoff", role="scribe", person="Mei"),
            event(9, "role", role="scribe", person="Ruth"),
        ]
    )
    held = [
        (h.person, (h.until - START).seconds // 60 if h.until else None) for h in incident.roles["scribe"]
    ]
    assert held == [("Bo", 5), ("Mei", 9), ("Ruth", None)]
    then = incident.holder("scribe", START + timedelta(minutes=6))
    now = incident.holder("scribe")
    assert then is not None
    assert now is not None
    assert (then.person, now.person) == ("Mei", "Ruth")
    assert incident.holder("deputy") is None


def test_several_experts_may_help_at_once() -> None:
    incident = fold([DECLARED, *(event(n, "role", role="expert", person=f"p{n}") for n in (1, 2, 3))])
    assert [h.until for h in incident.roles["expert"]] == [None, None, None]


@pytest.mark.parametrize(
    ("stages", "ended", "spans"),
    [
        ([], None, [(0, None)]),
        ([(10, "identified")], None, [(0, None)]),
        ([(10, "resolved")], 10, [(0, 10)]),
        ([(10, "resolved"), (90, "closed")], 10, [(0, 10)]),
        ([(10, "closed")], 10, [(0, 10)]),
        ([(10, "resolved"), (20, "investigating")], None, [(0, 10), (20, None)]),
        ([(10, "resolved"), (20, "monitoring"), (30, "resolved")], 30, [(0, 10), (20, 30)]),
    ],
    ids=str,
)
def test_promises_run_until_it_is_resolved_and_again_when_it_reopens(
    stages: list[tuple[int, str]], ended: int | None, spans: list[tuple[int, int | None]]
) -> None:
    incident = fold([DECLARED, *(event(minute, "stage", stage=stage) for minute, stage in stages)])

    def minutes(at: datetime | None) -> int | None:
        return None if at is None else int((at - START).total_seconds() // 60)

    assert minutes(incident.ended_at) == ended
    assert [(minutes(begun), minutes(end)) for begun, end in incident.running()] == spans


def test_a_run_joins_with_its_latest_state() -> None:
    run: dict[str, Any] = {"run": "r1", "runbook": "blocked-queries", "mode": "apply"}
    incident = fold(
        [
            DECLARED,
            event(1, "run", **run, target="shop at db1", state="running", risk="high"),
            event(3, "run", **run, state="succeeded", by="Bo"),
        ]
    )
    (found,) = incident.runs
    assert (found.state, found.target, found.risk, found.by) == ("succeeded", "shop at db1", "high", "Ines")
    assert found.changed_at - found.at == timedelta(minutes=2)


def test_an_event_that_does_not_fit_its_kind_is_shown_and_is_a_problem() -> None:
    incident = fold([DECLARED, event(1, "role", role="cook", person="Bo"), event(2, "note", words="x")])
    assert [entry.known for entry in incident.entries] == [True, False, False]
    assert incident.roles == {}
    assert ["'cook' is not a role" in str(incident.problems[0]), len(incident.problems)] == [True, 2]


def test_an_event_of_a_newer_format_is_read_as_well_as_it_can_be() -> None:
    newer = dataclasses.replace(event(1, "note", text="x"), v=2)
    incident = fold([DECLARED, newer])
    assert incident.entries[1].text == "x"
    assert "version 2" in str(incident.problems[0])


def test_loading_a_folder_reports_torn_lines_with_file_and_line(tmp_path: Path) -> None:
    folder = tmp_path / "2026-06-17-orders"
    folder.mkdir()
    (folder / FILE).write_bytes(b"torn\n" + DECLARED.to_line())
    incident = load(folder)
    assert incident.id == folder.name
    assert [str(problem).split(": ")[0] for problem in incident.problems] == [f"{folder / FILE}:1"]
    assert len(read(folder).events) == 1


def test_a_day_of_a_busy_incident_is_folded_quickly() -> None:
    import time

    events = [DECLARED, *(event(n / 3, "note", name=str(n), text=f"note {n}") for n in range(3000))]
    begun = time.process_time()
    fold(events)
    assert time.process_time() - begun < 2
