"""The metadata that a runbook's notebook carries under ``runbook``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from outage.patterns import compile_safe_regex
from outage.policy.duration import Duration
from outage.runbook.hints import spell_out

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
Inside = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9_][\w.-]*(/[A-Za-z0-9_][\w.-]*)*$", max_length=500)
]
Risk = Literal["none", "low", "medium", "high"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Hint(_Model):
    """What an error's text means, and where to go on.

    Attributes:
        when: text that the error contains, in this very spelling; or
        matches: a pattern that fits somewhere in it (see :mod:`outage.patterns`).
        means: an explanation, one or two sentences.
        runbook: the runbook to look at next, if there is one.
    """

    when: Text | None = None
    matches: Text | None = None
    means: Text
    runbook: Name | None = None

    @field_validator("matches")
    @classmethod
    def _linear(cls, value: str | None) -> str | None:
        if value is not None:
            compile_safe_regex(value)
        return value

    @model_validator(mode="after")
    def _one_of_two(self) -> Hint:
        if (self.when is None) == (self.matches is None):
            raise ValueError("say either 'when' (a text) or 'matches' (a pattern)")
        return self

    @property
    def says(self) -> list[str]:
        """The errors that it is about, as they are spelt; a gap stands for what differs."""
        return [self.when] if self.when else spell_out(str(self.matches))

    def fits(self, text: str) -> bool:
        """Whether this hint is about an error of this text."""
        if self.when is not None:
            return self.when in text
        return compile_safe_regex(str(self.matches)).search(text) is not None


class Target(_Model):
    """What the runbook touches, for services of which outage does not know how they are addressed.

    Each text may hold ``{parameter}`` for a parameter's value and ``$NAME`` for a variable of the
    environment. A host decides which of the policy's environments the target belongs to.

    Attributes:
        host: its name, or a URL that holds one (``unix:///...`` is a socket of this machine); None: this
            machine.
        path: a disk or folder of this machine, where that is what is changed.
    """

    kind: Text
    host: Text | None = None
    path: Text | None = None
    database: Text | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Target:
        if self.host is not None and self.path is not None:
            raise ValueError("a path is one of this machine: leave 'host' out, or 'path'")
        return self


class Limits(_Model):
    """How long a cell, and the whole run, may take."""

    cell: Duration = Duration.parse("10 minutes")
    run: Duration = Duration.parse("1 hour")

    @field_validator("cell", "run")
    @classmethod
    def _exact(cls, value: Duration) -> Duration:
        if value.exact is None:
            raise ValueError("a limit is an exact length of time, not business days")
        return value


class RunbookMeta(_Model):
    """What a runbook says about itself.

    Attributes:
        summary: what it does, one sentence.
        service: the service that it is about.
        owner: who keeps it right.
        risk: of its changes; ``none`` says that it has none.
        needs: what must be there, in words a responder checks off.
        alerts: names of alerts that it answers.
        files: files and folders of the handbook that its cells hand to other programs (playbooks, SQL),
            by their path from the handbook's root; they are reviewed with the notebook.
        target: ``postgres`` (the libpq environment), ``local`` (this machine) or a description.
        approvals: who may confirm its gates: the person who started it, or only a second person.
        hints: what known errors mean; the first that fits counts.
    """

    summary: Text | None = None
    service: Text | None = None
    owner: Text | None = None
    risk: Risk = "low"
    needs: tuple[Text, ...] = ()
    alerts: tuple[Text, ...] = ()
    files: tuple[Inside, ...] = ()
    target: Literal["postgres", "local"] | Target = "local"
    approvals: Literal["starter", "second-person"] = "starter"
    hints: tuple[Hint, ...] = ()
    limits: Limits = Field(default_factory=Limits)

    def hint_for(self, text: str) -> Hint | None:
        """Find the first hint that fits an error of this text (its name, a colon, its words)."""
        return next((hint for hint in self.hints if hint.fits(text)), None)


def read_meta(raw: Any) -> tuple[RunbookMeta, list[tuple[str, str | None]]]:
    """Read the checked metadata, and each thing wrong with it as reason and hint."""
    if raw is None:
        return RunbookMeta(), []
    try:
        return RunbookMeta.model_validate(raw), []
    except ValidationError as error:
        return RunbookMeta(), [_problem(problem) for problem in error.errors()]


def _problem(problem: Any) -> tuple[str, str | None]:
    place = ".".join(["runbook", *(str(part) for part in problem["loc"])])
    if problem["type"] == "extra_forbidden":
        from outage.source import nearest

        unknown = str(problem["loc"][-1])
        return f"metadata {place}: there is no such key", nearest(unknown, list(RunbookMeta.model_fields))
    return f"metadata {place}: {problem['msg'].removeprefix('Value error, ')}", None
