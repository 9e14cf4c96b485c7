"""Patterns that no text can make slow: a part of Python's regular expressions, without backtracking.

A repeat takes all that it can and gives nothing back, and of alternatives the first that fits
counts. So ``[a-z]+@`` works, and ``.+@`` never fits, for ``.+`` takes the ``@`` too. What needs
backtracking to have a meaning (references back, looking around, lazy repeats) is refused.
"""

from __future__ import annotations

import re
from functools import cache
from re import _compiler, _constants, _parser  # type: ignore[attr-defined]
from typing import Any

MOST_REPEATS = 400
"""What ``*``, ``+`` and ``{n,}`` mean at most; a repeat inside another one, and that other one, less."""
_INNER, _OUTER = 100, 20
_WIDEST = 3_000
_LONGEST = 500
_REFUSED = {
    "GROUPREF": "a reference back to a group",
    "GROUPREF_EXISTS": "a condition on a group",
    "ASSERT": "looking ahead or behind",
    "ASSERT_NOT": "looking ahead or behind",
    "MIN_REPEAT": "a lazy repeat (*?, +?)",
}
_ONE_CHARACTER = {"LITERAL", "NOT_LITERAL", "ANY", "IN"}


class NotLinearError(ValueError):
    """A pattern that is none of ours, with the reason in words."""


@cache
def linear(pattern: str) -> re.Pattern[str]:
    """Compile a pattern; upper and lower case are the same.

    Raises:
        NotLinearError: it is no pattern, it fits an empty text, or it could be made slow.
    """
    if len(pattern) > _LONGEST:
        raise NotLinearError(f"a pattern has at most {_LONGEST} characters")
    try:
        tree = _parser.parse(pattern, re.IGNORECASE)
        _tame(tree)
        if tree.getwidth()[0] == 0:
            raise NotLinearError("this pattern fits an empty text")
        compiled: re.Pattern[str] = _compiler.compile(tree, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise NotLinearError(f"this is no pattern: {error}") from None
    return compiled


def _tame(tree: Any, unbounded: int = MOST_REPEATS) -> int:
    """Take backtracking out of a parsed pattern, in place; returns the most characters that it can fit."""
    most = 0
    for index, (operator, argument) in enumerate(tree.data):
        name = str(operator)
        if name in _REFUSED:
            raise NotLinearError(f"{_REFUSED[name]} has no place here")
        if name in {"MAX_REPEAT", "POSSESSIVE_REPEAT"}:
            low, high, inner = argument
            if low > MOST_REPEATS:
                raise NotLinearError(f"{MOST_REPEATS} repeats are the most")
            if inner.getwidth()[0] == 0:
                raise NotLinearError("a repeat of what may be empty has no place here")
            inside = _tame(inner, _INNER)
            if high is _constants.MAXREPEAT:
                high = max(_OUTER if inside > 1 else unbounded, low)
            most += high * inside
            tree.data[index] = (_constants.POSSESSIVE_REPEAT, (low, high, inner))
        elif name == "SUBPATTERN":
            most += _tame(argument[3], unbounded)
        elif name == "ATOMIC_GROUP":
            most += _tame(argument, unbounded)
        elif name == "BRANCH":
            most += max(_tame(branch, unbounded) for branch in argument[1])
            alone = _parser.SubPattern(tree.state, [(operator, argument)])
            tree.data[index] = (_constants.ATOMIC_GROUP, alone)
        elif name in _ONE_CHARACTER:
            most += 1
    if most > _WIDEST:
        raise NotLinearError(f"this pattern can fit {most} characters, and {_WIDEST} is the most")
    tree.width = None
    return most
