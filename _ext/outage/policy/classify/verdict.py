"""What a set of answers comes to, in words: for the command line, and for the form on the severity page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from outage.errors import Refused
from outage.policy.classify import (
    UNKNOWN,
    Ask,
    Choice,
    Classification,
    cell_address,
    classify,
    list_questions,
)
from outage.policy.quote import format_channel

if TYPE_CHECKING:
    from outage.policy import Policy
    from outage.policy.vocabulary import ChannelId, ScopeId


@dataclass(frozen=True)
class Clause:
    """A clause that decided something.

    Attributes:
        address: where the policy says it.
        text: the question and its answer, or the criteria, in words.
        where: ``handbook.yml:91``, or ``default`` where the company says nothing.
    """

    address: str
    text: str
    where: str


@dataclass(frozen=True)
class Verdict:
    """The outcome of some answers.

    Attributes:
        answers: every question with its answer; ``unknown`` where none was given.
        severity: severity id, or None: by these answers it is not an incident.
        severity_name: the company's name for it.
        meaning: what that severity means.
        scope: area, division or company.
        channels: id and name of each channel to post to, the widest last.
        clauses: what decided severity and scope.
        time_box: advice to let one expert try alone first, or None.
        doubt: the questions left open, each with the answer that it counted as.
        doubt_rule: the words above them.
        command: what to type next, or None when there is no incident.
        again: what to type instead where it was declared already; empty when there is no incident.
    """

    answers: dict[str, str]
    severity: str | None
    severity_name: str
    meaning: str
    scope: ScopeId
    channels: dict[ChannelId, str]
    clauses: tuple[Clause, ...]
    time_box: str | None
    doubt: tuple[str, ...]
    doubt_rule: str
    command: str | None
    again: tuple[str, ...]


DOUBT_RULE = "Not known, so counted as:"
NO_INCIDENT = "Not an incident"
NO_MEANING = "No answer makes it one. Keep an eye on it, and answer again when something changes."


def make_verdict(policy: Policy, answers: Mapping[str, str]) -> Verdict:
    """Classify, and say it in words; raises as :func:`outage.policy.classify.classify`."""
    found = classify(policy, answers)
    asked = list_questions(policy)
    severity = policy.severities[found.severity] if found.severity else None
    full = {ask.id: answers.get(ask.id, UNKNOWN) for ask in asked}
    return Verdict(
        answers=full,
        severity=found.severity,
        severity_name=severity.name if severity else NO_INCIDENT,
        meaning=severity.meaning if severity else NO_MEANING,
        scope=found.scope,
        channels={key: format_channel(policy, policy.channels[key]) for key in found.channels},
        clauses=tuple(
            Clause(at, quote_clause(policy, asked, at), locate_clause(policy, at))
            for at in list_decided(found)
        ),
        time_box=describe_time_box(policy, found.severity) if found.time_box_clause else None,
        doubt=tuple(doubt_text(asked, question, choice) for question, choice in found.doubted),
        doubt_rule=DOUBT_RULE,
        command=format_declare_command(full) if severity else None,
        again=(format_severity_command(found.severity), format_scope_command(found.scope))
        if found.severity
        else (),
    )


def list_decided(found: Classification) -> list[str]:
    """Addresses of all clauses that decided, each once: severity, scope, then the time box."""
    box = (found.time_box_clause,) if found.time_box_clause else ()
    return list(dict.fromkeys((*found.severity_clauses, *found.scope_clauses, *box)))


def quote_clause(policy: Policy, asked: Iterable[Ask], address: str) -> str:
    """Return the question and the answer behind a clause; both questions and answers, behind a cell."""
    said = {choice.clause: f"{ask.text} {choice.text}" for ask in asked for choice in ask.choices}
    return said.get(address) or _cells(policy, said)[address]


def _cells(policy: Policy, said: Mapping[str, str]) -> dict[str, str]:
    matrix = policy.classification.matrix
    assert matrix is not None, "an address that is no answer's is a cell's"
    rows, columns = (f"classification.questions.{key}.answers." for key in (matrix.rows, matrix.columns))
    return {
        cell_address(row, column): f"{said[rows + row]}. {said[columns + column]}"
        for row, cells in matrix.cells.items()
        for column in cells
    }


def locate_clause(policy: Policy, address: str) -> str:
    """``handbook.yml:91``, or ``default``."""
    line = policy.at(address).line
    return "default" if line is None else f"{policy.path}:{line}"


def describe_time_box(policy: Policy, severity: str | None) -> str:
    """Describe what the time box allows at a severity that has one."""
    clock = policy.clock("time_box", severity) if severity else None
    limit = clock.length if clock else policy.incident.time_box
    again = "If it isn't fixed by then, answer these questions again."
    return f"One expert may try alone for {limit} first. {again}"


def doubt_text(asked: Iterable[Ask], question: str, counted: Choice) -> str:
    """Return a question left open, and the answer that it counted as."""
    return f"{next(ask.text for ask in asked if ask.id == question)} {counted.text}"


def format_declare_command(answers: Mapping[str, str]) -> str:
    """Format the command that declares an incident with these answers."""
    given = ",".join(f"{question}={answer}" for question, answer in answers.items())
    return f'outage declare "What is broken" --answers {given}'


def format_severity_command(severity: str) -> str:
    """Format the command that reassesses an open incident; declaring again would open a second one."""
    return f"outage severity {severity}"


def format_scope_command(scope: str) -> str:
    """Format the command that says how wide an open incident is."""
    return f"outage scope {scope}"


def parse_answers(given: Iterable[str]) -> dict[str, str]:
    """Answers as they are typed: ``customers=all``, several in a row or joined by commas.

    Raises:
        Refused: one has no ``=``, or a question is answered twice.
    """
    answers: dict[str, str] = {}
    for item in (part.strip() for text in given for part in text.split(",") if part.strip()):
        question, equals, answer = item.partition("=")
        if not equals:
            raise Refused(
                f"'{item}' is not an answer", hint="write QUESTION=ANSWER, for example scale=company"
            )
        if answers.setdefault(question.strip(), answer.strip()) != answer.strip():
            raise Refused(f"'{question}' is answered twice", hint="keep one of the two")
    return answers
