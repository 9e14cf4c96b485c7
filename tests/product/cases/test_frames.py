"""A walkthrough, frame by frame: a frame holds nothing of what comes later."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from outage.cases import find_cases
from outage.cases.frames import make_frames
from outage.cases.script import load_script
from outage.errors import Refused
from outage.pages.walkthrough_data import make_page_data
from tests.product.cases.company import ROOT, SMALL, handbook

CASES = [f"case-studies/{folder.name}" for folder in find_cases(ROOT)]
DRILL = next(f"incidents/{path.name}" for path in ROOT.glob("incidents/*-drill-*"))


def played(root: Path, name: str):
    script = load_script(root, name)
    return make_page_data(script, make_frames(script))


@pytest.mark.parametrize("name", [*CASES, DRILL])
def test_no_frame_holds_words_of_a_later_event(name: str) -> None:
    """Long texts only: ``Sev 1`` may well be said twice."""
    told = played(ROOT, name)["frames"]
    assert len(told) > 1
    for index in range(len(told)):
        before = " ".join(json.dumps(one) for one in told[: index + 1])
        for later in told[index + 1 :]:
            words = (later["decision"] or {}).get("done") or later["text"]
            if len(words) > 30 and words not in {one["text"] for one in told[: index + 1]}:
                assert json.dumps(words)[1:-1] not in before, f"frame {index} tells of {later['when']}"


@pytest.mark.parametrize("name", CASES)
def test_a_decision_keeps_what_was_done_apart(name: str) -> None:
    """What was done is in no field that is shown before the group has chosen."""
    decisions = [frame for frame in played(ROOT, name)["frames"] if frame["decision"]]
    assert decisions
    for frame in decisions:
        assert frame["text"] == ""
        decision = frame["decision"]
        asked = [decision["question"], *decision["known"], *decision["unknown"]]
        assert decision["done"] not in " ".join(asked)


def test_roles_stage_and_severity_are_those_of_the_moment() -> None:
    told = played(ROOT, "case-studies/larkfield-nobody-can-pay")["frames"]
    assert told[0]["roles"] == []
    assert told[0]["severity"] == {"name": "Sev 2", "rank": 1}
    commander = next(frame for frame in told if frame["roles"])
    assert commander["roles"] == [{"role": "Incident commander", "person": "Ines Okafor", "new": True}]
    assert told[-1]["stage"] == "closed"


def test_channels_are_those_to_which_the_commands_post() -> None:
    told = played(ROOT, "case-studies/larkfield-nobody-can-pay")["frames"]
    assert "Status page" not in told[0]["channels"]
    assert {"#company-outages", "#exec-updates", "Status page"} < set(told[-1]["channels"])


def test_what_is_due_was_due_then() -> None:
    """The message that nobody wrote is late before anybody notices."""
    told = played(ROOT, "case-studies/larkfield-nobody-can-pay")["frames"]
    late = [frame["clock"]["utc"] for frame in told if any(one["late"] for one in frame["due"])]
    assert late[0] == "09:21 UTC"
    assert late[-1] == "09:34 UTC"


def test_where_nobody_declared_our_people_and_channels_are_left_out(tmp_path: Path) -> None:
    told = played(handbook(tmp_path), f"case-studies/{SMALL}")["frames"]
    said = json.dumps([frame["due"] for frame in told])
    assert "name the Incident commander" in said
    assert "Ines Okafor" not in said
    assert told[-1]["channels"] == ["e-mail to a group of staff", "telephone"]
    assert all(frame["severity"] is None for frame in told)


def test_what_nobody_knew_is_told_when_it_is_over_and_changes_nothing_of_what_was_due(tmp_path: Path) -> None:
    root = handbook(tmp_path)
    before = {frame["text"]: frame for frame in played(root, f"case-studies/{SMALL}")["frames"]}
    path = root / "case-studies" / SMALL / "record.yml"
    late = "    unseen: true\n    told_after: stopped\n"
    path.write_text(path.read_text(encoding="utf-8").replace("    unseen: true\n", late), encoding="utf-8")
    told = played(root, f"case-studies/{SMALL}")["frames"]
    hidden = [text for text, frame in before.items() if frame["unseen"]]
    texts = [frame["text"] for frame in told]
    at = texts.index(hidden[0])
    assert told[at - 1]["label"] == "Stage", "they follow the end of the trouble"
    assert texts[at : at + 3] == hidden, "in their own order"
    assert [told[at]["when"], told[at]["label"]] == ["October 2011", "What nobody knew"]
    assert texts[0] == next(text for text, frame in before.items() if not frame["unseen"])
    assert all(before[one["text"]]["due"] == one["due"] for one in told if not one["unseen"])
    assert told[at]["due"] == told[at - 1]["due"]


def test_at_knight_no_group_is_told_before_it_has_chosen_what_nobody_in_the_room_knew() -> None:
    told = played(ROOT, "case-studies/knight-capital")["frames"]
    last = max(number for number, frame in enumerate(told) if frame["decision"])
    before = json.dumps(
        [
            [one["text"], (one["decision"] or {}).get("question"), (one["decision"] or {}).get("unknown")]
            for one in told[:last]
        ]
    )
    for word in ("seven", "eight", "one server", "filled", "212", "copy"):
        assert word not in before.lower(), word
    assert not any(frame["unseen"] for frame in told[:last])


def test_a_time_that_is_not_known_has_no_clock(tmp_path: Path) -> None:
    told = played(handbook(tmp_path), f"case-studies/{SMALL}")["frames"]
    clocks = [frame["clock"]["utc"] if frame["clock"] else frame["when"] for frame in told]
    assert clocks[0] == "October 2011"
    assert clocks[3] == "14:00 UTC"
    assert clocks[6] == "no clock time known"


def test_an_incident_of_ours_plays_as_it_was_seen_then() -> None:
    """A note that was corrected later says first what it said first; a decision is a stop without options."""
    told = played(ROOT, DRILL)["frames"]
    texts = [frame["text"] for frame in told]
    assert any("two sessions that wait" in text for text in texts)
    decisions = [frame["decision"] for frame in told if frame["decision"]]
    assert [(one["question"], one["options"]) for one in decisions] == [("What would you decide?", [])]


def test_what_was_redacted_stays_hidden_from_the_beginning(tmp_path: Path) -> None:
    from outage.incident.record import append

    root = handbook(tmp_path)
    folder = root / "incidents" / "2026-01-01-a"
    folder.mkdir(parents=True)
    (folder / "policy.yml").write_bytes((root / "case-studies" / "policy.yml").read_bytes())
    append(folder, "declared", {"title": "A", "severity": "sev1"}, by="A")
    secret = append(folder, "note", {"text": "the password is hunter2"}, by="A")
    append(folder, "redaction", {"event": secret.id, "why": "a password"}, by="A")
    append(folder, "stage", {"stage": "closed"}, by="A")
    assert "hunter2" not in json.dumps(played(root, "incidents/2026-01-01-a"))


def test_an_open_incident_is_not_played(tmp_path: Path) -> None:
    from outage.incident.record import append

    root = handbook(tmp_path)
    folder = root / "incidents" / "2026-01-01-a"
    folder.mkdir(parents=True)
    (folder / "policy.yml").write_bytes((root / "case-studies" / "policy.yml").read_bytes())
    append(folder, "declared", {"title": "A"}, by="A")
    with pytest.raises(Refused, match="still open"):
        load_script(root, "incidents/2026-01-01-a")


def test_what_is_not_there_is_refused_with_what_is(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="nothing to play") as refused:
        load_script(handbook(tmp_path), "case-studies/seven-of-nine")
    assert refused.value.hint == "did you mean 'case-studies/seven-of-eight'?"


def test_a_recording_leads_to_the_moment(tmp_path: Path) -> None:
    root = handbook(tmp_path)
    path = root / "case-studies" / SMALL / "record.yml"
    with path.open("a", encoding="utf-8") as file:
        file.write(
            "recordings:\n"
            "  - {title: Our session, link: 'https://video.example/x?t={seconds}', marks: {open: '12:30'}}\n"
        )
    told = played(root, f"case-studies/{SMALL}")["frames"]
    found = [frame["recordings"] for frame in told if frame["recordings"]]
    assert found == [[{"words": "Our session, from 12:30", "url": "https://video.example/x?t=750"}]]


def test_the_place_that_is_kept_belongs_to_this_very_story(tmp_path: Path) -> None:
    root = handbook(tmp_path)
    before = played(root, f"case-studies/{SMALL}")["key"]
    path = root / "case-studies" / SMALL / "record.yml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("The trouble lasts.", "It lasts."), encoding="utf-8"
    )
    assert played(root, f"case-studies/{SMALL}")["key"] != before


def test_a_source_is_named_without_its_title_for_a_title_may_tell_the_end(tmp_path: Path) -> None:
    told = played(handbook(tmp_path), f"case-studies/{SMALL}")["frames"]
    words = [one["words"] for frame in told for one in frame["sources"]]
    assert "The Regulator, paragraph 3 (read in transcription)" in words
    assert not any("sells what it has not got" in one for one in words)
