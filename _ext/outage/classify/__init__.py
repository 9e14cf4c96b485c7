"""From a few answers to a severity and a scope, and the same in words and as a form."""

from outage.classify.answers import (
    SCALE,
    UNKNOWN,
    Ask,
    Choice,
    Classification,
    classify,
    outcomes,
    post_to,
    questions,
)

__all__ = [
    "SCALE",
    "UNKNOWN",
    "Ask",
    "Choice",
    "Classification",
    "classify",
    "outcomes",
    "post_to",
    "questions",
]
