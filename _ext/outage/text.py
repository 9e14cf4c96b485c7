"""The one way text from outside becomes text on a page, a terminal or a message.

Names, notes, queries, policy values and notebook outputs are hostile until they went
through here. Nothing is dropped silently: a control character is shown as its code
point, so that what was written can still be read.
"""

from __future__ import annotations

import codecs
import io
import json
import re
import unicodedata
from typing import IO

_FITTED = "outage-fitted"
_PLAIN = {  # signs of ours, for terminals that have none of them
    **{
        "✓": "+",
        "✗": "x",
        "→": "->",
        "…": "...",
        "–": "-",
        "—": "-",
        "·": "-",
        "×": "x",
        "≥": ">=",
        "≤": "<=",
    },
    **{"└": "`", "├": "|", "│": "|", "─": "-", "“": '"', "”": '"', "‘": "'", "’": "'", "\u202f": " "},
}
_ASCII_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# What may hold "<" in a paragraph of MyST without being HTML: an escape, code or a role, an address.
_HTML = re.compile(
    r"\\.|(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)|<(?:https?|mailto|tel):[^\s<>]*>|(?P<tag><(?=[A-Za-z/!?]))"
)
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_KEPT_FORMAT = frozenset("\u200c\u200d")  # joiners: Persian, Hindi and emoji need them


def _show_character(char: str) -> str:
    """Show a character that may be printed, or its code point in words."""
    category = unicodedata.category(char)
    hidden = category in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} or char in _BIDI
    if hidden or (category == "Cf" and char not in _KEPT_FORMAT):
        return f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}"
    return char


_STEPS = re.compile(
    r"(?P<end>\n)|(?P<start>\r|\x1b\[1?G)|(?P<back>\x08)|(?P<erase>\x1b\[[02]?K)|\x1b\[(?P<up>\d{0,4})A"
    r"|(?P<colour>\x1b\[[\d;]*m)|(?P<shown>[^\r\n\x08\x1b]+|\x1b)"
)
"""What a program's output does to a screen: text, and the few movements that progress bars are made of."""


def replay_terminal(text: str) -> str:
    r"""Return what a terminal shows once all of an output was written to it.

    What goes back (``\r``, backspace) is overwritten by what follows; a line can be erased (``\x1b[K``), and
    an earlier one be written again (``\x1b[A``). Colours are left out, other escapes stay as text.
    """
    if not any(char in text for char in "\r\x08\x1b"):
        return text
    lines: list[list[str]] = [[]]
    row = column = 0
    for step in _STEPS.finditer(text):
        kind, found = str(step.lastgroup), step[0]
        if kind == "shown":
            lines[row][column : column + len(found)] = found
            column += len(found)
        elif kind == "erase":
            del lines[row][0 if "2" in found else column :]
            column = len(lines[row])
        elif kind == "back":
            column = max(0, column - 1)
        elif kind != "colour":
            row = max(0, row + (1 if kind == "end" else -int(step["up"] or 1) if kind == "up" else 0))
            column = 0
            lines += [[]] if row == len(lines) else []
    return "\n".join(map("".join, lines))


def visible(text: str, *, keep: str = "") -> str:
    r"""Text in which every control, bidirectional or unassigned character is shown as its code.

    Args:
        text: any text, hostile or not.
        keep: characters that pass as they are (for example ``"\n"``).
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char in keep else _show_character(char) for char in text)


def one_line(text: str) -> str:
    r"""Put text on one line: runs of white space become one space, control characters are shown as codes.

    Example:
        >>> one_line("two\nlines \x1b[31m")
        'two lines \\x1b[31m'
    """
    return visible(" ".join(text.split()))


def plain(text: str) -> str:
    """MyST source, on one line, that shows ``text`` literally: no markup, role, directive or HTML.

    CommonMark lets a backslash make any ASCII punctuation literal, so all of it gets one.
    """
    return _ASCII_PUNCTUATION.sub(r"\\\1", one_line(text))


def without_html(text: str) -> str:
    """Return a paragraph of MyST in which tags are shown as text; code, roles and links stay as they are."""
    return _HTML.sub(lambda found: f"\\{found[0]}" if found["tag"] else found[0], text)


def cell(text: str) -> str:
    """:func:`plain` for a cell of a Markdown table; an empty text becomes a dash."""
    return plain(text) or "\u2013"


def block(text: str, info: str = "text") -> str:
    """Fence a MyST block that shows ``text`` literally, lines kept; the fence outgrows any inside."""
    body = visible(text.replace("\r\n", "\n"), keep="\n\t")
    longest = max((len(run) for run in re.findall(r"`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{info}\n{body}\n{fence}"


def terminal(text: str) -> str:
    """Text that is safe to send to a terminal: lines and tabs stay, escapes are shown, never sent."""
    return visible(text.replace("\r\n", "\n"), keep="\n\t")


def fit(stream: IO[str] | None) -> None:
    """Let a standard stream show what its encoding lacks by other signs, or as its code, instead of failing.

    Not every terminal is UTF-8, and a pipe is what its reader says. What comes in and cannot be read is
    replaced. A stream that is closed, or was put in another's place, is left as it is.
    """
    codecs.register_error(_FITTED, _replace_unencodable)
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors=_FITTED)


def _replace_unencodable(error: UnicodeError) -> tuple[str, int]:
    """Replace what a stream cannot encode; codes are JSON's, so that JSON stays JSON."""
    if isinstance(error, UnicodeEncodeError):
        lacking = error.object[error.start : error.end]
        return "".join(_PLAIN.get(char) or json.dumps(char)[1:-1] for char in lacking), error.end
    if isinstance(error, UnicodeDecodeError):
        return "\N{REPLACEMENT CHARACTER}", error.end
    raise error


def join_words(items: list[str], word: str = "and") -> str:
    """Join items as people list them: ``a``, ``a and b``, ``a, b and c``.

    Example:
        >>> join_words(["web1", "web2", "web10"])
        'web1, web2 and web10'
    """
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {word} {items[-1]}"
