"""Words to say or post exactly as they stand, with the company's names filled in.

A block that is copied into a chat cannot hold links, so the roles in it (``{role}`scribe```)
become bare words here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from outage.quote import KINDS, quote
from outage.text import visible

if TYPE_CHECKING:
    from outage.policy import Policy

_QUOTED = re.compile(rf"\{{({'|'.join(KINDS)})\}}`([^`\n]+)`")


def quoted(text: str) -> Iterator[tuple[str, str]]:
    """What a text asks of the policy: kind and target of each role in it, in order."""
    for found in _QUOTED.finditer(text):
        yield found[1], found[2]


def filled(policy: Policy, text: str) -> str:
    """The text with each role replaced by the company's words, lines kept.

    Raises:
        Refused: the policy has nothing of that name; the hint says the nearest.
    """
    words = _QUOTED.sub(lambda found: quote(policy, found[1], found[2]).text, text)
    return visible(words, keep="\n")
