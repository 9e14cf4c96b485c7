"""Events folded into the state of an incident. State is never stored, always made here.

Entries are shown in the order of (at, recorded, id), and take effect in that of
``outage.incident.record.order``, whatever the order of the file, so that two clones whose records were
merged in different ways show the same incident.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from outage.incident.record.event import VERSION, Event
from outage.incident.record.kinds import KINDS, explain_refusal
from outage.incident.record.model import (
    ActionItem,
    Change,
    Correction,
    Entry,
    Holding,
    Incident,
    Redaction,
    Run,
    Update,
)
from outage.incident.record.order import ClockAhead, list_values, put_in_turn
from outage.incident.record.store import FILE, Problem, Reading, read
from outage.policy.vocabulary import SHARED_ROLES

"""Roles that several people may hold at once; any other role has one holder at a time."""

HIDDEN = "(redacted)"


def load(folder: Path) -> Incident:
    """Read and fold the record of the incident in ``folder``, whose name is its id."""
    return fold(read(folder), name=folder.name, file=folder / FILE)


def fold(record: Reading | Iterable[Event], *, name: str = "", file: Path | None = None) -> Incident:
    """Fold a record into an incident.

    Args:
        record: a reading, or events in any order.
        name: the incident's id, its title as long as no one declared it.
        file: named in problems; only known for a reading from a file.
    """
    reading = record if isinstance(record, Reading) else Reading(tuple(record), ())
    state = _State(name, file or Path(FILE))
    events = _drop_repeats(sorted(reading.events, key=lambda event: (event.order, event.to_line())), state)
    known = {event.id: event for event in events}
    turns, state.clocks = put_in_turn(events, lambda event: _changed_values(event, known))
    corrections, redactions = _collect_amendments([turn.event for turn in turns], known, state)
    for place, turn in enumerate(turns):
        event = turn.event
        if event.v != VERSION:
            state.complain(event, f"it is in version {event.v} of the format; this program knows {VERSION}")
        entry = _make_entry(event, corrections.get(event.id, []), redactions.get(event.id), state)
        entry = replace(entry, turn=place, held_from=turn.at if turn.at != event.at else None)
        state.entries.append(entry)
        if entry.known and event.kind in _APPLY:
            _APPLY[event.kind](state, entry)
    state.entries.sort(key=lambda entry: entry.event.order)
    return state.incident(reading.problems)


def _changed_values(event: Event, known: Mapping[str, Event]) -> Iterable[Hashable]:
    """Return the values that an event changes; corrections of one entry change one value between them."""
    if event.kind != "correction":
        return list_values(event)
    target = _find_corrected(event, known)
    return (("correction", target.id),) if target else ()


@dataclass
class _State:
    """What the fold has gathered so far."""

    id: str
    file: Path
    head: dict[str, Any] = field(default_factory=dict)
    severities: list[Change] = field(default_factory=list)
    scopes: list[Change] = field(default_factory=list)
    stages: list[Change] = field(default_factory=list)
    holdings: list[Holding] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)
    runs: dict[str, Run] = field(default_factory=dict)
    actions: list[ActionItem] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    clocks: list[ClockAhead] = field(default_factory=list)

    def complain(self, event: Event, message: str) -> None:
        self.problems.append(Problem(self.file, 0, f"event {event.id[:8]} ({event.kind}): {message}"))

    def incident(self, torn: tuple[Problem, ...]) -> Incident:
        head = {"title": self.id, **self.head}
        return Incident(
            id=self.id,
            severities=tuple(self.severities),
            scopes=tuple(self.scopes),
            stages=tuple(self.stages),
            holdings=tuple(self.holdings),
            updates=tuple(self.updates),
            runs=tuple(self.runs.values()),
            actions=tuple(self.actions),
            entries=tuple(self.entries),
            problems=(*torn, *self.problems),
            clocks=tuple(self.clocks),
            **head,
        )


def _drop_repeats(events: Iterable[Event], state: _State) -> list[Event]:
    """Keep each id once. Two different events under one id are someone's edit, and a problem."""
    first: dict[str, Event] = {}
    for event in events:
        if event != first.setdefault(event.id, event):
            state.complain(event, "its id stands on two different lines; the earlier one is shown")
    return list(first.values())


def _collect_amendments(
    events: list[Event], known: Mapping[str, Event], state: _State
) -> tuple[dict[str, list[Event]], dict[str, Redaction]]:
    """Return corrections and redactions by the id of the event they are about."""
    redactions: dict[str, Redaction] = {}
    corrections: dict[str, list[Event]] = {}
    for event in (e for e in events if e.kind in ("redaction", "correction")):
        target = known.get(str(event.data.get("event")))
        if target is None:
            state.complain(event, "it is about an event that is not in this record")
        elif event.kind == "redaction":
            why = str(event.data.get("why") or "")
            redactions.setdefault(target.id, Redaction(event.by, event.at, event.id, why))
    for event in (e for e in events if e.kind == "correction"):
        target = _find_corrected(event, known)
        if target is not None and target.id in redactions:
            redactions.setdefault(event.id, redactions[target.id])  # it repeats what is hidden
        elif target is not None and target.kind in KINDS and event.id not in redactions:
            corrections.setdefault(target.id, []).append(event)
    return corrections, redactions


def _find_corrected(event: Event, known: Mapping[str, Event]) -> Event | None:
    """Return what a correction is about: a correction of a correction is about what that one corrects."""
    seen: set[str] = set()
    target: Event | None = event
    while target is not None and target.kind == "correction" and target.id not in seen:
        seen.add(target.id)
        target = known.get(str(target.data.get("event")))
    return None if target is None or target.kind in ("correction", "redaction") else target


def _make_entry(event: Event, corrections: list[Event], hidden: Redaction | None, state: _State) -> Entry:
    """Return an event as it is to be shown: corrected, or stripped of its words."""
    kind = KINDS.get(event.kind)
    if kind is None:
        gone = replace(event, data={}, extra={}) if hidden else event
        return Entry(gone, gone.data, "", known=False, redaction=hidden)
    if reason := explain_refusal(event.kind, event.data):
        state.complain(event, reason)
        gone = replace(event, data={}, extra={}) if hidden else event
        return Entry(gone, gone.data, str(gone.data.get("text", "")), known=False, redaction=hidden)
    if hidden:
        data = {key: value for key, value in event.data.items() if key in kind.safe}
        shown = replace(event, data=data, extra={})
        return Entry(shown, data, "", redaction=hidden)
    data, history = dict(event.data), []
    for correction in corrections:
        text = str(correction.data.get("text", ""))
        if reason := explain_refusal(event.kind, {**data, kind.main: text}):
            state.complain(correction, reason)
            continue
        history.append(Correction(str(data.get(kind.main, "")), correction.by, correction.at, correction.id))
        data[kind.main] = text
    return Entry(event, data, str(data.get(kind.main, "")), corrections=tuple(history))


def _make_change(entry: Entry, key: str) -> Change:
    event = entry.event
    return Change(str(entry.data[key]), entry.since, event.id, event.by, str(entry.data.get("why") or ""))


def _apply_declaration(state: _State, entry: Entry) -> None:
    event, data = entry.event, entry.data
    if state.head:
        state.complain(event, "the incident had been declared before; the first declaration holds")
        return
    state.head = {
        "title": entry.text or state.id,
        "declared_at": entry.since,
        "declared_by": event.by,
        "declared_event": event.id,
        "drill": data.get("drill") is True,
        "answers": dict(data.get("answers", {})),
        "division": data.get("division"),
        "area": data.get("area"),
    }
    if "severity" in data:
        state.severities.append(_make_change(entry, "severity"))
    if "scope" in data:
        state.scopes.append(_make_change(entry, "scope"))
    state.stages.append(Change("investigating", entry.since, event.id, event.by))


def _apply_severity(state: _State, entry: Entry) -> None:
    state.severities.append(_make_change(entry, "severity"))


def _apply_scope(state: _State, entry: Entry) -> None:
    state.scopes.append(_make_change(entry, "scope"))
    state.head |= {key: entry.data[key] for key in ("division", "area") if key in entry.data}


def _apply_stage(state: _State, entry: Entry) -> None:
    state.stages.append(_make_change(entry, "stage"))


def _apply_role(state: _State, entry: Entry) -> None:
    """Give a role to a person; naming the same person again changes nothing."""
    role, person, at = str(entry.data["role"]), str(entry.data.get("person", HIDDEN)), entry.since
    held = [i for i, h in enumerate(state.holdings) if h.role == role and h.until is None]
    if any(state.holdings[i].person == person for i in held):
        return
    if role not in SHARED_ROLES or entry.event.kind == "handoff":
        for i in held[-1:]:
            state.holdings[i] = replace(state.holdings[i], until=at)
    state.holdings.append(Holding(role, person, at, None, entry.event.id))


def _apply_update(state: _State, entry: Entry) -> None:
    event = entry.event
    state.updates.append(Update(str(entry.data["audience"]), entry.text, event.at, event.by, event.id))


def _apply_action(state: _State, entry: Entry) -> None:
    due = entry.data.get("due")
    owner = str(entry.data.get("owner", HIDDEN))
    text = entry.text or HIDDEN
    state.actions.append(
        ActionItem(text, owner, None if due is None else str(due), entry.event.at, entry.event.id)
    )


def _apply_run(state: _State, entry: Entry) -> None:
    """Add a run at its first mention, and bring its latest state with later ones."""
    event, data = entry.event, entry.data
    before = state.runs.get(str(data["run"]))
    state.runs[str(data["run"])] = Run(
        id=str(data["run"]),
        runbook=str(data["runbook"]),
        mode=str(data["mode"]),
        target=str(data.get("target") or (before.target if before else "")),
        state=str(data["state"]),
        risk=data.get("risk") or (before.risk if before else None),
        at=before.at if before else entry.since,
        changed_at=entry.since,
        by=before.by if before else event.by,
        events=(*(before.events if before else ()), event.id),
    )


_APPLY: dict[str, Callable[[_State, Entry], None]] = {
    "declared": _apply_declaration,
    "severity": _apply_severity,
    "scope": _apply_scope,
    "stage": _apply_stage,
    "role": _apply_role,
    "handoff": _apply_role,
    "update": _apply_update,
    "action": _apply_action,
    "run": _apply_run,
}
