"""``handbook.yml`` as frozen models: what a company may say, and nothing else.

The loader fills in defaults before these models see the data, so that every rule has a
value and every value an address. References between parts are checked in
:mod:`outage.policy.rules`.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    BeforeValidator,
    Field,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from outage.policy.duration import Duration
from outage.policy.part import Part, read_none
from outage.policy.tooling import Alerts, Environment, Masks, Runbooks, Sync
from outage.policy.vocabulary import (
    AlertLevel,
    AudienceId,
    ChannelId,
    Id,
    RoleId,
    ScopeId,
    Text,
    Tool,
)
from outage.secrets import FORMS, is_reference

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
PLACEHOLDERS = ("incident", "division", "area")
_PLACE = re.compile(r"\{(\w+)\}")


def _read_name(value: Any) -> Any:
    """Read a bare text as the name of a part."""
    return {"name": value} if isinstance(value, str) else value


MaybeDuration = Annotated[
    Duration | None, BeforeValidator(read_none, json_schema_input_type=Duration | Literal["none"] | None)
]
MaybeId = Annotated[Id | None, BeforeValidator(read_none, json_schema_input_type=Id | None)]
PerAudience = dict[AudienceId, MaybeDuration]


class Company(Part):
    """Who this handbook is for, and in which time zone they speak."""

    name: Text
    timezone: str = "UTC"
    summary: str = ""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            context = {"zone": value, "hint": "write it as the IANA names it, for example Europe/London"}
            raise PydanticCustomError("timezone", "'{zone}' is not a time zone", context) from None
        return value


class Calendar(Part):
    """Which days are business days: no weekend, no public holiday, no day off of the company."""

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    region: str | None = None
    weekend: list[Weekday] = ["saturday", "sunday"]
    holidays: dict[date, Text] = {}


class Division(Part):
    """A business unit with an outage channel of its own."""

    name: Text
    areas: list[Id] = []
    large_scale: dict[Id, Text] = {}


class Review(Part):
    """Deadlines of the post-incident review, counted from resolution."""

    meeting: MaybeDuration = None
    draft: MaybeDuration = None
    shared: MaybeDuration = None
    actions: MaybeDuration = None


class Severity(Part):
    """One rung of the ladder, and what it promises.

    ``None`` in a promise says that the severity makes none. The clocks from ``reassess`` on replace the ones
    that hold for every incident; one that isn't set leaves those in force (:meth:`Policy.clock`).
    """

    name: Text
    meaning: Text
    examples: list[Text] = []
    acknowledge: MaybeDuration = None
    commander: MaybeDuration = None
    first_message: PerAudience = {}
    cadence: PerAudience = {}
    review: Review = Review()
    reassess: MaybeDuration = None
    time_box: MaybeDuration = None
    state_document: MaybeDuration = None
    hand_over: MaybeDuration = None
    watch_after: MaybeDuration = None


class AlertRule(Part):
    """What a word of the monitoring means here."""

    severity: MaybeId = None
    respond: Duration


class Incident(Part):
    """What counts as an incident, and the clocks of the response."""

    threshold: Duration
    time_box: Duration
    reassess: Duration
    criteria: dict[Id, Text]
    alert_levels: dict[AlertLevel, AlertRule]


class LargeScale(Part):
    """Criteria, any one of which makes an outage large for a division or for the company."""

    division: dict[Id, Text] = {}
    company: dict[Id, Text] = {}


class Answer(Part):
    """An answer to a classification question and the least that it implies.

    ``time_box_up_to`` says: if the outcome is this severity or a lesser one, one expert
    may try alone within the time box first.
    """

    text: Text
    severity: Id | None = None
    scope: ScopeId | None = None
    time_box_up_to: Id | None = None


class Question(Part):
    """A question that anyone can answer in a few seconds."""

    ask: Text
    answers: Annotated[dict[Id, Answer], Field(min_length=2)]


class Matrix(Part):
    """The severity that the answers to two questions give together.

    Attributes:
        rows: id of the question whose answers are the rows, worst first.
        columns: id of the question whose answers are the columns, widest first.
        cells: severity by row and column; None where it is no incident.
    """

    rows: Id
    columns: Id
    cells: dict[Id, dict[Id, MaybeId]]


class Classification(Part):
    """How answers become a severity and a scope."""

    when_in_doubt: Literal["higher", "lower"]
    questions: Annotated[dict[Id, Question], Field(min_length=1)]
    matrix: Annotated[
        Matrix | None, BeforeValidator(read_none, json_schema_input_type=Matrix | Literal["none"] | None)
    ] = None


class Role(Part):
    """A role's name here; ``merged_into`` says that another role does its work."""

    name: Text
    short: Text
    merged_into: RoleId | None = None


class Audience(Part):
    """People who are told, where they are told, and whether a time of recovery may be promised."""

    name: Text
    channel: ChannelId
    promise_time: bool = False

    @model_validator(mode="before")
    @classmethod
    def _is_there(cls, value: Any) -> Any:
        if value is None:  # the loader has dropped the audiences that a company may do without
            hint = "responders are always told; the name and the channel are yours to choose"
            raise PydanticCustomError("audience", "this audience cannot be left out", {"hint": hint})
        return value


class Channel(Part):
    """A place where people are told.

    Attributes:
        name: what people call it; may hold ``{incident}``, ``{division}``, ``{area}``.
        address: ``secret://env/NAME`` or ``secret://file/PATH`` of an Apprise URL, if we may post; the
            URL may hold the same places as the name.
        link: a public link to open it, if there is one.
        same_as: set by the loader when the company has no such channel and uses another.
    """

    name: Text
    address: str | None = None
    link: Annotated[str, Field(pattern=r"^(https?|mailto|tel|sip):[^\s<>\"]+$")] | None = None
    same_as: ChannelId | None = None

    @field_validator("address")
    @classmethod
    def _is_reference(cls, value: str | None) -> str | None:
        if value is not None and not is_reference(value):
            # The value itself may be the secret, so it is not repeated.
            hint = f"write {FORMS}, and keep the URL there: this file is published"
            raise PydanticCustomError(
                "secret_reference", "an address must be a secret reference", {"hint": hint}
            )
        return value

    @field_validator("name")
    @classmethod
    def _known_placeholders(cls, value: str) -> str:
        for found in re.findall(r"\{([^{}]*)\}", value):
            if found not in PLACEHOLDERS:
                hint = f"known here: {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}"
                context = {"found": "{" + found + "}", "hint": hint}
                raise PydanticCustomError("placeholder", "unknown placeholder {found}", context)
        return value

    def format_name(self, incident: str = "", division: str = "", area: str = "") -> str:
        """Format the name as people read it: ``#shop-‹area›-outages`` where only the division is known."""
        known = {"incident": incident, "division": division, "area": area}
        return _PLACE.sub(lambda found: known.get(found[1]) or f"\u2039{found[1]}\u203a", self.name)

    def find_unknown_places(self, incident: str = "", division: str = "", area: str = "") -> list[str]:
        """Find the places in the name that are not known."""
        known = {"incident": incident, "division": division, "area": area}
        return [place for place in dict.fromkeys(_PLACE.findall(self.name)) if not known.get(place)]


class StateDocument(Part):
    """The live document of what is known now."""

    cadence: Duration
    where: Text
    keeper: RoleId


class Escalation(Part):
    """Who joins when an incident stays open, or when no one answers.

    Attributes:
        after: one length of time, or one for each severity that it applies to.
        severities: the severities that it applies to; all of them if it names none.
    """

    when: Literal["open", "unanswered"]
    after: Duration | Annotated[dict[Id, Duration], Field(min_length=1)]
    severities: list[Id] = []
    call: Annotated[list[Id], Field(min_length=1)]
    do: Text


class HandOver(Part):
    """How long a person may hold a role or a shift, and how long two people overlap."""

    commander_limit: Duration
    shift_limit: Duration
    overlap: Duration


class NotificationDuty(Part):
    """A clock that the law or a contract starts.

    Attributes:
        severities: the severities that it can arise at; all of them if it names none.
    """

    when: Text
    severities: list[Id] = []
    tell: Text
    within: Duration
    from_: Annotated[Literal["declared", "aware", "resolved"], Field(alias="from")] = "aware"
    owner: Id
    basis: Text


class ReviewMeeting(Part):
    """The post-incident review itself; its deadlines stand with each severity."""

    length: Duration
    attend: list[RoleId]
    across_teams: Text


class NewJoiners(Part):
    """What a new joiner is asked to do."""

    channels: list[ChannelId]
    reading: Duration


class Contact(Part):
    """A person or a rota, and how to reach them."""

    name: Text
    duty: str = ""
    phone: Annotated[str, Field(pattern=r"^[0-9+(). /-]+$")] | None = None
    chat: str | None = None


NamedChannel = Annotated[Channel, BeforeValidator(_read_name, json_schema_input_type=str | Channel)]
NamedContact = Annotated[Contact, BeforeValidator(_read_name, json_schema_input_type=str | Contact)]


class PolicyData(Part):
    """The whole of ``handbook.yml``, defaults filled in."""

    company: Company
    calendar: Calendar = Calendar()
    divisions: dict[Id, Division] = {}
    severities: Annotated[dict[Id, Severity], Field(min_length=1)]
    incident: Incident
    large_scale: LargeScale
    classification: Classification
    roles: dict[RoleId, Role]
    staffing: dict[Annotated[int, Field(ge=1, le=200)], list[list[RoleId]]]
    audiences: dict[AudienceId, Audience]
    channels: dict[ChannelId, NamedChannel]
    state_document: StateDocument
    escalations: dict[Id, Escalation] = {}
    hand_over: HandOver
    review: ReviewMeeting
    new_joiners: NewJoiners
    fallbacks: dict[Tool, Annotated[list[Text], Field(min_length=1)]]
    watch_after: Duration
    notification_duties: dict[Id, NotificationDuty] = {}
    contacts: dict[Id, NamedContact] = {}
    resources: dict[Id, Text] = {}
    environments: dict[Id, Environment]
    runbooks: Runbooks = Runbooks()
    alerts: Alerts = Alerts()
    masks: Masks = Masks()
    sync: Sync = Sync()
