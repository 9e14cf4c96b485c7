"""Times that are typed, dates that are shown, and names: what may not go wrong in silence."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from outage.incident.record import FILE, append
from outage.incident.record.event import format_moment
from tests.product.cli.desk import Terminal


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "2026-12-31T23:59:60Z"])
def test_a_date_that_cannot_be_meant_is_refused(outage: Terminal, text: str) -> None:
    outage.ok("declare", "x")
    assert re.search("is not a time|is in the future", outage.refused("note", "oops", "--at", text))
    assert outage.texts() == ["x"]


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-12-31T23:59:60Z"])
def test_a_line_with_an_absurd_date_blinds_no_command(outage: Terminal, time: str) -> None:
    outage.ok("declare", "x")
    line = json.loads((outage.folder / FILE).read_text())
    with (outage.folder / FILE).open("a") as file:
        file.write(
            json.dumps({**line, "id": "far", "kind": "note", "data": {"text": "y"}, "at": time}) + "\n"
        )
    for command in ("status", "timeline", "audit"):
        assert f"{FILE}:2: left out:" in outage.ok(command)
    outage.ok("note", "goes on")
    assert outage.texts() == ["x", "goes on"]


def test_an_audit_names_the_lines_that_cannot_be_read(outage: Terminal) -> None:
    outage.ok("declare", "x")
    with (outage.folder / FILE).open("a") as file:
        file.write('{"v":1,"torn\n')
    said = outage.ok("audit")
    assert "Not all of the record could be read" in said
    assert f"in the record: {outage.folder / FILE}:2: this line is torn" in said
    assert "torn" in outage("audit", "--json").data["problems"][0]


def test_a_time_that_has_not_come_is_refused_where_nobody_can_be_asked(outage: Terminal) -> None:
    outage.ok("declare", "x", "--at", "3 days ago")
    later = datetime.now(UTC) + timedelta(minutes=30)
    text = f"{later:%H:%M} UTC"
    if later.date() == datetime.now(UTC).date():
        assert "if it was yesterday: --at " in outage.refused("note", "y", "--at", text)
        assert outage.texts() == ["x"]
    hint = f"{later - timedelta(days=1):%Y-%m-%dT%H:%MZ}"
    outage.ok("note", "y", "--at", hint)


def test_what_was_printed_can_be_typed_after_at(outage: Terminal) -> None:
    outage.ok("declare", "x", "--at", "20 min ago")
    printed = re.search(r"declared ([^,]+), 20 min ago", outage.ok("status"))
    assert printed
    outage.ok("note", "at the same minute", "--at", printed[1])
    outage.ok("note", "just now", "--at", "now")
    at = {entry.text: entry.event.at for entry in outage.incident.entries}
    assert at["at the same minute"] == at["x"].replace(second=0, microsecond=0)
    assert at["just now"] - at["x"] > timedelta(minutes=19)


def test_a_date_is_shown_everywhere_when_it_is_not_todays(outage: Terminal) -> None:
    days_ago = datetime.now(UTC) - timedelta(days=3)
    outage.ok("declare", "x", "--at", format_moment(days_ago))
    outage.ok("role", "incident-commander", "Bo", "--at", format_moment(days_ago + timedelta(minutes=5)))
    recorded = outage.ok("note", "y", "--at", format_moment(days_ago + timedelta(minutes=6)))
    day = f"{days_ago:%Y-%m-%d}"
    assert re.search(rf"recorded as \w+ at {day}", recorded)
    for line in (outage.ok("status") + outage("audit").out).splitlines():
        past = re.search(r"\d\d:\d\d UTC", line) and not re.search(r" in \d+ (min|h)", line)
        assert not past or day[:8] in line, line
    assert re.search(rf"Bo, since {day}", outage.ok("status"))
    assert re.search(rf"MET +Incident commander named: due {day}", outage("audit").out)


def test_a_clock_that_is_ahead_is_said_by_status(outage: Terminal) -> None:
    outage.ok("declare", "x")
    line = json.loads((outage.folder / FILE).read_text())
    later = format_moment(datetime.now(UTC) + timedelta(hours=2))
    fast = {**line, "id": "fast", "by": "Fay", "n": 2, "at": later, "recorded": later}
    with (outage.folder / FILE).open("a") as file:
        file.write(json.dumps({**fast, "kind": "severity", "data": {"severity": "sev3"}}) + "\n")
    assert re.search(r"a clock is ahead by at least 1 h 59 min.*entry fast by Fay", outage.ok("status"))
    outage.ok("severity", "sev2")
    said = outage.ok("status")
    assert "Sev 2 | investigating" in said
    assert re.search(r"a clock is ahead by at least 1 h 59 min: entry fast by Fay.*written after it", said)
    assert "a clock is ahead" in outage("status", "--json").data["clocks"][0]


def test_a_declaration_from_the_future_never_reads_as_past(outage: Terminal) -> None:
    folder = outage.root / "incidents" / "2026-01-05-x"
    folder.mkdir(parents=True)
    append(
        folder, "declared", {"title": "x"}, by="Fay", at=datetime.now(UTC) + timedelta(minutes=9, seconds=30)
    )
    said = outage.ok("status")
    assert "9 min ahead of this machine's clock, by Fay" in said
    assert "9 min ago" not in said


@pytest.mark.parametrize("command", ["role", "handoff"])
@pytest.mark.parametrize("name", ["Bo Lind", "bo  lind"])
def test_a_role_is_not_given_to_the_person_who_holds_it(outage: Terminal, command: str, name: str) -> None:
    outage.ok("declare", "x")
    outage.ok("role", "scribe", "Bo Lind")
    said = outage.refused(command, "scribe", name)
    assert "Bo Lind already is the Scribe, since " in said
    assert "nothing was recorded" in said
    assert len(outage.incident.entries) == 2
    outage.ok("handoff", "scribe", "Mei")
    outage.ok("handoff", "scribe", "Bo Lind")


def test_who_held_a_role_at_the_time_decides_about_a_late_entry(outage: Terminal) -> None:
    outage.ok("declare", "x", "--at", "30m ago")
    outage.ok("role", "scribe", "Bo", "--at", "20m ago")
    outage.ok("role", "scribe", "Mei")
    assert "Bo already is the Scribe" in outage.refused("role", "scribe", "Bo", "--at", "10m ago")
    outage.ok("role", "scribe", "Mei", "--at", "10m ago")


@pytest.mark.parametrize("blank", ["", "  ", "\t\n"])
def test_a_blank_name_is_no_name_and_the_next_source_is_asked(
    outage: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, blank: str
) -> None:
    config = tmp_path / "gitconfig"
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    config.write_text("[user]\nname = Git Name\n")
    outage.ok("declare", "x", "--by", blank)
    monkeypatch.setenv("OUTAGE_BY", blank)
    outage.ok("note", "a", "--by", blank)
    config.write_text('[user]\nname = "  "\n')
    monkeypatch.setenv("LOGNAME", "login")
    outage.ok("note", "b", "--by", blank)
    monkeypatch.setenv("LOGNAME", blank)
    monkeypatch.setenv("USER", "user")
    outage.ok("note", "c")
    assert [entry.event.by for entry in outage.incident.entries] == [
        "Ines Okafor",
        "Git Name",
        "login",
        "user",
    ]
