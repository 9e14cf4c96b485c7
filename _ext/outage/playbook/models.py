"""``playbooks/<id>.yml`` as frozen models: what a playbook may say, and nothing else.

Short forms become long ones before they are checked, so that the rest sees one shape only:
a text is a list of wordings, a condition and a due time are mappings.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from outage.policy.part import Part
from outage.policy.vocabulary import Id, RoleId

Since = Literal["declared", "phase", "resolved"]
"""What a due time counts from: the declaration, the beginning of the phase, or the end of the outage."""


def _one_line(text: str) -> str:
    return " ".join(text.split())


Inline = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1200),
    AfterValidator(_one_line),
]
"""MyST of one paragraph with roles of ours (``{policy}`incident.time_box```) and without directives."""

Address = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""A policy address. ``severity.`` and ``escalation.`` at its beginning are filled in, see ``addresses``."""


ShortList = Annotated[list[Address], Field(min_length=1)]


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _as_choices(value: Any) -> Any:
    """Bare texts become wordings without a condition."""
    return [one if isinstance(one, dict) else {"text": one} for one in _as_list(value)]


def _as_condition(value: Any) -> Any:
    return {"policy": value} if isinstance(value, (str, list)) else value


def _as_due(value: Any) -> Any:
    return {"after": value} if isinstance(value, (str, list)) else value


Addresses = Annotated[
    tuple[Address, ...],
    BeforeValidator(_as_list, json_schema_input_type=Address | ShortList),
    Field(min_length=1),
]


class When(Part):
    """A condition; all that is given must hold.

    Attributes:
        policy: addresses at which the company's policy says something; ``not ADDRESS`` turns one round.
        severity: the incident is at least as bad as this severity.
        open_longer_than: address of a length of time for which the incident has been open.
    """

    policy: Annotated[
        tuple[Address, ...], BeforeValidator(_as_list, json_schema_input_type=Address | list[Address])
    ] = ()
    severity: Address | None = None
    open_longer_than: Address | None = None


Condition = Annotated[
    When, BeforeValidator(_as_condition, json_schema_input_type=Address | list[Address] | When)
]


class Choice(Part):
    """A text, and the condition under which it is said; only policy's part of the condition may be used."""

    when: Condition | None = None
    text: Inline


Worded = Annotated[
    tuple[Choice, ...],
    BeforeValidator(
        _as_choices,
        json_schema_input_type=Inline | Annotated[list[Inline | Choice], Field(min_length=1)],
    ),
    Field(min_length=1),
]
"""Wordings, of which the first that fits the company is taken."""

Several = Annotated[
    tuple[Choice, ...],
    BeforeValidator(_as_choices, json_schema_input_type=Inline | list[Inline | Choice]),
]
"""Texts, of which all that fit the company are shown."""


class Due(Part):
    """By when a step is done.

    Attributes:
        after: addresses of lengths of time; the first that the company's policy has counts.
        from_: what the length counts from.
    """

    after: Addresses
    from_: Annotated[Since, Field(alias="from")] = "declared"


DueTime = Annotated[Due, BeforeValidator(_as_due, json_schema_input_type=Address | ShortList | Due)]


class Link(Part):
    """A page of the handbook (``process/review``, perhaps with ``#anchor``) or a runbook's id."""

    page: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9/_-]*(#[a-z0-9-]+)?$")] | None = None
    runbook: Id | None = None
    words: Inline | None = None
    when: Condition | None = None


class Step(Part):
    """One thing that someone does.

    Attributes:
        text: what to do, as an order.
        owner: the role that sees to it.
        good: what it looks like when it was done well.
        due: by when.
        when: without it the step always stands; where it does not hold the step falls away.
        each: one such step for each escalation of policy that is counted while an incident is open.
        how: what to look at, one thing a text.
        command: what to type, one command a text; ``{escalation}`` in it becomes that id.
        say: what to post where there is only the chat, one line a text; its roles become bare names.
        evidence: what to attach or pin.
        links: where more is written.
        resolves: doing it ends the outage; what counts ``from: resolved`` counts from here.
    """

    text: Worded
    owner: RoleId
    good: Worded
    due: DueTime | None = None
    when: Condition | None = None
    each: Literal["escalations"] | None = None
    how: Several = ()
    command: Several = ()
    say: Several = ()
    evidence: Several = ()
    links: tuple[Link, ...] = ()
    resolves: bool = False


class Phase(Part):
    """A stretch of the way, and what it is for."""

    name: Inline
    goal: Worded
    steps: Annotated[dict[Id, Step], Field(min_length=1)]


class PlaybookData(Part):
    """The whole of a playbook.

    Attributes:
        name: what people call it.
        summary: one sentence on what it is for.
        severity: whose times a page without an incident shows: an id, ``highest`` or ``lowest``.
        phases: in order; step ids are unique in the whole playbook.
    """

    name: Inline
    summary: Inline
    severity: Address = "highest"
    phases: Annotated[dict[Id, Phase], Field(min_length=1)]


class Playbook(PlaybookData):
    """A checked playbook; ``id`` is the name of its file."""

    id: Id
