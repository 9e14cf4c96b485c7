"""Keeps secrets out of what a run writes and shows.

The runner reads the same references as the kernel does, and keeps the values in memory only: to
leave a text out one must know it, and a hash cannot be searched for inside other text. Each value,
each long line of it and each password in it is looked for in the forms of
:mod:`outage.redact.spellings`, codes that only colour a text taken out.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from outage.redact.spellings import Form, list_forms
from outage.secrets import find_passwords, is_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MARK = "[secret]"
SHORTEST = 4
"""A shorter secret cannot be told from ordinary text."""
SHORTEST_PART = 6
"""Characters of a password inside a URL: most of them were not given as a secret."""
SHORTEST_LINE = 8
_LONGEST_LINE = 2_000
_COLOUR = re.compile(r"\x1b\[[0-9;:]*(?:[mK]|\Z)|\x1b\Z")
# What only we write, and what readers compare: a secret that happens to be such a word must not break it.
_OURS = frozenset(
    {"kind", "state", "step", "mode", "run", "runbook", "digest", "id", "cell_type", "output_type", "tags"}
    | {"secrets", "limits", "versions", "commit", "plan"}
)
_THEIRS = frozenset({"value", "data", "metadata"})
"""Where a line holds what a cell made: nothing inside is a word of ours, and keys are texts as well."""


class Scrubber:
    """Knows values, and puts a mark in their place."""

    def __init__(self, values: Iterable[str] = (), mask: Callable[[str], str] | None = None) -> None:
        """``mask`` takes personal data out of outputs as well, where the policy wants that in the journal."""
        self._forms: set[Form] = set()
        self._known: dict[str, _Known] = {}
        self.mask = mask
        self.longest = 0
        for value in values:
            self.add(value)

    def add(self, value: str, *, lines: bool = True) -> None:
        """Leave this value out from now on; one that is too short to be told from other text is not.

        Args:
            value: as it is.
            lines: whether each long line of it is a secret by itself, as those of a key are.
        """
        parts = [part for part in find_passwords(value) if len(part) >= SHORTEST_PART]
        if lines:
            parts += [line.strip() for line in value.splitlines() if len(line.strip()) >= SHORTEST_LINE]
        for text in {value, *parts}:
            if len(text) >= SHORTEST and text not in MARK:
                self._learn(list_forms(text) - self._forms)

    def _learn(self, new: set[Form]) -> None:
        self._forms |= new
        for form in new:
            self.longest = max(self.longest, form.longest)
            self._known.setdefault(form.core, _Known()).add(form)

    def text(self, text: str) -> str:
        """Return the text without the values."""
        if not self._forms:
            return text
        bare = _Bare(text)
        return self._without(bare, self._found(bare.text), len(bare.text))

    def output(self, text: str) -> str:
        """Return what may be written of an output: no secret, and nothing that is masked."""
        text = self.text(text)
        return self.mask(text) if self.mask else text

    def split(self, text: str) -> tuple[str, str]:
        """Split a text that goes on: into what is safe to show, scrubbed, and the end that must wait.

        The end is held back only if it may be the beginning of a value: fewer characters than the
        longest form has. Where outputs are masked, a line waits for its end, or for its two
        thousandth character.
        """
        line = ""
        if self.mask and len(line := text[text.rfind("\n") + 1 :]) < _LONGEST_LINE:
            text = text[: len(text) - len(line)]
        else:
            line = ""
        if not self._forms:
            return self.output(text), line
        bare = _Bare(text)
        cut = len(bare.text) - max(form.begun(bare.text) for form in self._forms)
        found = [span for span in self._found(bare.text) if span[0] < cut]
        cut = max(cut, found[-1][1] if found else 0)
        shown = self._without(bare, found, cut)
        return self.mask(shown) if self.mask else shown, text[bare.before(cut) :] + line

    def end(self, text: str) -> str:
        """Scrub the end of a text whose beginning was cut off, perhaps inside a value."""
        bare = _Bare(text)
        at = min(self.longest, len(bare.text))
        at = max([at, *(end for start, end in self._found(bare.text) if start < at < end)])
        return self.output(text[bare.before(at) :])

    def data(self, value: Any) -> Any:
        """Return JSON values without the secrets; references, images and our own words stay."""
        return self._data(value, _OURS) if self._forms else value

    def _data(self, value: Any, ours: frozenset[str]) -> Any:
        if isinstance(value, str):
            return value if is_reference(value) else self.text(value)
        if isinstance(value, list):
            return [self._data(item, ours) for item in value]
        if isinstance(value, dict):
            return {
                key if ours else self.text(key): item
                if key in ours and not isinstance(item, dict)
                else self._data(item, _select_ours(key, value, ours))
                for key, item in value.items()
            }
        return value

    def _found(self, bare: str) -> list[tuple[int, int]]:
        """Return where values are, in order; what overlaps is one."""
        spans: list[tuple[int, int]] = []
        for core, known in self._known.items():
            if core in bare:
                spans += (match.span() for match in known.pattern.finditer(bare))
        merged: list[tuple[int, int]] = []
        for start, end in sorted(spans):
            if merged and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged

    def _without(self, bare: _Bare, found: list[tuple[int, int]], end: int) -> str:
        """Return the text up to ``end`` without what was found; colours stay."""
        pieces, done = [], 0
        for start, stop in found:
            first, last = bare.before(start), bare.after(stop)
            pieces += [bare.raw[done:first], MARK, *_COLOUR.findall(bare.raw[first:last])]
            done = last
        return "".join([*pieces, bare.raw[done : max(done, bare.before(end))]])


def is_scrubbed(value: Any) -> bool:
    """Whether JSON values, as they were written down, have the mark in the place of a secret."""
    if isinstance(value, dict):
        return any(is_scrubbed(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(is_scrubbed(part) for part in value)
    return isinstance(value, str) and MARK in value


class _Known:
    """Forms that have their core in common, and the pattern that finds them, compiled when it is needed."""

    def __init__(self) -> None:
        self._forms: list[Form] = []
        self._pattern: re.Pattern[str] | None = None

    def add(self, form: Form) -> None:
        self._forms.append(form)
        self._pattern = None

    @property
    def pattern(self) -> re.Pattern[str]:
        if self._pattern is None:
            by_length = sorted(self._forms, key=lambda form: form.longest, reverse=True)
            self._pattern = re.compile("|".join(form.regex for form in by_length))
        return self._pattern


class _Bare:
    """A text without its colours, and where its characters are in the text with them."""

    def __init__(self, raw: str) -> None:
        self.raw = raw
        codes = list(_COLOUR.finditer(raw)) if "\x1b" in raw else []
        self.text = _COLOUR.sub("", raw) if codes else raw
        self._gone = [0, *accumulate(len(code[0]) for code in codes)]
        self._places = [code.start() - gone for code, gone in zip(codes, self._gone, strict=False)]

    def before(self, at: int) -> int:
        """Return where a character is: after the codes that come before it."""
        return at + self._gone[bisect_right(self._places, at)]

    def after(self, at: int) -> int:
        """Return where the characters before ``at`` end: in front of the codes that follow them."""
        return at + self._gone[bisect_left(self._places, at)]


def _select_ours(key: str, of: dict[str, Any], ours: frozenset[str]) -> frozenset[str]:
    """Return which keys are our own words in the value of a key."""
    if key == "data" and "output_type" in of and ours:
        return frozenset({"image/png"})
    return frozenset() if key in _THEIRS else ours
