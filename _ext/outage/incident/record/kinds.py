"""What each kind of event says: one small model a kind.

Writers are checked against these; readers keep whatever they find. A kind's ``main``
key is the one that a correction replaces; ``safe`` keys are still shown when it is redacted,
so that a redaction hides words and changes no state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from outage.errors import Refused
from outage.policy.vocabulary import AudienceId, RoleId, ScopeId, StageId
from outage.source import nearest
from outage.text import one_line

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


_WITH_STEP: dict[str, Any] = {
    "if": {"properties": {"state": {"enum": ["done", "skipped"]}}, "required": ["state"]},
    "then": {"properties": {"step": {"type": "string"}}, "required": ["step"]},
}
_WITH_REASON: dict[str, Any] = {
    "if": {"properties": {"state": {"const": "skipped"}}, "required": ["state"]},
    "then": {"properties": {"why": {"type": "string"}}, "required": ["why"]},
}


class Data(BaseModel):
    """The data of an event. Keys that we do not know are kept, for a newer writer may."""

    model_config = ConfigDict(frozen=True, extra="allow")
    main: ClassVar[str] = "text"
    safe: ClassVar[tuple[str, ...]] = ()


class Declared(Data):
    """An incident begins."""

    main: ClassVar[str] = "title"
    safe: ClassVar[tuple[str, ...]] = ("severity", "scope", "division", "area", "drill")
    title: Name
    severity: Name | None = None
    scope: ScopeId | None = None
    division: Name | None = None
    area: Name | None = None
    drill: bool = False
    answers: dict[str, str] = {}
    clauses: list[str] = []


class Said(Data):
    """A text: a note, a decision, a hypothesis, the impact."""

    text: Words


class Contacted(Said):
    """Someone was called or told; ``escalation`` is the policy's, if that is why."""

    safe: ClassVar[tuple[str, ...]] = ("escalation",)
    escalation: Name | None = None


class Assigned(Data):
    """A role is given to a person, or handed over to one."""

    main: ClassVar[str] = "person"
    safe: ClassVar[tuple[str, ...]] = ("role",)
    role: RoleId
    person: Name


class Graded(Data):
    """The severity is judged again (or confirmed)."""

    main: ClassVar[str] = "severity"
    safe: ClassVar[tuple[str, ...]] = ("severity",)
    severity: Name
    why: Words | None = None


class Scoped(Data):
    """The scope is judged again."""

    main: ClassVar[str] = "scope"
    safe: ClassVar[tuple[str, ...]] = ("scope", "division", "area")
    scope: ScopeId
    division: Name | None = None
    area: Name | None = None
    why: Words | None = None


class Staged(Data):
    """The incident reaches a stage, or falls back to one."""

    main: ClassVar[str] = "stage"
    safe: ClassVar[tuple[str, ...]] = ("stage",)
    stage: StageId


class Told(Data):
    """An audience is told something."""

    safe: ClassVar[tuple[str, ...]] = ("audience",)
    audience: AudienceId
    text: Words


class ActionItem(Data):
    """Something to be done afterwards, by a person."""

    text: Words
    owner: Name
    due: Name | None = None


class Corrected(Data):
    """Another event's main key is to be read as ``text``; the event itself stays in the file."""

    safe: ClassVar[tuple[str, ...]] = ("event",)
    event: Name
    text: Words


class Redacted(Data):
    """Another event's words are not to be shown any more; the file, and its history, keep them."""

    main: ClassVar[str] = "why"
    safe: ClassVar[tuple[str, ...]] = ("event",)
    event: Name
    why: Words | None = None


class Ran(Data):
    """A runbook's run began, or reached a state.

    Attributes:
        alone: gates that the starter passed for the second person that was asked for: who, and why.
    """

    main: ClassVar[str] = "run"
    safe: ClassVar[tuple[str, ...]] = ("run", "runbook", "mode", "state", "risk")
    run: Name
    runbook: Name
    mode: Literal["plan", "apply", "undo"]
    target: str = ""
    state: Name
    risk: Name | None = None
    alone: tuple[str, ...] = ()


class Played(Data):
    """A playbook was started; or a step of it was begun (or opened again), done, or skipped with a reason."""

    model_config = ConfigDict(json_schema_extra={"allOf": [_WITH_STEP, _WITH_REASON]})
    main: ClassVar[str] = "why"
    safe: ClassVar[tuple[str, ...]] = ("playbook", "step", "state")
    playbook: Name
    step: Name | None = None
    state: Literal["started", "done", "skipped"] = "started"
    why: Words | None = None

    @model_validator(mode="after")
    def _whole(self) -> Played:
        """Return a playbook as a whole is only started; a skipped step says why."""
        if self.state != "started" and self.step is None:
            raise PydanticCustomError(
                "step", "a playbook event that is {state} needs a step", {"state": self.state}
            )
        if self.state == "skipped" and self.why is None:
            raise PydanticCustomError("why", "a step that is skipped needs a why")
        return self


KINDS: dict[str, type[Data]] = {
    "declared": Declared,
    "note": Said,
    "decision": Said,
    "hypothesis": Said,
    "impact": Said,
    "contact": Contacted,
    "role": Assigned,
    "handoff": Assigned,
    "severity": Graded,
    "scope": Scoped,
    "stage": Staged,
    "update": Told,
    "action": ActionItem,
    "correction": Corrected,
    "redaction": Redacted,
    "run": Ran,
    "playbook": Played,
}


def check_data(kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data as it is to be written: texts stripped, keys without a value left out.

    Raises Refused for an unknown kind, a missing or empty value, or a word that is
    not in the vocabulary, with the nearest word that is.
    """
    if kind not in KINDS:
        raise Refused(f"'{one_line(kind)}' is not a kind of event", hint=nearest(kind, list(KINDS)))
    try:
        model = KINDS[kind].model_validate(dict(data))
    except ValidationError as error:
        raise _describe_refusal(kind, error) from None
    return model.model_dump(mode="json", exclude_unset=True, exclude_none=True)


def explain_refusal(kind: str, data: Mapping[str, Any]) -> str | None:
    """Say in one line why data that was read doesn't fit its kind; None if it fits or the kind is unknown."""
    try:
        check_data(kind, data) if kind in KINDS else None
    except Refused as error:
        return error.message
    return None


def _describe_refusal(kind: str, error: ValidationError) -> Refused:
    first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "literal_error":
        word, words = str(first["input"]), _list_words(kind, key)
        return Refused(f"'{one_line(word)[:60]}' is not {_add_article(key)}", hint=_suggest(word, words))
    if first["type"] in ("missing", "string_too_short"):
        return Refused(f"a {kind} event needs a {key} that is not empty", hint=f"say the {key} as well")
    if not key:  # about several keys together
        return Refused(one_line(first["msg"]), hint=f"say the {first['type']} as well")
    return Refused(f"{key}: {one_line(first['msg'])}", hint=f"this is the {key} of a {kind} event")


def _suggest(word: str, words: list[str]) -> str | None:
    return nearest(word.lower(), words, f"known are: {', '.join(words)}")


def _add_article(noun: str) -> str:
    return f"an {noun}" if noun[:1] in "aeiou" else f"a {noun}"


def _list_words(kind: str, key: str) -> list[str]:
    """Return the fixed words that a key allows (a literal, perhaps optional)."""
    annotation = KINDS[kind].model_fields[key].annotation
    found = [word for part in (annotation, *get_args(annotation)) for word in get_args(part)]
    return [word for word in (found or get_args(annotation)) if isinstance(word, str)]
