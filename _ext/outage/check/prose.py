"""What prose may not say: a length of time or a channel's name that the policy sets.

Pages quote the policy by role, so that a changed rule changes every page. A figure that is not
ours (what another company does, what a paper measured) belongs in a marked fact that names its source:
``{fact}`text <source>``` in a sentence, or a ``{fact} source`` block.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from outage.errors import OutageError, Refused
from outage.source import Address, read_yaml

if TYPE_CHECKING:
    from outage.policy import Policy

FOLDERS = ("process", "playbooks")
"""Folders whose prose is checked."""

_NUMBER = (
    r"\d+(?:[.,]\d+)?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|forty"
    r"|forty-five|sixty|ninety|half an|an"
)
_UNIT = r"(?:business |working |calendar )?(?:seconds?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?)"
_DURATION = re.compile(
    rf"\b(?:(?:{_NUMBER})[\s-]+{_UNIT}|\d+\s?(?:s|m|min|h|d)|(?:half-)?hourly)\b", re.IGNORECASE
)
_IDIOM = re.compile(r"\bone (?:day|week|month)\b|\ban? (?:minute|second|day|week|month)\b", re.IGNORECASE)
_HASH_NAME = re.compile(r"(?<![\w&#/(\[])#[a-z][\w-]+", re.IGNORECASE)

_FENCE = re.compile(r"^\s*(?P<mark>`{3,}|~{3,}|:{3,})\s*(?:\{(?P<directive>[\w:-]+)\})?\s*(?P<rest>.*)$")
_CODE = {
    "code",
    "code-block",
    "sourcecode",
    "code-cell",
    "literalinclude",
    "math",
    "mermaid",
    "raw",
    "toctree",
    "pages",
}
_NAMED = {"when", "when-pages", "walkthrough"}
"""Directives whose argument is a name, and no words."""
_INLINE = re.compile(r"(?:\{(?P<role>[\w:-]+)\})?(?P<ticks>`+)(?P<text>.+?)(?<!`)(?P=ticks)(?!`)")
_SOURCED = re.compile(r".*\S\s*<[^<>\s][^<>]*>$", re.DOTALL)
_TARGET = re.compile(r"\]\([^)\s]*\)|<[a-z]+:[^>\s]*>|^\([\w-]+\)=$")


@dataclass(frozen=True)
class Line:
    """A line of prose.

    Attributes:
        number: in its file, 1-based.
        text: the line, with what is not prose (code, roles, targets of links) blanked out.
        cited: it is part of a fact.
        faults: what is wrong with the facts in it.
        raw: the line as it was written.
    """

    number: int
    text: str
    cited: bool
    faults: tuple[str, ...] = ()
    raw: str = ""


@dataclass
class _Fence:
    mark: str
    code: bool
    cited: bool
    faults: tuple[str, ...] = field(default=())


def check_prose(root: Path, policy: Policy) -> list[OutageError]:
    """Every literal length of time and channel name in the prose of a handbook, with its place.

    Args:
        root: the handbook's folder.
        policy: whose channel names must not be written out.

    Returns:
        A refusal a place, in the order of files and lines.
    """
    files = sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.md"))
    return [problem for path in files for problem in check_text(_read(path), path.relative_to(root), policy)]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def check_text(text: str, shown: Path, policy: Policy) -> list[OutageError]:
    """As :func:`check_prose`, for one page's text; ``shown`` is its name in messages."""
    names = _channel_names(policy)
    found: list[OutageError] = []
    for line in list_prose_lines(text):
        found += [Refused(fault, file=shown, line=line.number, hint=_FACT_HINT) for fault in line.faults]
        if not line.cited:
            found += [
                Refused(what, file=shown, line=line.number, hint=hint)
                for what, hint in _literals(line, names)
            ]
    return found


def check_playbook_prose(path: Path, shown: Path, policy: Policy) -> list[OutageError]:
    """As :func:`check_prose`, for the texts of a playbook that can be read; commands are no prose."""
    source = read_yaml(path, shown)
    found: list[OutageError] = []
    for address, text in _texts(source.data, ()):
        if "command" not in address:
            problems = check_text(" ".join(text.split()), shown, policy)
            found += [source.refuse(address, one.message, one.hint) for one in problems]
    return found


def _texts(data: object, at: Address) -> Iterator[tuple[Address, str]]:
    """Every text of a file that is a sentence, and no id or address: it has a space."""
    if isinstance(data, str) and " " in data.strip() and "when" not in at:
        yield at, data
    children = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in children:
        yield from _texts(value, (*at, str(key)))


_FACT_HINT = (
    "name where the figure comes from: {fact}`text <source>`, or a {fact} block with the source after it"
)


def _literals(line: Line, names: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    for duration in _DURATION.finditer(line.text):
        if not _IDIOM.fullmatch(duration[0]):
            yield (
                f"the length of time '{duration[0]}' is written out",
                "quote it, {policy}`ADDRESS`, or cite it, {fact}`text <source>`",
            )
    for name in names.finditer(line.text):
        yield f"the channel name '{name[0]}' is written out", "quote it: {channel}`ID`"


def _channel_names(policy: Policy) -> re.Pattern[str]:
    """Anything like ``#name``, and the company's own names that are not ordinary words (``Status page``)."""
    own = []
    for channel in policy.channels.values():
        if not re.fullmatch(r"[\w\s.-]+", channel.name):
            parts = re.split(r"\{\w+\}", channel.name)
            own.append(r"[\w-]+".join(re.escape(part) for part in parts))
    longest_first = sorted(set(own), key=len, reverse=True)
    return re.compile("|".join([*longest_first, _HASH_NAME.pattern]), re.IGNORECASE)


def list_prose_lines(text: str, apart: Collection[str] = ()) -> Iterator[Line]:
    """List the lines of a MyST page that people read as sentences; ``apart``: directives that are not."""
    fences: list[_Fence] = []
    front = text.startswith("---\n")
    comment = False
    for number, raw in enumerate(text.splitlines(), start=1):
        if front:
            front = number == 1 or raw.strip() != "---"
            continue
        fence = _FENCE.match(raw)
        if fence and _closes(fences, fence):
            fences.pop()
        elif fence and not (fences and fences[-1].code):
            fences.append(_opened(fence, fences, apart))
            yield Line(number, _find_title(fence, apart), fences[-1].cited, fences[-1].faults, raw)
        elif not (fences and fences[-1].code) and not raw.lstrip().startswith("% "):
            line, comment = _strip_comments(raw, comment)
            yield _blank_code(number, line, bool(fences and fences[-1].cited), raw)


def _closes(fences: list[_Fence], fence: re.Match[str]) -> bool:
    bare = not fence["directive"] and not fence["rest"]
    return bool(bare and fences and fence["mark"].startswith(fences[-1].mark))


def _opened(fence: re.Match[str], fences: list[_Fence], apart: Collection[str]) -> _Fence:
    directive = fence["directive"]
    code = directive in {*_CODE, *apart} or (directive is None and not fence["mark"].startswith(":"))
    cited = directive == "fact" or bool(fences and fences[-1].cited)
    faults = ("a fact has no source",) if directive == "fact" and not fence["rest"] else ()
    return _Fence(fence["mark"], code, cited, faults)


def _find_title(fence: re.Match[str], apart: Collection[str]) -> str:
    """Find the title after a directive's name, as of an admonition or card; not an address or file."""
    return (
        ""
        if fence["directive"] in (None, "when", "when-pages", "walkthrough", *_CODE, *apart)
        else fence["rest"]
    )


def _strip_comments(line: str, inside: bool) -> tuple[str, bool]:
    """Strip the HTML comments of a line, and say whether one is still open at its end."""
    kept = ""
    while line:
        marker = "-->" if inside else "<!--"
        before, found, line = line.partition(marker)
        kept += "" if inside else before
        inside = inside != bool(found)
    return kept, inside


def _blank_code(number: int, line: str, cited: bool, raw: str) -> Line:
    """Blank code, roles and link targets in a line; a fact without a source is a finding."""
    faults = [
        "a fact has no source"
        for span in _INLINE.finditer(line)
        if span["role"] == "fact" and not _SOURCED.fullmatch(span["text"])
    ]
    return Line(number, _TARGET.sub("]", _INLINE.sub(" ", line)), cited, tuple(faults), raw)
