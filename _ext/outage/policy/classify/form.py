"""The classification form as data: its questions, and a table of every outcome, made beforehand."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from outage.policy.classify import (
    UNKNOWN,
    Ask,
    Classification,
    cell_address,
    in_doubt,
    list_outcomes,
    list_questions,
)
from outage.policy.classify.verdict import (
    DOUBT_RULE,
    NO_INCIDENT,
    NO_MEANING,
    describe_time_box,
    doubt_text,
    format_declare_command,
    format_scope_command,
    format_severity_command,
    list_decided,
    locate_clause,
    quote_clause,
)
from outage.policy.quote import Quote, quote

if TYPE_CHECKING:
    from outage.policy import Policy


@dataclass(frozen=True)
class Piece:
    """Something that an outcome may show.

    Attributes:
        kind: severity, scope, set-severity, set-scope, channel, clause, doubt, doubt-rule, time-box or
            command.
        key: what the table calls it; unique in the form.
        text: the words beside the quote, or alone.
        quote: a name or clause of the policy, with its look.
    """

    kind: str
    key: str
    text: str = ""
    quote: Quote | None = None


@dataclass(frozen=True)
class Form:
    """All that the page needs.

    Attributes:
        questions: as they are asked; ``unknown`` is not among their choices.
        pieces: everything that any outcome shows, each once.
        outcomes: the distinct outcomes, each the indices of its pieces.
        rows: index of the outcome for each combination of answers; the last question's answers, and
            last among them ``unknown``, change fastest.
        command: the command's text before the answers.
    """

    questions: tuple[Ask, ...]
    pieces: tuple[Piece, ...]
    outcomes: tuple[tuple[int, ...], ...]
    rows: tuple[int, ...]
    command: str

    def of(self, kind: str) -> list[Piece]:
        """Return the pieces of one kind."""
        return [piece for piece in self.pieces if piece.kind == kind]

    @property
    def table(self) -> dict[str, Any]:
        """What the script looks up, as data for JSON."""
        return {
            "questions": [
                [ask.id, [*(choice.id for choice in ask.choices), UNKNOWN]] for ask in self.questions
            ],
            "pieces": [piece.key for piece in self.pieces],
            "outcomes": self.outcomes,
            "rows": self.rows,
            "command": self.command,
        }


def make_form(policy: Policy) -> Form:
    """Make the form of a policy; at most 20,000 rows, by the policy's own rules."""
    asked = tuple(list_questions(policy))
    shown = [_list_keys(found) for found in list_outcomes(policy).values()]
    used = {key for keys in shown for key in keys}
    index = {key: at for at, key in enumerate(key for key in _order_keys(policy, asked) if key in used)}
    distinct: dict[tuple[int, ...], int] = {}
    rows = tuple(distinct.setdefault(tuple(index[key] for key in keys), len(distinct)) for keys in shown)
    pieces = tuple(_make_piece(policy, asked, key) for key in index)
    return Form(asked, pieces, tuple(distinct), rows, format_declare_command({}))


def format_form(policy: Policy) -> str:
    """Format the whole form as one text: what a page shows of it, to tell whether that has changed."""
    return json.dumps(asdict(make_form(policy)), default=str)


def _order_keys(policy: Policy, asked: tuple[Ask, ...]) -> list[str]:
    """All that could be shown, in the order in which a page lists it."""
    matrix = policy.classification.matrix
    cells = [cell_address(row, key) for row, keys in matrix.cells.items() for key in keys] if matrix else []
    clauses = dict.fromkeys([*(choice.clause for ask in asked for choice in ask.choices), *cells])
    return [
        *(f"severity:{key}" for key in (*policy.severities, "")),
        *(f"scope:{key}" for key in policy.scopes),
        *(f"set-severity:{key}" for key in policy.severities),
        *(f"set-scope:{key}" for key in policy.scopes),
        *(f"channel:{key}" for key in ("incident", "area", "division", "company")),
        *("command:", "doubt-rule:"),
        *(f"time-box:{key}" for key in (*policy.severities, "")),
        *(f"doubt:{ask.id}" for ask in asked),
        *(f"clause:{address}" for address in clauses),
    ]


def _list_keys(found: Classification) -> list[str]:
    """List what an outcome shows."""
    keys = [f"severity:{found.severity or ''}", f"scope:{found.scope}"]
    keys += [f"clause:{address}" for address in list_decided(found)]
    keys += [f"doubt:{question}" for question, _ in found.doubted]
    keys += ["doubt-rule:"] if found.doubted else []
    keys += [f"time-box:{found.severity or ''}"] if found.time_box_clause else []
    if found.severity:
        keys += [*(f"channel:{channel}" for channel in found.channels), "command:"]
        keys += [f"set-severity:{found.severity}", f"set-scope:{found.scope}"]
    return keys


def _make_piece(policy: Policy, asked: tuple[Ask, ...], key: str) -> Piece:
    kind, _, name = key.partition(":")
    if kind == "severity" and not name:
        return Piece(kind, key, NO_MEANING, Quote(NO_INCIDENT, None))
    if kind == "severity":
        return Piece(kind, key, policy.severities[name].meaning, quote(policy, kind, name))
    if kind in ("scope", "channel"):
        return Piece(kind, key, "", quote(policy, kind, name))
    if kind == "set-severity":
        return Piece(kind, key, format_severity_command(name))
    if kind == "set-scope":
        return Piece(kind, key, format_scope_command(name))
    if kind == "clause":
        text = f"{quote_clause(policy, asked, name)} ({locate_clause(policy, name)})"
        return Piece(kind, key, text, quote(policy, kind, name))
    if kind == "doubt":
        ask = next(ask for ask in asked if ask.id == name)
        return Piece(kind, key, doubt_text(asked, name, in_doubt(policy, ask)))
    if kind == "time-box":
        return Piece(kind, key, describe_time_box(policy, name or None))
    return Piece(kind, key, DOUBT_RULE if kind == "doubt-rule" else "")
