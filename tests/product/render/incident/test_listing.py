"""The list of incidents, as MyST text."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from outage.incident.folders import STUB
from outage.incident.record import FILE
from outage.render.incident.listing import NONE, write_incident_list
from tests.product.render.story import POLICY, event, told


def put(folder: Path, name: str, events, *, page: bool = True) -> Path:
    """An incident's folder as ``outage declare`` leaves it."""
    made = folder / name
    made.mkdir()
    shutil.copy(POLICY, made / "policy.yml")
    (made / FILE).write_bytes(b"".join(one.to_line() for one in events))
    if page:
        (made / "index.md").write_text(STUB)
    return made


def closed(events):
    return [*events, event(60, "stage", stage="closed")]


def test_no_incident_yet(tmp_path):
    assert write_incident_list(tmp_path) == NONE


def test_open_ones_stand_first_with_what_they_are(tmp_path):
    put(tmp_path, "old", closed(told()))
    put(tmp_path, "new", told()[:-3])
    text = write_incident_list(tmp_path)
    assert (
        text.index("## Open")
        < text.index("<new/index.md>")
        < text.index("## Closed")
        < text.index("<old/index.md>")
    )
    assert "{chip}`Sev 1 <severity rank-0>` {chip}`Division · Shop <scope division>`" in text
    assert "2026-06-17\\\n    resolved after 50 min" in text


def test_drills_are_marked(tmp_path):
    put(tmp_path, "one", [event(0, "declared", title="Practice", drill=True)])
    assert "{chip}`Drill <drill>`" in write_incident_list(tmp_path)


def test_the_newest_stands_first(tmp_path):
    put(tmp_path, "a", [event(60, "declared", title="Later")])
    put(tmp_path, "z", [event(0, "declared", title="Earlier")])
    text = write_incident_list(tmp_path)
    assert text.index("Later") < text.index("Earlier")


def test_an_incident_without_a_page_is_named_without_a_link(tmp_path):
    put(tmp_path, "one", told(), page=False)
    assert "](" not in write_incident_list(tmp_path)


def test_an_incident_without_its_policy_is_listed(tmp_path):
    folder = put(tmp_path, "one", told())
    (folder / "policy.yml").write_text("severities: 3")
    assert "Orders wait behind a lock" in write_incident_list(tmp_path)


def test_a_record_that_cannot_be_read_is_said(tmp_path):
    folder = put(tmp_path, "one", told())
    (folder / FILE).unlink()
    (folder / FILE).mkdir()
    said = write_incident_list(tmp_path)
    assert "one is not read as an incident" in said
    assert "its record\\.jsonl is not a file" in said


def test_the_list_depends_on_no_time_of_day(tmp_path, monkeypatch):
    class MuchLater(datetime):
        @classmethod
        def now(cls, _zone=None):
            return datetime(2099, 1, 1, tzinfo=UTC)

    put(tmp_path, "one", told()[:-3])
    before = write_incident_list(tmp_path)
    monkeypatch.setattr("outage.render.incident.snapshot.datetime", MuchLater)
    assert write_incident_list(tmp_path) == before


def test_what_is_not_an_incident_is_named_below_and_not_listed(tmp_path):
    put(tmp_path, "2026-06-17-one", told())
    put(tmp_path, "2026-06-17-one (copy)", told())
    text = write_incident_list(tmp_path)
    assert text.count("{chip}`Sev 1 <severity rank-0>`") == 1
    assert "one \\(copy\\) is not read as an incident" in text
