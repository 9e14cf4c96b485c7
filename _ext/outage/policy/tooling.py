"""What a policy says about machines, runbooks, alert rules, masks and git: all that only tools read."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator
from pydantic_core import PydanticCustomError

from outage.patterns import UnsafeRegexError, compile_safe_regex
from outage.policy.part import Part, read_none
from outage.policy.vocabulary import Id, Text
from outage.secrets import FORMS, is_reference


class Environment(Part):
    """Machines by host name pattern; ``production`` makes every runbook say so."""

    hosts: list[Text]
    production: bool = False


class Runbooks(Part):
    """Rules for carrying runbooks out.

    Attributes:
        second_person: risks of runbooks whose gates only a second person may answer.
    """

    reviewed_branch: Text = "main"
    second_person: tuple[Literal["none", "low", "medium", "high"], ...] = ("high",)


def _check_pattern(value: str) -> str:
    try:
        compile_safe_regex(value)
    except UnsafeRegexError as error:
        raise PydanticCustomError("pattern", "{reason}", {"reason": str(error)}) from None
    return value


Pattern = Annotated[str, AfterValidator(_check_pattern)]
MaybePattern = Annotated[Pattern | None, BeforeValidator(read_none, json_schema_input_type=str | None)]


class Masks(Part):
    """What is masked in the outputs of runs.

    Attributes:
        pages: on the site.
        journal: already when it is written down; what is masked there is gone.
        sql_literals: what SQL has in single quotes.
        patterns: name to pattern (see :mod:`outage.patterns`); the name is shown in its place.
        names: a reference to a list, one a line, for this file is published and customers' names are not.
    """

    pages: bool = True
    journal: bool = False
    sql_literals: bool = True
    patterns: dict[Id, MaybePattern] = {}
    names: Annotated[str | None, BeforeValidator(read_none, json_schema_input_type=str | None)] = None

    @field_validator("names")
    @classmethod
    def _is_reference(cls, value: str | None) -> str | None:
        if value is not None and not is_reference(value):
            reason = "the names must stand elsewhere: give a reference"
            raise PydanticCustomError("names_reference", reason, {"hint": f"write {FORMS}"})
        return value


AlertName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_:-]*\*?$", max_length=200)]
"""An alert's name; ``*`` at its end stands for any letters, as in ``Kube*``."""


class Alerts(Part):
    """Alert rules that send a responder to this handbook; ``outage check`` holds both to each other.

    Attributes:
        rules: rule files in Prometheus' format, as paths or patterns from the handbook's folder.
        site: where the handbook is published; a rule's ``runbook_url`` begins with it.
        elsewhere: alerts of these files that lead to other pages, or to none, on purpose: name to reason.
    """

    rules: list[Text] = []
    elsewhere: dict[AlertName, Text] = {}
    site: Annotated[
        Annotated[str, Field(pattern=r"^https?://[^\s<>\"?#]+$")] | None,
        BeforeValidator(read_none, json_schema_input_type=str | None),
    ] = None


class Sync(Part):
    """Whether and where an incident's folder is pushed by itself."""

    automatic: bool = False
    remote: Text = "origin"
    branch: Text = "main"
