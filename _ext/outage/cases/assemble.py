"""The events of a case in order, from ``record.yml`` and ``record.jsonl``, folded as an incident's are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from outage.cases.bibliography import Work
from outage.cases.models import SAYS, EventData, StudyData, TimeData
from outage.cases.study import Account, Moment, Study, cite
from outage.cases.times import Kind, When, compute_span
from outage.incident.record.event import VERSION, Event
from outage.incident.record.fold import fold
from outage.incident.record.kinds import check_data
from outage.incident.record.store import read
from outage.policy import Policy
from outage.source import nearest
from outage.validate import Violation

WRITER = "record.yml"
_CLOCK = "clock"


def assemble(
    data: StudyData, policy: Policy, folder: Path, works: Mapping[str, Work]
) -> Study | list[Violation]:
    """Assemble the case; its violations, where its events don't fit side by side."""
    found = _read_written(data, works) if data.record is None else _read_recorded(data, folder, works)
    if isinstance(found, list):
        return found
    faults = [*_check_order(found), *_check_references(data, found), *_check_clocks(data, found, policy)]
    if faults:
        return faults
    events = [moment.event for _, moment in found]
    declared = any(event.kind == "declared" for event in events)
    if data.clock and not declared:
        events.append(_make_declaration(data, found, policy))
        events += _make_end(data, found)
    incident = fold(events, name=data.title)
    moments = tuple(moment for _, moment in found)
    return Study(folder.name, folder, data, policy, moments, tuple(events), incident, declared, works)


# ---------------------------------------------------------------- events of record.yml


Found = tuple[tuple[int | None, Moment], ...]
"""Moments in order, each with its number in record.yml, if it stands there."""


def _read_written(data: StudyData, works: Mapping[str, Work]) -> Found | list[Violation]:
    """Read the events as record.yml has them, in its order, which ``at`` and the ids keep."""
    moments: dict[str, Moment] = {}
    found: list[tuple[int | None, Moment]] = []
    before: datetime | None = None
    for index, told in enumerate(data.events):
        name = told.id or f"event-{index + 1}"
        if told.during and told.during not in moments:
            reason = f"there is no event '{told.during}' before it"
            hint = nearest(told.during, list(moments))
            return [Violation(("events", str(index), "during"), reason, hint)]
        when = _read_time(told, data.zone, moments.get(told.during or ""))
        before = max(when.lo, before) if before else when.lo
        event = _make_event(told, before, f"{index + 1:04}-{name}")
        moments[name] = _moment(name, when, event, told, data.zone, works)
        found.append((index, moments[name]))
    return tuple(found)


def _make_event(told: EventData, at: datetime, name: str) -> Event:
    """Make an event of record.yml as an incident's record would hold it."""
    assert told.kind is not None  # a rule
    said = {key: getattr(told, key) for key in SAYS if getattr(told, key) is not None}
    return Event(VERSION, name, at, at, told.by or "", WRITER, told.kind, check_data(told.kind, said))


def _read_time(time: TimeData, zone: str, outer: Moment | None = None) -> When:
    """When something was; its rules were kept."""
    if outer is not None:
        return When("during", outer.when.lo, outer.when.hi)
    if time.from_ or time.between:
        first, last = time.between or (str(time.from_), str(time.until))
        kind: Kind = "between" if time.between else "lasted"
    else:
        first = last = str(time.at or time.on)
        kind = "at" if time.at else "on"
    return When(kind, compute_span(first, zone)[0], compute_span(last, zone)[1], time.about, (first, last))


def _moment(
    name: str, when: When, event: Event, told: EventData, zone: str, works: Mapping[str, Work]
) -> Moment:
    accounts = tuple(
        Account(one.text, _read_time(one, zone) if _has_time(one) else None, cite(one.source, works))
        for one in told.accounts
    )
    return Moment(name, when, event, told, cite(told.source, works), accounts)


def _has_time(time: TimeData) -> bool:
    return any((time.at, time.from_, time.between, time.on))


# ---------------------------------------------------------------- events of record.jsonl


def _read_recorded(data: StudyData, folder: Path, works: Mapping[str, Work]) -> Found | list[Violation]:
    """Read the events of the record beside, with what record.yml adds to them, and its own between them."""
    assert data.record is not None
    reading = read(folder)
    if reading.problems:
        return [
            Violation(("record",), f"{one.file.name}:{one.line}: {one.message}") for one in reading.problems
        ]
    named = dict(_name_events(sorted(reading.events, key=lambda event: event.order)))
    faults, added, own = [], {}, []
    for index, told in enumerate(data.events):
        if told.event is None:
            own.append((index, told))
        elif told.event not in named:
            hint = nearest(told.event, list(named), f"its events are: {', '.join(named)}")
            faults.append(
                Violation(("events", str(index), "event"), f"record.jsonl has no '{told.event}'", hint)
            )
        elif (told.question or told.options) and named[told.event].kind != "decision":
            kind = named[told.event].kind
            reason = f"only a decision asks a question, and '{told.event}' is a {kind}"
            faults.append(Violation(("events", str(index), "event"), reason, "name a decision of the record"))
        else:
            added[told.event] = (index, told)
    if faults:
        return faults
    found: list[tuple[int | None, Moment]] = []
    for name, event in named.items():
        index_, told_ = added.get(name, (None, EventData()))
        moment = _moment(name, When("at", event.at, event.at), event, told_, data.zone, works)
        found.append((index_, moment))
    for index, told in own:
        when = _read_time(told, data.zone)
        name = told.id or f"event-{index + 1}"
        found.append((index, _moment(name, when, _make_event(told, when.lo, name), told, data.zone, works)))
    return tuple(sorted(found, key=lambda one: one[1].event.order))


def _name_events(events: Iterable[Event]) -> Iterator[tuple[str, Event]]:
    """Events by names that stay when the record is made again: ``09-14-decision``, ``09-14-decision-2``."""
    seen: dict[str, int] = {}
    for event in events:
        name = f"{event.at:%H-%M}-{event.kind}"
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name}-{seen[name]}"), event


# ---------------------------------------------------------------- what shows when they stand side by side


def _check_order(found: Found) -> Iterator[Violation]:
    """Events that cannot have been after the one before them."""
    latest: Moment | None = None
    for index, moment in found:
        if latest and moment.when.hi < latest.when.lo and index is not None:
            reason = f"it stands after '{latest.id}', and was before it"
            yield Violation(("events", str(index)), reason, "put the events in order, or look at the times")
        if latest is None or moment.when.lo > latest.when.lo:
            latest = moment


def _check_references(data: StudyData, found: Found) -> Iterator[Violation]:
    """Names of events that are not there."""
    known = [moment.id for _, moment in found]

    def missing(at: tuple[str, ...], name: str) -> Iterator[Violation]:
        if name not in known:
            yield Violation(at, f"there is no event '{name}'", nearest(name, known, "give that event an id"))

    for place, (index, moment) in enumerate(found):
        later = moment.told.told_after
        if later is not None and later not in known[place + 1 :]:
            hint = nearest(later, known[place + 1 :], "name one that stands below it")
            yield Violation(("events", str(index), "told_after"), f"there is no later event '{later}'", hint)
    for index, promise in enumerate(data.promises):
        for event in promise.events:
            yield from missing(("promises", str(index), "events"), event)
    for index, recording in enumerate(data.recordings):
        for event in recording.marks:
            yield from missing(("recordings", str(index), "marks", event), event)
    if data.clock:
        yield from missing(("clock", "from"), data.clock.from_)
        if data.clock.until:
            yield from missing(("clock", "until"), data.clock.until)


def _check_clocks(data: StudyData, found: Found, policy: Policy) -> Iterator[Violation]:
    if data.clock is None:
        return
    if any(moment.event.kind == "declared" for _, moment in found):
        yield Violation(("clock",), "it was declared, and the clocks run from there", "leave 'clock' out")
    if data.clock.severity not in ("highest", "lowest", *policy.severities):
        hint = nearest(data.clock.severity, ["highest", "lowest", *policy.severities])
        yield Violation(("clock", "severity"), f"there is no severity '{data.clock.severity}'", hint)


def _at(found: Found, name: str) -> Event:
    return next(moment.event for _, moment in found if moment.id == name)


def _make_declaration(data: StudyData, found: Found, policy: Policy) -> Event:
    """Make the declaration that the policy would have had."""
    assert data.clock is not None
    start = _at(found, data.clock.from_)
    said = {"title": data.title, "severity": policy.severity_id(data.clock.severity)}
    return replace(start, id=f"{start.id}-{_CLOCK}", kind="declared", data=said, by="", writer=WRITER)


def _make_end(data: StudyData, found: Found) -> Iterator[Event]:
    """Make the end, where nobody recorded one."""
    assert data.clock is not None
    if data.clock.until and not any(
        moment.event.kind == "stage" and moment.event.data.get("stage") in ("resolved", "closed")
        for _, moment in found
    ):
        end = _at(found, data.clock.until)
        late = end.recorded + timedelta(microseconds=1)
        yield replace(
            end,
            id=f"{end.id}-{_CLOCK}",
            recorded=late,
            kind="stage",
            data={"stage": "resolved"},
            writer=WRITER,
        )
