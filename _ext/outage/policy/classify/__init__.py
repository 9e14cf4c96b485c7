"""From a few answers to a severity and a scope, and the same as data; the form itself is in ``pages``."""

from outage.policy.classify.answers import (
    SCALE,
    UNKNOWN,
    Ask,
    Choice,
    Classification,
    cell_address,
    choose_channels,
    classify,
    in_doubt,
    list_outcomes,
    list_questions,
)

__all__ = [
    "SCALE",
    "UNKNOWN",
    "Ask",
    "Choice",
    "Classification",
    "cell_address",
    "choose_channels",
    "classify",
    "in_doubt",
    "list_outcomes",
    "list_questions",
]
