"""From a few answers to a severity and a scope, with the clause that decided each.

The questions are finite, so the whole table can be made beforehand: the page's form
looks the outcome up in the table that :func:`list_outcomes` made, and decides nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

from outage.errors import OutageError, Problems, Refused
from outage.source import nearest

if TYPE_CHECKING:
    from outage.policy import Policy
    from outage.policy.vocabulary import ChannelId, ScopeId

UNKNOWN = "unknown"
SCALE = "scale"
CELLS = "classification.matrix.cells."
_WORST_SCOPE: tuple[ScopeId, ...] = ("company", "division", "area")


@dataclass(frozen=True)
class Choice:
    """An answer that may be given.

    Attributes:
        id: what is typed (``all``, ``unknown``).
        text: what is read; criteria are separate, in ``criteria``.
        severity: the least severity it implies, or None.
        scope: the least scope it implies, or None.
        time_box_up_to: see :class:`outage.policy.models.Answer`.
        clause: the address that says so.
        criteria: address and text of each criterion behind the answer (the scale question).
    """

    id: str
    text: str
    severity: str | None
    scope: ScopeId | None
    time_box_up_to: str | None
    clause: str
    criteria: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Ask:
    """A question with its answers, ``unknown`` not among them."""

    id: str
    text: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Classification:
    """The outcome of a set of answers.

    Attributes:
        severity: severity id, or None when no answer implies one: not an incident.
        severity_clauses: addresses of the answers, or of the cell of the matrix, that decided it.
        scope: area, division or company.
        scope_clauses: addresses of what decided the scope.
        time_box_clause: the answer that lets one expert try alone first, or None.
        doubted: the questions whose answer was unknown, or not given, and the answer each counted as.
        channels: ids of the channels to post to, the widest last.
    """

    severity: str | None
    severity_clauses: tuple[str, ...]
    scope: ScopeId
    scope_clauses: tuple[str, ...]
    time_box_clause: str | None
    doubted: tuple[tuple[str, Choice], ...]
    channels: tuple[ChannelId, ...]


def list_questions(policy: Policy) -> list[Ask]:
    """List the policy's questions, and the one about scale that its criteria make."""
    asked = [
        Ask(
            key,
            question.ask,
            tuple(
                Choice(
                    name,
                    answer.text,
                    answer.severity,
                    answer.scope,
                    answer.time_box_up_to,
                    f"classification.questions.{key}.answers.{name}",
                )
                for name, answer in question.answers.items()
            ),
        )
        for key, question in policy.classification.questions.items()
    ]
    return [*asked, _scale(policy)]


def _scale(policy: Policy) -> Ask:
    own = tuple(
        (f"divisions.{key}.large_scale.{name}", f"{division.name}: {text}")
        for key, division in policy.divisions.items()
        for name, text in division.large_scale.items()
    )
    criteria = {
        "company": _criteria("company", policy.large_scale.company),
        "division": (*_criteria("division", policy.large_scale.division), *own),
    }
    texts = {"company": "It is large for the whole company", "division": "It is large for a division"}
    choices = [
        Choice(scope, texts[scope], None, scope, None, f"large_scale.{scope}", criteria[scope])
        for scope in _WORST_SCOPE
        if scope in texts and scope in policy.scopes
    ]
    only = "Neither: one area only" if len(choices) > 1 else "No: only a part of it"
    neither = Choice("area", only, None, "area", None, "large_scale")
    return Ask(SCALE, "How wide is it?", (*choices, neither))


def _criteria(scope: str, texts: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((f"large_scale.{scope}.{name}", text) for name, text in texts.items())


def classify(policy: Policy, answers: Mapping[str, str]) -> Classification:
    """Classify an incident from some answers: its severity and scope.

    Args:
        policy: the rules.
        answers: question id to answer id; a question left out counts as ``unknown``.

    Raises:
        Problems: a question or an answer does not exist; the hint names the nearest.
    """
    asked = list_questions(policy)
    problems = list(_refuse_answer(asked, answers))
    if problems:
        raise Problems(problems)
    given: dict[str, Choice] = {}
    doubted: list[str] = []
    for ask in asked:
        answer = answers.get(ask.id, UNKNOWN)
        if answer == UNKNOWN:
            doubted.append(ask.id)
            given[ask.id] = in_doubt(policy, ask)
        else:
            given[ask.id] = next(choice for choice in ask.choices if choice.id == answer)
    return _outcome(policy, given, doubted)


def _refuse_answer(asked: list[Ask], answers: Mapping[str, str]) -> Iterator[OutageError]:
    known = {ask.id: [choice.id for choice in ask.choices] for ask in asked}
    for question, answer in answers.items():
        if question not in known:
            yield Refused(f"there is no question '{question}'", hint=nearest(question, list(known)))
        elif answer != UNKNOWN and answer not in known[question]:
            options = [*known[question], UNKNOWN]
            yield Refused(f"'{answer}' does not answer '{question}'", hint=nearest(answer, options))


def _rank(policy: Policy, choice: Choice) -> tuple[int, int]:
    """Smaller is worse: by severity, then by scope."""
    severity = len(policy.severities) if choice.severity is None else policy.rank(choice.severity)
    scope = len(_WORST_SCOPE) if choice.scope is None else _WORST_SCOPE.index(choice.scope)
    return severity, scope


def in_doubt(policy: Policy, ask: Ask) -> Choice:
    """Return the answer that ``unknown`` counts as.

    It never widens the scope, whatever the rule in doubt: that would post to everyone on a guess.
    """
    if ask.id == SCALE:
        return ask.choices[-1]
    ordered = sorted(ask.choices, key=lambda choice: _rank(policy, choice))
    return replace(ordered[0 if policy.classification.when_in_doubt == "higher" else -1], scope=None)


def _outcome(policy: Policy, given: Mapping[str, Choice], doubted: Iterable[str]) -> Classification:
    ids, choices = list(policy.severities), given.values()
    implied: list[tuple[str, str | None]] = []
    implied += [(choice.clause, choice.severity) for choice in choices if choice.severity is not None]
    implied += _from_matrix(policy, given)
    severity = min((found for _, found in implied if found is not None), key=ids.index, default=None)
    scope: ScopeId = min(
        (choice.scope for choice in choices if choice.scope is not None),
        key=_WORST_SCOPE.index,
        default="area",
    )
    boxes = [choice for choice in choices if choice.time_box_up_to is not None]
    small = severity is None or (
        any(ids.index(severity) >= ids.index(choice.time_box_up_to or "") for choice in boxes)
        and policy.clock("time_box", severity) is not None
    )
    return Classification(
        severity=severity,
        severity_clauses=tuple(clause for clause, implies in implied if implies == severity),
        scope=scope,
        scope_clauses=tuple(choice.clause for choice in choices if choice.scope == scope),
        time_box_clause=boxes[0].clause if boxes and small else None,
        doubted=tuple((question, given[question]) for question in doubted),
        channels=tuple(choose_channels(policy, scope)),
    )


def _from_matrix(policy: Policy, given: Mapping[str, Choice]) -> list[tuple[str, str | None]]:
    """Return address and severity of the cell in which the answers meet; None where it isn't an incident."""
    matrix = policy.classification.matrix
    if matrix is None:
        return []
    row, column = given[matrix.rows].id, given[matrix.columns].id
    return [(cell_address(row, column), matrix.cells[row][column])]


def cell_address(row: str, column: str) -> str:
    """Return the address of a cell of the matrix."""
    return f"{CELLS}{row}.{column}"


def choose_channels(policy: Policy, scope: ScopeId) -> list[ChannelId]:
    """Choose the channels of an incident of this scope: its own, then each one upwards to its scope's.

    A channel that another replaces is left out when that other one is in the list.
    """
    upwards: dict[ScopeId, tuple[ChannelId, ...]] = {
        "area": ("incident", "area"),
        "division": ("incident", "area", "division"),
        "company": ("incident", "area", "division", "company"),
    }
    chosen: list[ChannelId] = []
    for channel in upwards[scope]:
        real = policy.channels[channel].same_as or channel
        if real not in chosen:
            chosen.append(real)
    return chosen


def list_outcomes(policy: Policy) -> dict[tuple[str, ...], Classification]:
    """Every combination of answers, ``unknown`` included, in the questions' order.

    The number of rows is bounded by the policy's rules (at most 20,000).
    """
    asked = list_questions(policy)
    options = [[*(choice.id for choice in ask.choices), UNKNOWN] for ask in asked]
    ids = [ask.id for ask in asked]
    by_id = [{choice.id: choice for choice in ask.choices} for ask in asked]
    doubt = [in_doubt(policy, ask) for ask in asked]
    table = {}
    for row in product(*options):
        given = {ids[i]: by_id[i].get(answer, doubt[i]) for i, answer in enumerate(row)}
        doubted = [ids[i] for i, answer in enumerate(row) if answer == UNKNOWN]
        table[row] = _outcome(policy, given, doubted)
    return table
