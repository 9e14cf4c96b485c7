"""How programs spell a text when they print it: the escapes and encodings in which a secret is known.

ASCII letters and digits are left as they are in every escape here; what differs is how the other
characters are spelled, and libraries differ in which of them they escape at all. So a form is,
for each character, all its spellings in one kind of escape; Base64 and hexadecimal are texts.
Which forms there are is listed for people in ``runbooks/secret-forms.csv``, whose rows are tests.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from functools import cached_property
from html.entities import codepoint2name
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SHORT = dict(zip("\n\t\r\b\f\v\a\0\x1b", ["n", "t", "r", "b", "f", "v", "a", "0", "e"], strict=True))


@dataclass(frozen=True)
class Form:
    """One way to spell a whole text: for each of its characters, the spellings that it may have."""

    spellings: tuple[tuple[str, ...], ...]

    @cached_property
    def core(self) -> str:
        """The longest run of characters with one spelling each: without it there is no match."""
        best = run = ""
        for each in self.spellings:
            run = run + each[0] if len(each) == 1 else ""
            best = max(best, run, key=len)
        return best

    @cached_property
    def longest(self) -> int:
        """Characters of its longest spelling."""
        return sum(max(map(len, each)) for each in self.spellings)

    @property
    def regex(self) -> str:
        """A pattern of it. No two spellings of one text overlap in a way that could make it slow."""
        return "".join(
            re.escape(each[0]) if len(each) == 1 else f"(?:{'|'.join(map(re.escape, each))})"
            for each in self.spellings
        )

    @cached_property
    def _firsts(self) -> frozenset[str]:
        return frozenset(spelling[0] for spelling in self.spellings[0])

    @cached_property
    def _letters(self) -> frozenset[str]:
        return frozenset(letter for each in self.spellings for spelling in each for letter in spelling)

    def begun(self, text: str) -> int:
        """Return how many characters at a text's end may begin this form without completing it."""
        if text[-1:] not in self._letters:  # mostly: a text ends with its line
            return 0
        best = len(text)
        for first in self._firsts:
            at = text.find(first, max(0, len(text) - self.longest + 1), best)
            while at != -1 and not self._goes_on(text, at):
                at = text.find(first, at + 1, best)
            best = best if at == -1 else at
        return len(text) - best

    def _goes_on(self, text: str, start: int) -> bool:
        """Return whether the text ends inside a spelling that begins at ``start``."""
        ends = {start}
        for each in self.spellings:
            if any(len(text) - at < len(one) and one.startswith(text[at:]) for at in ends for one in each):
                return True
            ends = {at + len(one) for at in ends for one in each if text.startswith(one, at)}
            if not ends:
                return False
        return False


def list_forms(text: str) -> set[Form]:
    """Return every form in which a text is recognised."""
    raw = text.encode("utf-8", "surrogatepass")
    escaped = {tuple(map(_spell(family), text)) for family in _FAMILIES}
    literal = {tuple((char,) for char in raw.hex()), tuple((char,) for char in raw.hex().upper())}
    return {Form(spellings) for spellings in escaped | literal | set(_spell_base64(raw))}


def _spell(family: Callable[[str], tuple[str, ...]]) -> Callable[[str], tuple[str, ...]]:
    def spellings(char: str) -> tuple[str, ...]:
        if char.isascii() and char.isalnum():
            return (char,)
        return tuple(sorted(set(family(char)), key=lambda one: (-len(one), one)))

    return spellings


def _spell_percent(char: str) -> tuple[str, ...]:
    """Spell it as in a URL; which characters stay differs (RFC 3986, forms, browsers). Also encoded twice."""
    upper = "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))
    once = (upper, upper.lower())
    return (char, *once, *(one.replace("%", "%25") for one in once), *("+" for _ in char if char == " "))


def _spell_html(char: str) -> tuple[str, ...]:
    """Spell it as in HTML and XML: by name, decimal or hexadecimal. Also escaped twice."""
    number = ord(char)
    name = "apos" if char == "'" else codepoint2name.get(number)
    once = (f"&#{number};", f"&#{number:03};", f"&#x{number:x};", f"&#x{number:X};", f"&#x{number:02x};")
    once = (*once, *((f"&{name};",) if name else ()))
    return (char, *once, *(f"&amp;{one[1:]}" for one in once))


def _spell_backslash(char: str) -> tuple[str, ...]:
    r"""Spell it as in JSON, JavaScript, C, MySQL, shells: ``\"``, ``\n``, ``\u003c``, ``\x3c``, ``\074``."""
    number = ord(char)
    units = char.encode("utf-16-be", "surrogatepass")
    wide = [f"{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)]
    raw = char.encode("utf-8", "surrogatepass")
    found = ["".join(f"\\u{unit}" for unit in wide), "".join(f"\\u{unit.upper()}" for unit in wide)]
    found += ["".join(f"\\x{byte:02x}" for byte in raw), "".join(f"\\x{byte:02X}" for byte in raw)]
    found += ["".join(f"\\{byte:03o}" for byte in raw)]
    found += [f"\\x{number:02x}"] if number < 256 else [f"\\U{number:08x}"]
    found += [f"\\{_SHORT[char]}"] if char in _SHORT else []
    found += [f"\\{char}"] if char.isascii() and char.isprintable() else []
    return tuple(found) if char == "\\" else (char, *found)


def _spell_backslash_twice(char: str) -> tuple[str, ...]:
    """Return a text in JSON in JSON, for example a logged request."""
    return tuple(one.replace("\\", "\\\\").replace('"', '\\"') for one in _spell_backslash(char))


def _spell_sql(char: str) -> tuple[str, ...]:
    return ("''",) if char == "'" else (char,)


def _spell_sql_escapes(char: str) -> tuple[str, ...]:
    """Return PostgreSQL's ``E'...'``."""
    return {"'": ("''",), "\\": ("\\\\",)}.get(char, (char,))


def _spell_doubled(char: str) -> tuple[str, ...]:
    """Spell it as in CSV, and in names in SQL."""
    return ('""',) if char == '"' else (char,)


def _spell_shell(char: str) -> tuple[str, ...]:
    """Spell it in single quotes, as ``shlex`` and people write it."""
    return ("'\"'\"'", "'\\''") if char == "'" else (char,)


_FAMILIES = (
    _spell_percent,
    _spell_html,
    _spell_backslash,
    _spell_backslash_twice,
    _spell_sql,
    _spell_sql_escapes,
    _spell_doubled,
    _spell_shell,
)


def _spell_base64(raw: bytes) -> Iterator[tuple[tuple[str, ...], ...]]:
    """Yield the characters that these bytes alone decide, wherever in a longer encoding they are."""
    other = {"+": ("+", "-"), "/": ("/", "_")}
    for before in range(3):
        first, last = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        encoded = base64.b64encode(bytes(before) + raw).decode()[first:last]
        yield tuple(other.get(char, (char,)) for char in encoded)
