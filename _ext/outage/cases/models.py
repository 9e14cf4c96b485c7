"""``case-studies/<id>/record.yml`` as frozen models: what a case's record may say, and nothing else.

An event says what an event of an incident's record says (``outage.incident.record.kinds``), and more:
how well its time is known, who says so, and, where it is a decision, what a group is asked before it reads
what was done.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from outage.cases.times import Written
from outage.policy.part import Part
from outage.policy.vocabulary import AudienceId, Id, RoleId, ScopeId, StageId

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
"""A few words: a title, a name, a place in a source."""

Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
"""A few sentences of plain text; markup is shown as it stands."""

Address = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^[a-z][a-z0-9_.-]*$", max_length=200)
]
"""Address of a clause in the policy that the case pins: ``severities.highest.cadence.customers``."""

How = Literal["read", "read in transcription", "as reported by others", "computed", "not checked"]
"""How we know it, in the words that the bibliography uses."""

EventKind = Literal[
    "declared", "note", "decision", "hypothesis", "impact", "contact", "role", "handoff", "severity",
    "scope", "stage", "update", "action",
]  # fmt: skip
"""The kinds of an incident's record that a case is told in; the others are about files that a case lacks."""


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _as_cited(value: Any) -> Any:
    return {"key": value} if isinstance(value, str) else value


class CitedData(Part):
    """Where something is said.

    Attributes:
        key: the work's key in ``bibliography.bib``.
        place: where in it: ``paragraph 19``.
        how: how we know it; left out, what the work's own note says.
    """

    key: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9:._-]*$")]
    place: Line | None = None
    how: How | None = None


Cited = Annotated[CitedData, BeforeValidator(_as_cited, json_schema_input_type=str | CitedData)]
Sources = Annotated[
    tuple[Cited, ...],
    BeforeValidator(_as_list, json_schema_input_type=str | CitedData | list[str | CitedData]),
]


class TimeData(Part):
    """When: exactly one of ``at``, ``from`` with ``until``, ``between``, ``on`` and ``during``.

    Attributes:
        at: an instant, to the minute or second.
        from_, until: its beginning and its end.
        between: two moments; it happened at some moment between them.
        on: a day, a month or a year.
        during: id of an earlier event that lasted; no more is known than that, and the order.
        about: the source says "about" or "approximately".
    """

    at: Written | None = None
    from_: Annotated[Written | None, Field(alias="from")] = None
    until: Written | None = None
    between: Annotated[tuple[Written, ...], Field(min_length=2, max_length=2)] | None = None
    on: Written | None = None
    during: Id | None = None
    about: bool = False


class AccountData(TimeData):
    """One of several accounts that do not agree; it may have a time of its own."""

    text: Prose
    source: Sources = ()


class OptionData(Part):
    """Something that could have been decided.

    Attributes:
        text: what, as an order.
        then: what is likely to follow; shown when it was chosen.
        done: it is what was done.
    """

    text: Line
    then: Prose | None = None
    done: bool = False


class SpeaksData(Part):
    """What speaks to a decision: a clause of the pinned policy, a page, or a runbook; and how, in words."""

    clause: Address | None = None
    page: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9/_-]*(#[a-z0-9-]+)?$")] | None = None
    runbook: Id | None = None
    words: Prose


class EventData(TimeData):
    """One event of a case.

    Attributes:
        id: a name for others to refer to.
        event: id of an event of ``record.jsonl`` (``09-14-decision``) to which this adds something.
        kind: as in an incident's record.
        text, title, role, person, severity, scope, stage, audience, why, owner, due: what the kind says.
        by: who did or said it.
        channel: where it was said, in words.
        source: who says so; a list where several do.
        accounts: accounts that do not agree, side by side.
        question, known, unknown, options, speaks: of a decision: what the group is asked, what was known
            then and what was not, what could be done, and what speaks to it.
        unseen: nobody there knew it then: it is told, and the walkthrough says so.
        told_after: id of a later event; the walkthrough keeps what was unseen until then, so that a group
            decides with no more than those who were there.
    """

    id: Id | None = None
    event: Id | None = None
    kind: EventKind | None = None
    text: Prose | None = None
    title: Line | None = None
    role: RoleId | None = None
    person: Line | None = None
    severity: Id | None = None
    scope: ScopeId | None = None
    stage: StageId | None = None
    audience: AudienceId | None = None
    why: Prose | None = None
    owner: Line | None = None
    due: Line | None = None
    by: Line | None = None
    channel: Line | None = None
    source: Sources = ()
    accounts: tuple[AccountData, ...] = ()
    question: Prose | None = None
    known: tuple[Prose, ...] = ()
    unknown: tuple[Prose, ...] = ()
    options: tuple[OptionData, ...] = ()
    speaks: tuple[SpeaksData, ...] = ()
    unseen: bool = False
    told_after: Id | None = None


SAYS = ("text", "title", "role", "person", "severity", "scope", "stage", "audience", "why", "owner", "due")
"""Keys of an event that are its data; the rest is about it."""


class ClockData(Part):
    """From when the pinned policy's clocks are run where nobody declared an incident.

    Attributes:
        from_: id of the event at which that policy would have had it declared.
        until: id of the event with which it was over.
        severity: an id of that policy, ``highest`` or ``lowest``.
        why: by which criterion.
    """

    from_: Annotated[Id, Field(alias="from")]
    until: Id | None = None
    severity: Id = "highest"
    why: Prose


class PromiseData(Part):
    """What a clause asks for and the record shows, where a clock cannot judge it.

    Attributes:
        clause: address in the pinned policy.
        verdict: ``cannot be told``: no source says when, or whether.
        text: why.
        events: ids of the events that show it.
    """

    clause: Address
    verdict: Literal["kept", "broken", "cannot be told"]
    text: Prose
    events: tuple[Id, ...] = ()
    source: Sources = ()


Offset = Annotated[str, StringConstraints(pattern=r"^(\d+:)?\d{1,2}:\d{2}$")]
"""Minutes and seconds from the beginning of a recording, with hours before them if there are any."""


class RecordingData(Part):
    """A recording of a session, or of the incident: a link or a file beside the record.

    Attributes:
        title: what it is, with its date.
        link: where it is; ``{seconds}`` in it becomes the offset of the event.
        file: its name beside the record.
        marks: event id to offset in the recording (``12:30`` or ``1:02:30``).
    """

    title: Line
    link: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None = None
    file: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")] | None = None
    marks: Annotated[dict[Id, Offset], Field(default_factory=dict)]


class StudyData(Part):
    """The whole of a case's record.

    Attributes:
        title: what people call it.
        summary: what happened, in a sentence or two; it gives no decision away.
        made_up: it never happened; then events need no source.
        zone: IANA name of the local time that stands beside UTC, and in which times without a zone are.
        policy: the policy that it is judged by: ``sample``, or the name of a file beside the record.
        teaches: what one learns from it, in a sentence; the group that plays it reads that first.
        best_for: whom it is for, in words.
        minutes: how long a group takes to walk through it.
        record: name of a record of real commands beside this file; its events are the case's.
        clock: see :class:`ClockData`.
        events: in order.
        promises: see :class:`PromiseData`.
        recordings: see :class:`RecordingData`.
    """

    title: Line
    summary: Prose
    made_up: bool = False
    zone: Line
    policy: Annotated[str, StringConstraints(pattern=r"^(sample|[a-z0-9-]+\.yml)$")] = "sample"
    teaches: Prose
    best_for: Line
    minutes: Annotated[int, Field(ge=1, le=240)]
    record: Literal["record.jsonl"] | None = None
    clock: ClockData | None = None
    events: Annotated[tuple[EventData, ...], Field(min_length=1)]
    promises: tuple[PromiseData, ...] = ()
    recordings: tuple[RecordingData, ...] = ()
