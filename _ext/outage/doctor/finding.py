"""One thing that was looked at, and its condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["works", "look", "fails", "unknown"]


@dataclass(frozen=True)
class Finding:
    """One thing that a responder will rely on.

    Attributes:
        area: one of ``examine.AREAS``.
        name: what was looked at.
        state: ``works``, ``fails``, ``look`` (it works, and a person should know something about it) or
            ``unknown`` (it could not be tried from here).
        words: what was seen, in a sentence without a full stop.
        hint: what to do about it.
    """

    area: str
    name: str
    state: State
    words: str
    hint: str = ""
