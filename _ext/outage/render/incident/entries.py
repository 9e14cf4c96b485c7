"""The timeline in words: every event of the record, in order, with who wrote it down and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outage.incident.record.describe import describe_entry, shorten_id
from outage.incident.times import format_day, format_span
from outage.render.incident.snapshot import Snapshot
from outage.render.markup import anchor_id, chip, goto, here, list_table, moment, role, words
from outage.text import plain

if TYPE_CHECKING:
    from outage.incident.record.model import Correction, Entry


def write_entries(snapshot: Snapshot) -> str:
    """Return a row for each event: when, and what happened."""
    rows = []
    before = ""
    for entry in snapshot.incident.entries:
        rows.append((_write_when(snapshot, entry, before), _write_what(snapshot, entry)))
        before = format_day(entry.event.at)
    return list_table(("When", "What happened"), rows, widths="auto", css="outage-entries")


def make_entry_anchor(event_id: str) -> str:
    """Return the anchor of an event's row; ids of a record are whatever its file says."""
    return anchor_id("event", event_id)


def _write_when(snapshot: Snapshot, entry: Entry, before: str) -> str:
    """Return the time, and the day above it where a new one begins."""
    at = entry.event.at
    utc, _, local = snapshot.times.time(at).rstrip(")").partition(" (")
    time = moment(at, utc) + (f"\\\n{role('aside', local)}" if local else "")
    anchor = here(make_entry_anchor(entry.event.id))
    return f"{anchor}**{format_day(at)}**\\\n{time}" if format_day(at) != before else f"{anchor}{time}"


def _write_what(snapshot: Snapshot, entry: Entry) -> str:
    """Return what it says, who says so, and every reason to read it twice."""
    said = words(describe_entry(entry, snapshot.policy)) or plain("(nothing)")
    parts = [said, _write_who(snapshot, entry)]
    parts += [_write_correction(snapshot, entry, correction) for correction in entry.corrections]
    return "\n\n".join(part for part in parts if part)


def _write_who(snapshot: Snapshot, entry: Entry) -> str:
    event = entry.event
    marks = [f"{plain(event.kind)} by {plain(event.by)}"]
    if not entry.known:
        marks.append(chip("Unknown kind", "mark"))
    if entry.late:
        late = f"Written down {format_span(event.recorded - event.at)} later"
        marks.append(
            f"{chip(late, 'mark')} at {moment(event.recorded, snapshot.times.near(event.recorded, event.at))}"
        )
    if about := _link_subject(snapshot, entry):
        marks.append(about)
    return " · ".join(marks)


def _link_subject(snapshot: Snapshot, entry: Entry) -> str:
    """Link to the entry that a correction or redaction is about, or to the run that an entry tells of."""
    known = {one.event.id: one for one in snapshot.incident.entries}
    target = known.get(str(entry.data.get("event")))
    if entry.event.kind in ("correction", "redaction") and target:
        return goto(f"entry {shorten_id(target.event.id)}", make_entry_anchor(target.event.id))
    if entry.event.kind == "run" and entry.data.get("run"):
        return goto("the run", anchor_id("run", str(entry.data["run"])))
    return ""


def _write_correction(snapshot: Snapshot, entry: Entry, correction: Correction) -> str:
    mark = chip("Corrected", "mark")
    at = moment(correction.at, snapshot.times.near(correction.at, entry.event.at))
    link = goto("by an entry", make_entry_anchor(correction.event))
    return f"{mark} {link} of {plain(correction.by)} at {at}. Before, it said: {plain(correction.before)}"
