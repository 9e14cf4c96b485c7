"""The ladder of severities: what each means, what it promises, and what makes an outage large."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outage.policy.classify import SCALE, Ask, Choice, cell_address, list_questions
from outage.render.markup import blocks, bullets, ref, table, value
from outage.text import cell, plain

if TYPE_CHECKING:
    from outage.policy import Policy


def write_severity_matrix(policy: Policy) -> str:
    """Write a row per severity: its meaning, and how soon someone responds and leads."""
    rows = [
        (
            ref("severity", key),
            cell(severity.meaning),
            value(policy, f"severities.{key}.acknowledge"),
            value(policy, f"severities.{key}.commander"),
        )
        for key, severity in policy.severities.items()
    ]
    return table(("Severity", "Meaning", "Acknowledged within", "Incident commander within"), rows)


def write_at_a_glance(policy: Policy) -> str:
    """Return what the worst severity promises, a length of time an item."""
    worst = f"severities.{policy.severity_id('highest')}"
    first = {f"{worst}.first_message.{key}": ref("audience", key) for key in policy.audiences}
    reassess = policy.clock("reassess", policy.severity_id("highest"))
    promises = [
        (f"{worst}.acknowledge", "to acknowledge"),
        (f"{worst}.commander", "to name an incident commander"),
        *((at, f"to the first update for {audience}") for at, audience in first.items()),
        *((clock.address, "to reassess the severity") for clock in filter(None, [reassess])),
    ]
    return bullets(f"{value(policy, at)} {words}" for at, words in promises if policy.has(at))


def write_cadence_table(policy: Policy) -> str:
    """Write a row per severity: each audience's first message, and how often from then on."""
    rows = [
        (
            ref("severity", key),
            *(_describe_cadence(policy, f"severities.{key}", audience) for audience in policy.audiences),
        )
        for key in policy.severities
    ]
    return table(("Severity", *(cell(audience.name) for audience in policy.audiences.values())), rows)


def _describe_cadence(policy: Policy, severity: str, audience: str) -> str:
    """``first within 5 minutes, then every 15 minutes``."""
    first, then = f"{severity}.first_message.{audience}", f"{severity}.cadence.{audience}"
    words = []
    if policy.has(first):
        words.append(f"first within {value(policy, first)}")
    if policy.has(then):
        often = value(policy, then, policy.at(then).raw.often)
        words.append(f"then every {often}" if words else f"every {often}")
    return ", ".join(words) or "no updates"


def write_review_table(policy: Policy) -> str:
    """Write a row per severity: by when its review meets, is drafted, is shared, and its actions are done."""
    rows = [
        (
            ref("severity", key),
            *(
                value(policy, f"severities.{key}.review.{step}")
                for step in ("meeting", "draft", "shared", "actions")
            ),
        )
        for key in policy.severities
    ]
    return table(
        ("Severity", "Review meets within", "Draft within", "Shared within", "Actions done within"), rows
    )


def write_incident_criteria(policy: Policy) -> str:
    """Return what makes a fault an incident; any one is enough."""
    return bullets(value(policy, f"incident.criteria.{key}") for key in policy.incident.criteria)


def write_large_scale(policy: Policy) -> str:
    """Return what makes an outage large for the company or for a division; any one is enough."""
    parts = [
        "**Large for the whole company**, if any one of these holds:",
        _write_criteria(policy, "large_scale.company"),
    ]
    if "division" in policy.scopes:
        parts += [
            "**Large for a division**, if any one of these holds:",
            _write_criteria(policy, "large_scale.division"),
        ]
    for key, division in policy.divisions.items():
        if division.large_scale:
            parts += [
                f"In {plain(division.name)} also:",
                _write_criteria(policy, f"divisions.{key}.large_scale"),
            ]
    return blocks(parts)


def _write_criteria(policy: Policy, address: str) -> str:
    return bullets(value(policy, f"{address}.{key}") for key in policy.at(address).raw)


def write_alert_levels(policy: Policy) -> str:
    """Return what the words of the monitoring mean here."""
    rows = [
        (
            f"**{level}**",
            ref("severity", rule.severity) if rule.severity else "not an incident",
            value(policy, f"incident.alert_levels.{level}.respond"),
        )
        for level, rule in policy.incident.alert_levels.items()
    ]
    return table(("Alert level", "Treat it as", "Look at it within"), rows)


def write_classification(policy: Policy) -> str:
    """Return every question with its answers, then the matrix and the rule in words."""
    parts = [part for ask in list_questions(policy) for part in _write_question(ask)]
    return blocks([*parts, impact_matrix(policy), write_rule(policy)])


def impact_matrix(policy: Policy) -> str:
    """Show the severity that two answers give together: a row and a column for each; empty without one."""
    matrix = policy.classification.matrix
    if matrix is None:
        return ""
    rows, columns = (policy.classification.questions[key] for key in (matrix.rows, matrix.columns))
    body = [
        (cell(answer.text), *(_cell(policy, row, column) for column in columns.answers))
        for row, answer in rows.answers.items()
    ]
    return table((cell(rows.ask), *(cell(answer.text) for answer in columns.answers.values())), body)


def _cell(policy: Policy, row: str, column: str) -> str:
    address = cell_address(row, column)
    severity = policy.at(address).raw
    return f"[{cell(policy.severities[severity].name if severity else 'Not an incident')}](#{address})"


def severity_examples(policy: Policy) -> str:
    """Show each severity's examples, where a company gives any."""
    return blocks(
        part
        for key, severity in policy.severities.items()
        if severity.examples
        for part in (f"**{plain(severity.name)}**, for example:", bullets(map(plain, severity.examples)))
    )


def _write_question(ask: Ask) -> list[str]:
    rows = [
        (cell(choice.text), _describe_implied(choice), f"`{ask.id}={choice.id}`") for choice in ask.choices
    ]
    header = ("Answer", "At least", "Type")
    if not any(implied for _, implied, _ in rows):
        return [f"**{plain(ask.text)}**", table(header[::2], [row[::2] for row in rows])]
    filled = [(answer, implied or cell(""), typed) for answer, implied, typed in rows]
    return [f"**{plain(ask.text)}**", table(header, filled)]


def _describe_implied(choice: Choice) -> str:
    implied = []
    if choice.severity:
        implied.append(ref("severity", choice.severity))
    if choice.scope:
        implied.append(ref("scope", choice.scope))
    if choice.time_box_up_to:
        implied.append(f"up to {ref('severity', choice.time_box_up_to)}, one expert may try it alone first")
    return " ".join(implied)


def write_rule(policy: Policy) -> str:
    """Return how the answers become an outcome."""
    wide = "widest" if len(policy.scopes) > 2 else "wider"
    doubt = "worst" if policy.classification.when_in_doubt == "higher" else "least bad"
    matrix = policy.classification.matrix
    pair = f"`{matrix.rows}` and `{matrix.columns}` give a severity together. " if matrix else ""
    return (
        f"{pair}The result is the worst severity that any answer gives, and the {wide} scope. "
        f"Leave out what you don't know: it counts as the {doubt} answer to that question "
        f"([the policy's rule in doubt](#classification.when_in_doubt)). "
        f"Only `{SCALE}`, which the criteria for large-scale outages answer, then counts as one area."
    )
