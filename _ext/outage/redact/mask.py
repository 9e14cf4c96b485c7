"""Masks personal data in what a run printed: e-mail addresses, literals in SQL text, customers' names.

A mask hides what its pattern fits, and nothing else: it makes publishing an output less risky, not
safe. Patterns cannot be made slow by the text they meet, see :mod:`outage.patterns`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from outage.errors import Refused
from outage.patterns import compile_safe_regex
from outage.secrets import SecretMissing, resolve
from outage.text import replay_terminal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from outage.policy.tooling import Masks

NAME = "[name]"
LITERAL = "'…'"
_LONGEST_LINE = 20_000
_SQL = r"\b(?:select|insert into|update|delete from|where|values|having|set|i?like|between)\b"
_QUOTED = re.compile(r"(?<!\w)'[^'\n]*'")  # each character is looked at once: a quote ends what a quote began


class Masker:
    """What one policy masks."""

    def __init__(self, masks: Masks, names: Iterable[str] = ()) -> None:
        """``names`` are left out literally, in any case."""
        self._sql = masks.sql_literals
        patterns = masks.patterns.items()
        self._patterns = [
            (compile_safe_regex(pattern), f"[{key}]") for key, pattern in patterns if pattern is not None
        ]
        listed = sorted({name.strip() for name in names if len(name.strip()) > 1}, key=len, reverse=True)
        if listed:
            anyone = "|".join(map(re.escape, listed))
            self._patterns.append((re.compile(rf"\b(?:{anyone})\b", re.IGNORECASE), NAME))

    def text(self, text: str, *, sql: bool = True) -> str:
        """Return the text with what is masked replaced; ``sql=False`` leaves literals in SQL as they are."""
        for pattern, mark in self._patterns:
            text = pattern.sub(mark, text)
        if not (sql and self._sql and "'" in text):
            return text
        return "".join(_strip_literals(line) for line in text.splitlines(keepends=True))


def _strip_literals(line: str) -> str:
    """Return a line without what is in single quotes after a word of SQL."""
    found = compile_safe_regex(_SQL).search(line[:_LONGEST_LINE])
    if found is None:
        return line
    return line[: found.end()] + _QUOTED.sub(LITERAL, line[found.end() :])


def make_masker(masks: Masks) -> Masker:
    """Return the masker of a policy, the list of names read.

    Raises:
        Refused: the list of names cannot be read: what cannot be masked is not published.
    """
    if masks.names is None:
        return Masker(masks)
    try:
        return Masker(masks, resolve(masks.names).splitlines())
    except SecretMissing as error:
        hint = "provide it, or write 'names: none' under masks in the policy"
        raise Refused(f"the names to mask cannot be read: {error.message}", hint=hint) from None


def mask_outputs(outputs: Any, mask: Masker) -> None:
    """Mask the texts of a notebook cell's stored outputs, in place; their shape may be anything.

    They are masked as a reader sees them: an address with a colour in it is an address.
    """
    for output in outputs if isinstance(outputs, list) else []:
        if not isinstance(output, dict):
            continue
        data = output.get("data")
        parts = [output, *([data] if isinstance(data, dict) else [])]
        for part in parts:
            for key in ("text", "evalue", "traceback", "text/plain", "text/markdown"):
                value = part.get(key)
                if isinstance(value, list) and all(isinstance(line, str) for line in value):
                    lines = key == "traceback"  # the others are one text in pieces
                    whole = mask.text(replay_terminal(("\n" if lines else "").join(value)))
                    part[key] = whole.split("\n") if lines else whole
                elif isinstance(value, str):
                    part[key] = mask.text(replay_terminal(value))
