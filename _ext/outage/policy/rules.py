"""What a policy must satisfy beyond its shape: references that exist, orders that hold together."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from outage.policy.duration import Duration
from outage.policy.vocabulary import AUDIENCES, RoleId
from outage.source import Address, nearest
from outage.validate import Violation

if TYPE_CHECKING:
    from outage.policy.models import PolicyData, Severity

MOST_OUTCOMES = 20_000
"""The classification form carries one row for each combination of answers."""


def find_violations(policy: PolicyData) -> list[Violation]:
    """Find every rule that a policy breaks, in no particular order."""
    return [
        violation
        for rule in (
            _check_references,
            _check_names,
            _check_promise_order,
            _check_review_order,
            _check_staffing,
            _check_merged_roles,
            _check_hand_over,
            _check_escalation_severities,
            _check_calendar,
            _check_questions,
            _matrix_is_whole,
            _check_matrix_order,
            _every_severity_can_be_reached,
            _check_channels,
        )
        for violation in rule(policy)
    ]


def _check_names(policy: PolicyData) -> Iterator[Violation]:
    """``none`` drops an audience; a channel or role of which one writes the same would be called so."""
    instead = {
        "channels": "leave the channel out; where one is needed, a wider one stands in",
        "roles": "write {merged_into: ...} and the role that does its work, or leave it out",
        "contacts": "leave the contact out",
    }
    for part, hint in instead.items():
        for key, named in getattr(policy, part).items():
            if named.name.lower() == "none" and not getattr(named, "same_as", None):
                yield Violation((part, key), "'none' would become its name", hint)


class _Reference(NamedTuple):
    """A use of an id: where it stands, what kind of part it names, and the id."""

    at: Address
    kind: str
    used: str


def _check_references(policy: PolicyData) -> Iterator[Violation]:
    known: dict[str, list[str]] = {
        "severity": list(policy.severities),
        "contact": list(policy.contacts),
        "channel": list(policy.channels),
        "audience": list(policy.audiences),
        "role": [key for key, role in policy.roles.items() if not role.merged_into],
    }
    for at, kind, used in (*_list_severities_used(policy), *_list_others_used(policy)):
        if used not in known[kind]:
            hint = nearest(used, known[kind], f"define this {kind} first, or remove it here")
            yield Violation(at, f"there is no {kind} '{used}'", hint)


def _list_severities_used(policy: PolicyData) -> Iterator[_Reference]:
    for level, alert in policy.incident.alert_levels.items():
        if alert.severity is not None:
            yield _Reference(("incident", "alert_levels", level, "severity"), "severity", alert.severity)
    for key, question in policy.classification.questions.items():
        for name, answer in question.answers.items():
            for setting in ("severity", "time_box_up_to"):
                used = getattr(answer, setting)
                if used is not None:
                    at = ("classification", "questions", key, "answers", name, setting)
                    yield _Reference(at, "severity", used)
    for place, severity in _cells(policy):
        if severity is not None:
            yield _Reference(place, "severity", severity)
    for place, severity in _list_severities_named(policy):
        yield _Reference(place, "severity", severity)


def _list_severities_named(policy: PolicyData) -> Iterator[tuple[Address, str]]:
    """Give the severities at which something applies, and where each is listed."""
    lists: dict[Address, list[str]] = {
        ("escalations", key): escalation.severities for key, escalation in policy.escalations.items()
    }
    lists |= {
        ("notification_duties", key): duty.severities for key, duty in policy.notification_duties.items()
    }
    for at, listed in lists.items():
        for index, used in enumerate(listed):
            yield (*at, "severities", str(index)), used
    for key, escalation in policy.escalations.items():
        for used in escalation.after if isinstance(escalation.after, dict) else ():
            yield ("escalations", key, "after", used), used


def _list_others_used(policy: PolicyData) -> Iterator[_Reference]:
    for key, escalation in policy.escalations.items():
        for index, used in enumerate(escalation.call):
            yield _Reference(("escalations", key, "call", str(index)), "contact", used)
    for key, duty in policy.notification_duties.items():
        yield _Reference(("notification_duties", key, "owner"), "contact", duty.owner)
    for audience, told in policy.audiences.items():
        yield _Reference(("audiences", audience, "channel"), "channel", told.channel)
    for index, channel in enumerate(policy.new_joiners.channels):
        yield _Reference(("new_joiners", "channels", str(index)), "channel", channel)
    for index, role in enumerate(policy.review.attend):
        yield _Reference(("review", "attend", str(index)), "role", role)
    for key, severity in policy.severities.items():
        for promise in ("first_message", "cadence"):
            for used in getattr(severity, promise):
                yield _Reference(("severities", key, promise, used), "audience", used)


def _is_slower(higher: Duration | None, lower: Duration | None) -> bool:
    """Whether the higher severity promises less than the lower; no promise is the least."""
    if lower is None:
        return False
    return higher is None or higher.length > lower.length


def _list_promises(severity: Severity) -> dict[Address, Duration | None]:
    """Each length of time that a severity promises, by its address below the severity."""
    found: dict[Address, Duration | None] = {
        ("acknowledge",): severity.acknowledge,
        ("commander",): severity.commander,
    }
    for name in ("first_message", "cadence"):
        found |= {(name, audience): getattr(severity, name).get(audience) for audience in AUDIENCES}
    for name in ("meeting", "draft", "shared", "actions"):
        found[("review", name)] = getattr(severity.review, name)
    return found


def _check_promise_order(policy: PolicyData) -> Iterator[Violation]:
    for (upper_id, upper), (lower_id, lower) in pairwise(policy.severities.items()):
        low = _list_promises(lower)
        for at, high in _list_promises(upper).items():
            if _is_slower(high, low[at]):
                yield Violation(
                    ("severities", upper_id, *at),
                    f"{upper_id} says {high or 'none'}, and the lesser {lower_id} says {low[at]}",
                    "severities stand worst first, and a worse one is never slower",
                )


def _check_review_order(policy: PolicyData) -> Iterator[Violation]:
    for key, severity in policy.severities.items():
        steps = [("meeting", severity.review.meeting), ("draft", severity.review.draft)]
        steps.append(("shared", severity.review.shared))
        given = [(name, length) for name, length in steps if length is not None]
        for (name, length), (later, limit) in pairwise(given):
            if length.length > limit.length:
                at = ("severities", key, "review", later)
                yield Violation(at, f"{later} is due after {limit}, before {name} after {length}")


def _check_staffing(policy: PolicyData) -> Iterator[Violation]:
    leads: tuple[RoleId, ...] = ("incident-commander", "operations-lead")
    needed = [role for role in leads if not policy.roles[role].merged_into]
    for count, row in policy.staffing.items():
        at = ("staffing", str(count))
        if len(row) > count:
            yield Violation(at, f"{len(row)} people hold roles when {count} are awake", "one list a person")
        for role in needed:
            if not any(role in person for person in row):
                yield Violation(at, f"nobody is {role}", "give the role to one of the people in this row")
        for index, person in enumerate(row):
            for role in person:
                if role not in policy.roles:
                    yield Violation((*at, str(index)), f"there is no role '{role}' here")
                elif policy.roles[role].merged_into:
                    into = policy.roles[role].merged_into
                    yield Violation((*at, str(index)), f"{role} is merged into {into}", f"write {into}")
            if count > 1 and {"incident-commander", "operations-lead"} <= set(person):
                yield Violation(
                    (*at, str(index)),
                    "one person is both incident commander and operations lead, and others are awake",
                    "the operations lead fixes and does nothing else: give one of the two to another person",
                )


def _check_merged_roles(policy: PolicyData) -> Iterator[Violation]:
    for key, role in policy.roles.items():
        into = role.merged_into
        if into is None:
            continue
        at = ("roles", key, "merged_into")
        if into not in policy.roles or policy.roles[into].merged_into or into == key:
            yield Violation(
                at, f"{key} cannot be merged into {into}", "merge it into a role that someone holds"
            )
        elif {key, into} == {"incident-commander", "operations-lead"}:
            yield Violation(at, "the incident commander and the operations lead are never one role")


def _check_hand_over(policy: PolicyData) -> Iterator[Violation]:
    limits = policy.hand_over
    if limits.commander_limit.length > limits.shift_limit.length:
        yield Violation(
            ("hand_over", "commander_limit"),
            f"a commander may lead for {limits.commander_limit}, longer than a shift of {limits.shift_limit}",
        )
    if limits.overlap.length >= limits.shift_limit.length or limits.overlap.length > timedelta(hours=12):
        yield Violation(("hand_over", "overlap"), "the overlap is as long as the shift")


def _check_escalation_severities(policy: PolicyData) -> Iterator[Violation]:
    for key, escalation in policy.escalations.items():
        if escalation.severities and isinstance(escalation.after, dict):
            reason = "'after' names the severities already"
            yield Violation(("escalations", key, "severities"), reason, "remove one of the two lists")


def _check_calendar(policy: PolicyData) -> Iterator[Violation]:
    country, region = policy.calendar.country, policy.calendar.region
    if len(set(policy.calendar.weekend)) > 6:
        yield Violation(("calendar", "weekend"), "every day is a weekend day, so nothing would ever be due")
    if country is None:
        if region is not None:
            yield Violation(("calendar", "region"), "a region needs a country")
        return
    known = json.loads(Path(__file__).with_name("countries.json").read_text(encoding="utf-8"))
    if country not in known:
        reason = f"no holidays are known for the country '{country}'"
        hint = "use its two-letter ISO code, or list the days under holidays"
        yield Violation(("calendar", "country"), reason, hint)
    elif region is not None and region not in known[country]:
        yield Violation(
            ("calendar", "region"),
            f"no holidays are known for '{region}' in {country}",
            nearest(region, known[country], "remove it"),
        )


def _check_questions(policy: PolicyData) -> Iterator[Violation]:
    questions = policy.classification.questions
    if "scale" in questions:
        at = ("classification", "questions", "scale")
        yield Violation(at, "this question is asked already, from large_scale", "rename it, or remove it")
    outcomes = prod(len(question.answers) + 1 for question in questions.values()) * 4
    if outcomes > MOST_OUTCOMES:
        reason = f"the questions have {outcomes} combinations of answers; {MOST_OUTCOMES} is the most"
        yield Violation(
            ("classification", "questions"), reason, "nobody answers that many at night: ask fewer"
        )


MATRIX: Address = ("classification", "matrix")


def _cells(policy: PolicyData) -> Iterator[tuple[Address, str | None]]:
    """Give address and severity of each cell of the matrix."""
    matrix = policy.classification.matrix
    for row, cells in matrix.cells.items() if matrix else ():
        for column, severity in cells.items():
            yield (*MATRIX, "cells", row, column), severity


def _matrix_is_whole(policy: PolicyData) -> Iterator[Violation]:
    """Two questions, and one cell for each pair of their answers."""
    matrix, questions = policy.classification.matrix, policy.classification.questions
    if matrix is None:
        return
    for side, question in (("rows", matrix.rows), ("columns", matrix.columns)):
        if question not in questions:
            reason = f"there is no question '{question}'"
            yield Violation((*MATRIX, side), reason, nearest(question, list(questions), "ask it above"))
            return
        for name, answer in questions[question].answers.items():
            if answer.severity is not None:
                at = ("classification", "questions", question, "answers", name, "severity")
                yield Violation(at, "the matrix sets the severity for this answer", "remove it here")
    if matrix.rows == matrix.columns:
        yield Violation(
            (*MATRIX, "columns"), "rows and columns are the same question", "name another question"
        )
        return
    rows, columns = questions[matrix.rows].answers, questions[matrix.columns].answers
    yield from _answers_are((*MATRIX, "cells"), matrix.rows, list(rows), list(matrix.cells))
    for row, cells in matrix.cells.items():
        yield from _answers_are((*MATRIX, "cells", row), matrix.columns, list(columns), list(cells))


def _answers_are(at: Address, question: str, answers: list[str], given: list[str]) -> Iterator[Violation]:
    for name in given:
        if name not in answers:
            yield Violation(
                (*at, name), f"'{name}' does not answer '{question}'", nearest(name, answers, "remove it")
            )
    if missing := [name for name in answers if name not in given]:
        hint = f"every answer to '{question}' needs a severity, or none where it isn't an incident"
        yield Violation(at, f"{', '.join(missing)} is missing", hint)


def _check_matrix_order(policy: PolicyData) -> Iterator[Violation]:
    """Check that a worse row or a wider column never lowers the severity; worst and widest come first."""
    matrix, questions = policy.classification.matrix, policy.classification.questions
    if matrix is None or any(_matrix_is_whole(policy)):
        return
    rows, columns = list(questions[matrix.rows].answers), list(questions[matrix.columns].answers)
    ranks = {severity: rank for rank, severity in enumerate(policy.severities)}
    beside = [((row, one), (row, other)) for row in rows for one, other in pairwise(columns)]
    below = [((one, column), (other, column)) for column in columns for one, other in pairwise(rows)]
    for (row, column), (other_row, other_column) in beside + below:
        worse, less = matrix.cells[row][column], matrix.cells[other_row][other_column]
        if _rank(ranks, worse) > _rank(ranks, less):
            yield Violation(
                (*MATRIX, "cells", row, column),
                f"{row} and {column} give {worse or 'none'}, but {other_row} and {other_column} give {less}",
                "list answers worst first and widest first; a worse or wider one never lowers the severity",
            )


def _rank(ranks: Mapping[str, int], severity: str | None) -> int:
    return len(ranks) if severity is None else ranks.get(severity, len(ranks))


def _every_severity_can_be_reached(policy: PolicyData) -> Iterator[Violation]:
    if policy.classification.matrix is None:
        return
    reached = {severity for _, severity in _cells(policy)}
    for question in policy.classification.questions.values():
        reached |= {answer.severity for answer in question.answers.values()}
    for severity in policy.severities:
        if severity not in reached:
            reason = f"no answers lead to {severity}"
            yield Violation(
                ("severities", severity), reason, "give it a cell in classification.matrix, or remove it"
            )


def _check_channels(policy: PolicyData) -> Iterator[Violation]:
    if "customers" not in policy.audiences and "customers" in policy.channels:
        reason = "there is a channel for customers, and no such audience"
        yield Violation(("channels", "customers"), reason, "remove one or restore the other")
