"""What must hold in a case's record beyond its shape: what it names exists, and its times are possible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from outage.cases.bibliography import FILE, Work
from outage.cases.models import (
    SAYS,
    AccountData,
    CitedData,
    EventData,
    How,
    RecordingData,
    SpeaksData,
    StudyData,
    TimeData,
)
from outage.cases.times import compute_span
from outage.errors import Refused
from outage.incident.record.kinds import check_data
from outage.policy import Policy
from outage.source import Address, nearest
from outage.validate import Violation

KNOWN_HOW: tuple[str, ...] = get_args(How)


class _Case(NamedTuple):
    """What the rules look things up in."""

    data: StudyData
    policy: Policy
    folder: Path
    root: Path
    works: Mapping[str, Work]


def find_violations(
    data: StudyData, policy: Policy, folder: Path, root: Path, works: Mapping[str, Work]
) -> list[Violation]:
    """Find every rule that a record breaks, as far as that shows without the events of ``record.jsonl``."""
    try:
        ZoneInfo(data.zone)
    except (ZoneInfoNotFoundError, ValueError):
        hint = "write it as the IANA names it, for example America/New_York"
        return [Violation(("zone",), f"'{data.zone}' is not a time zone", hint)]
    case = _Case(data, policy, folder, root, works)
    return [*_check_record(case), *_check_events(case), *_check_promises(case), *_check_recordings(case)]


def _check_record(case: _Case) -> Iterator[Violation]:
    if case.data.record and not (case.folder / case.data.record).is_file():
        yield Violation(
            ("record",), f"there is no {case.data.record} beside it", "add it, or leave 'record' out"
        )


def _check_events(case: _Case) -> Iterator[Violation]:
    first: dict[str, int] = {}
    for index, event in enumerate(case.data.events):
        at = ("events", str(index))
        if event.id is not None:
            if event.id in first:
                yield Violation((*at, "id"), f"the id '{event.id}' stands twice", "each event has its own")
            first.setdefault(event.id, index)
        yield from _check_text(at, event, case)
        yield from _check_time(at, event, case, needed=event.event is None)
        yield from _check_decision(at, event, case)
        yield from _check_sources(at, event, case)
        if event.told_after is not None and not event.unseen:
            reason = "only what nobody there knew is told later than it was"
            yield Violation((*at, "told_after"), reason, "add unseen: true, or leave 'told_after' out")


def _check_text(at: Address, event: EventData, case: _Case) -> Iterator[Violation]:
    """Faults of what an event says."""
    data = {key: getattr(event, key) for key in SAYS if getattr(event, key) is not None}
    if event.event is not None:
        if case.data.record is None:
            yield Violation(
                (*at, "event"), "this case has no record.jsonl that it could add to", "give it a kind"
            )
        for key in ("kind", *data):
            if getattr(event, key) is not None:
                reason = "record.jsonl says this already"
                yield Violation((*at, key), reason, f"leave out '{key}', or 'event'")
        return
    if event.kind is None:
        yield Violation(at, "an event has a kind", "note, decision, impact, update, role, stage ...")
        return
    try:
        check_data(event.kind, data)
    except Refused as error:
        yield Violation(at, error.message, error.hint)
    if event.severity is not None and event.severity not in case.policy.severities:
        hint = nearest(event.severity, list(case.policy.severities))
        yield Violation((*at, "severity"), f"there is no severity '{event.severity}'", hint)


_ONE_TIME = "at; from and until; between; on; or during"


def _check_time(at: Address, time: TimeData, case: _Case, *, needed: bool) -> Iterator[Violation]:
    """Faults of when something was."""
    given = [key for key in ("at", "between", "on", "during") if getattr(time, key) is not None]
    given += ["from"] if time.from_ or time.until else []
    if len(given) > 1 or (needed and not given):
        yield Violation(at, f"it has {'several times' if given else 'no time'}", f"give one of: {_ONE_TIME}")
        return
    if not needed and given and isinstance(time, EventData):
        yield Violation(at, "record.jsonl says when it was", f"leave out '{given[0]}', or 'event'")
        return
    if given == ["from"] and not (time.from_ and time.until):
        hint = "where its end is not known, write at: and say so in the text"
        yield Violation(at, "'from' and 'until' stand together", hint)
        return
    if time.at is not None and len(time.at) <= 10:
        hint = f"write on: {time.at} where no clock time is known"
        yield Violation((*at, "at"), f"'{time.at}' is a day, not an instant", hint)
        return
    written = [one for one in (time.at, time.on, time.from_, time.until, *(time.between or ())) if one]
    spans = []
    for one in written:
        try:
            spans.append(compute_span(one, case.data.zone))
        except (ValueError, OverflowError):
            yield Violation(
                (*at, given[0]), f"'{one}' is no moment of any day", "look at month, day, hour, minute"
            )
            return
    if len(spans) == 2 and spans[1][1] < spans[0][0]:
        yield Violation((*at, given[0]), "it ends before it begins", "look at the two times")


def _check_decision(at: Address, event: EventData, case: _Case) -> Iterator[Violation]:
    """Faults of a decision point."""
    asks = event.question or event.options or event.known or event.unknown
    if asks and event.kind != "decision" and event.event is None:
        yield Violation(at, "only a decision asks a question", "write kind: decision")
        return
    if event.options and event.question is None:
        yield Violation(at, "there are options, and no question", "add question: what does the group decide?")
    if event.question and len(event.options) < 2:
        yield Violation(
            (*at, "question"), "a question needs two options at least", "add options: [{text: ...}]"
        )
    elif event.options and sum(option.done for option in event.options) != 1:
        yield Violation((*at, "options"), "exactly one option is what was done", "mark it: done: true")
    for index, one in enumerate(event.speaks):
        yield from _check_speaks((*at, "speaks", str(index)), one, case)


def _check_speaks(at: Address, one: SpeaksData, case: _Case) -> Iterator[Violation]:
    named = [key for key in ("clause", "page", "runbook") if getattr(one, key) is not None]
    if len(named) != 1:
        yield Violation(at, "it names one of: clause, page, runbook", "give each its own entry")
    elif one.clause is not None:
        yield from _check_clause((*at, "clause"), one.clause, case.policy)
    elif one.page is not None:
        yield from _check_leads((*at, "page"), case.root, "", one.page.partition("#")[0], "page")
    elif one.runbook is not None:
        yield from _check_leads((*at, "runbook"), case.root, "runbooks/", one.runbook, "runbook")


def _check_clause(at: Address, address: str, policy: Policy) -> Iterator[Violation]:
    try:
        policy.at(address)
    except Refused as error:
        yield Violation(at, error.message, error.hint)


def _check_leads(at: Address, root: Path, folder: str, name: str, kind: str) -> Iterator[Violation]:
    """Refuse a link that leads nowhere; the hint lists what is beside it."""
    if any((root / f"{folder}{name}{ending}").is_file() for ending in (".md", ".ipynb")):
        return
    beside = (root / f"{folder}{name}").parent
    here = [path.stem for path in sorted(beside.glob("*")) if path.suffix in (".md", ".ipynb")]
    listed = f"{beside.name}/ holds: {', '.join(here)}" if here else None
    yield Violation(at, f"there is no {kind} '{name}'", nearest(name.rpartition("/")[2], here, listed))


def _check_sources(at: Address, event: EventData, case: _Case) -> Iterator[Violation]:
    """Faults of sources; a case that is made up needs none."""
    if len(event.accounts) == 1:
        yield Violation((*at, "accounts"), "one account is no conflict", "add the other, or make it the text")
    recorded = event.event is not None
    if not (case.data.made_up or recorded or event.source or event.accounts):
        yield Violation(at, "nobody is named who says so", "add source: {key: ..., place: ...}")
    yield from _check_cited((*at, "source"), event.source, case)
    for index, account in enumerate(event.accounts):
        yield from _check_account((*at, "accounts", str(index)), account, case)


def _check_account(at: Address, account: AccountData, case: _Case) -> Iterator[Violation]:
    if not case.data.made_up and not account.source:
        yield Violation(at, "nobody is named who says so", "add source: {key: ..., place: ...}")
    if account.during is not None:
        yield Violation((*at, "during"), "an account has a time of its own or none", "leave 'during' out")
    yield from _check_time(at, account, case, needed=False)
    yield from _check_cited((*at, "source"), account.source, case)


def _check_cited(at: Address, sources: tuple[CitedData, ...], case: _Case) -> Iterator[Violation]:
    for index, one in enumerate(sources):
        here = (*at, str(index)) if len(sources) > 1 else at
        work = case.works.get(one.key)
        if work is None:
            hint = nearest(one.key, list(case.works), f"add it to {FILE}")
            yield Violation(here, f"{FILE} has no work '{one.key}'", hint)
        elif one.how is None and work.note not in KNOWN_HOW:
            reason = f"how do we know it? The note of '{one.key}' does not say it in one of the fixed words"
            yield Violation(here, reason, f"add how: {' | '.join(KNOWN_HOW)}")


def _check_promises(case: _Case) -> Iterator[Violation]:
    for index, one in enumerate(case.data.promises):
        at = ("promises", str(index))
        yield from _check_clause((*at, "clause"), one.clause, case.policy)
        yield from _check_cited((*at, "source"), one.source, case)


def _check_recordings(case: _Case) -> Iterator[Violation]:
    for index, one in enumerate(case.data.recordings):
        yield from _check_recording(("recordings", str(index)), one, case.folder)


def _check_recording(at: Address, one: RecordingData, folder: Path) -> Iterator[Violation]:
    if (one.link is None) == (one.file is None):
        yield Violation(at, "a recording has a link or a file, and not both", "write link: https://...")
    elif one.file is not None and not (folder / one.file).is_file():
        yield Violation(
            (*at, "file"), f"there is no {one.file} beside the record", "put it there, or write a link"
        )
