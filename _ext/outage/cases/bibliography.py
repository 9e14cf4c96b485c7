"""The works that cases name: keys, titles and notes of ``bibliography.bib``.

pybtex reads the file, as it does for the pages. An entry's ``note`` says how we know the work.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from outage.errors import Problems, Refused

FILE = "bibliography.bib"


@dataclass(frozen=True, slots=True)
class Work:
    """A work: its key, who wrote it, its title, its address on the web (or nothing), and how we know it."""

    key: str
    author: str
    title: str
    url: str
    note: str


def load_works(root: Path) -> Mapping[str, Work]:
    """Load the works of a handbook by key; none where it has no bibliography.

    Raises:
        Problems: the file cannot be read as BibTeX.
    """
    path = root / FILE
    return _read(path, path.stat().st_mtime_ns) if path.is_file() else {}


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> Mapping[str, Work]:
    from pybtex.database import parse_file
    from pybtex.exceptions import PybtexError

    try:
        entries = parse_file(str(path), bib_format="bibtex").entries
    except (PybtexError, UnicodeDecodeError) as error:
        hint = "look at the entry that it names: a missing comma, quote or brace"
        raise Problems([Refused(f"this is not BibTeX: {error}", file=path.name, hint=hint)]) from None
    found = {}
    for key, entry in entries.items():
        people = entry.persons.get("author") or entry.persons.get("editor") or []
        author = _bare(", ".join(str(one) for one in people) or entry.fields.get("organization", ""))
        fields = [_bare(entry.fields.get(name, "")) for name in ("title", "url", "note")]
        found[key] = Work(key, author, *fields)
    return found


def _bare(text: str) -> str:
    """Text without TeX's braces and escapes."""
    return re.sub(r"[{}]|\\(?=[&%$#_])", "", text).strip()
