"""The glossary: its terms, and where a text uses them.

A term stands on a line of its own, its other names after commas; its definition follows, after a colon:

    incident commander, IC
    : Leads the response and does not fix. Page: {doc}`roles/incident-commander`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from outage.errors import OutageError, Refused

FILE = "process/glossary.md"
"""Where the glossary is, in a handbook."""

_FENCE = re.compile(r"^(?P<mark>`{3,}|:{3,})\{glossary\}\s*$")
_QUOTED = re.compile(r"\{[\w:-]+\}`[^`]*`|`[^`]*`|\]\([^)]*\)")
_ENDS = re.compile(r"[.!?](?=\s|$)")
_LEADS = re.compile(r"\{(?:doc|runbook|role)\}`|\]\(")
_SENTENCES = 2


@dataclass(frozen=True)
class Term:
    """One entry.

    Attributes:
        name: as the glossary spells it.
        others: abbreviations and other names.
        definition: MyST text, on one line.
        line: its line in the file, 1-based.
    """

    name: str
    others: tuple[str, ...]
    definition: str
    line: int

    @property
    def id(self) -> str:
        """Its anchor on the glossary's page."""
        return "term-" + re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")

    @property
    def problem(self) -> tuple[str, str] | None:
        """What is wrong with it and what to do, if anything is."""
        if not self.definition:
            return f"'{self.name}' has no definition", "write it on the next line, after ': '"
        if len(_ENDS.findall(_QUOTED.sub("x", self.definition))) > _SENTENCES:
            return (
                f"'{self.name}' is defined in more than two sentences",
                "the page it leads to says the rest",
            )
        if not _LEADS.search(self.definition):
            return f"'{self.name}' leads to no page", "name the page that uses it, {doc}`PAGE`"
        return None


class Glossary:
    """The terms, and one expression that finds them all."""

    def __init__(self, terms: tuple[Term, ...]) -> None:
        self.terms = terms

    @cached_property
    def _forms(self) -> dict[str, Term]:
        return {
            form: term for term in self.terms for name in _list_names(term) for form in _list_plurals(name)
        }

    @cached_property
    def _uses(self) -> re.Pattern[str]:
        """Longest first, so that ``incident commander`` is not an ``incident``; capitals stay capitals."""
        longest = sorted(self._forms, key=lambda form: (-len(form), form))
        capitals = "|".join(_space(form) for form in longest if _is_short(form))
        words = "|".join(_space(form) for form in longest if not _is_short(form))
        return re.compile(rf"(?<![\w#/@.-])(?:(?i:{words or '(?!)'})|{capitals or '(?!)'})(?![\w/-]|\.\w)")

    def uses(self, text: str) -> Iterator[tuple[int, int, Term]]:
        """Where a text uses a term: start, end and the term, in order."""
        if not self.terms:
            return
        for found in self._uses.finditer(text):
            form = " ".join(found[0].split())
            yield found.start(), found.end(), self._forms[form if form in self._forms else form.lower()]


def read_glossary(root: Path) -> Glossary:
    """Read the glossary of a handbook; without terms where there is none, or it cannot be read."""
    try:
        return Glossary(parse_glossary((root / FILE).read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError):
        return Glossary(())


def parse_glossary(text: str) -> tuple[Term, ...]:
    """Parse the terms of a page's ``{glossary}``, right or wrong."""
    return tuple(_read_entries(_list_glossary_lines(text)))


def check_glossary(root: Path) -> list[OutageError]:
    """Refuse each term without a definition or a page to read on, listed twice, or out of place."""
    problems: list[OutageError] = []
    seen: dict[str, int] = {}
    last = ""
    for term in read_glossary(root).terms:
        said = [term.problem] if term.problem else []
        for name in sorted({name.lower() for name in _list_names(term)}):
            if name in seen:
                said.append((f"'{name}' stands on line {seen[name]} already", "keep one of the two"))
            seen[name] = term.line
        if term.name.lower() < last:
            said.append((f"'{term.name}' is not in its place", f"the alphabet puts it before '{last}'"))
        last = max(last, term.name.lower())
        problems += [Refused(what, file=FILE, line=term.line, hint=hint) for what, hint in said]
    return problems


def _list_glossary_lines(text: str) -> Iterator[tuple[int, str]]:
    """List the numbered lines inside a ``{glossary}``."""
    mark = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if not mark:
            fence = _FENCE.match(line)
            mark = fence["mark"] if fence else ""
        elif line.strip() == mark:
            mark = ""
        else:
            yield number, line


def _read_entries(lines: Iterator[tuple[int, str]]) -> Iterator[Term]:
    head, at, body = "", 0, list[str]()
    for number, line in lines:
        if not line.strip():
            continue
        if line.startswith(":") or line[0].isspace():
            body.append(line.lstrip(": \t").strip())
            continue
        if head:
            yield _read_term(head, body, at)
        head, at, body = line.strip(), number, []
    if head:
        yield _read_term(head, body, at)


def _read_term(head: str, body: list[str], line: int) -> Term:
    name, *others = (part.strip() for part in head.split(","))
    return Term(name, tuple(other for other in others if other), " ".join(body), line)


def _list_names(term: Term) -> tuple[str, ...]:
    return (term.name, *term.others)


def _is_short(name: str) -> bool:
    """Return whether it is an abbreviation: CAN is a report, and can is a verb."""
    return name[:2].isupper() or (len(name) == 1 and name.isupper())


def _list_plurals(name: str) -> list[str]:
    """List a name and its plural; abbreviations keep their case."""
    one = name if _is_short(name) else name.lower()
    if one.endswith("y") and one[-2:-1] not in "aeiou":
        return [one, f"{one[:-1]}ies"]
    return [one, f"{one}es" if one.endswith(("s", "x", "ch", "sh")) else f"{one}s"]


def _space(form: str) -> str:
    return r"\s+".join(re.escape(word) for word in form.split())
