"""Secrets by reference: ``secret://env/NAME`` and ``secret://file/PATH``. This is the one grammar of them.

The reference may be shown anywhere; the value is read where it is used and goes into no
message, file or error of ours. This hides a secret from the repository and the record,
not from other programs of the same user.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from outage.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMS = "secret://env/NAME or secret://file/PATH"
"""What to write, for hints."""
PATTERN = r"secret://(env/[A-Za-z_][A-Za-z0-9_]*|file/([^\x00-\x1f\x7f]*[^\x00-\x20\x7f]))"
"""A whole reference. Pydantic and JavaScript read it as well, so it is plain; a path may hold spaces."""
_WHOLE = re.compile(PATTERN)
_IN_TEXT = re.compile(r"secret://(?:env/[A-Za-z_][A-Za-z0-9_]*|file/[^\x00-\x20\x7f\"'`<>\\)\]},;]+)")
_IN_URL = re.compile(r"://([^\s:/?#@]*):([^\s/?#]+)@")
_IN_WORDS = re.compile(
    r"(?<![a-z])(?:password|passwd|pwd|pass|passphrase|secret|token|api_?key|accountkey|sharedaccesskey|sig)"
    r"\s*=\s*('[^'\n]*'|\"[^\"\n]*\"|[^\s;&'\"]+)",
    re.IGNORECASE,
)


class SecretMissing(Refused):
    """A reference is sound, and there is nothing behind it on this machine."""


def is_reference(text: str) -> bool:
    """Return whether a text is a reference to a secret, and nothing else."""
    return _WHOLE.fullmatch(text) is not None


def find_references(text: str) -> set[str]:
    """Find the references inside a text; a path ends where a space, a quote or a bracket begins."""
    return set(_IN_TEXT.findall(text))


def without_references(text: str) -> str:
    """Return the text without the references in it: what is left may still hold a secret."""
    return _IN_TEXT.sub("", text)


def resolve(reference: str) -> str:
    """Return the value behind a reference, without white space around it.

    ``secret://file/etc/outage/url`` is the file ``/etc/outage/url``, and
    ``secret://file/~/url`` lies in the home folder.

    Raises:
        Refused: it is not a reference. It may be a secret itself, so it is not repeated.
        SecretMissing: the variable is not set, or the file is not there, empty or unreadable.
    """
    if not is_reference(reference):
        raise Refused("this is not a secret reference", hint=f"write {FORMS}")
    kind, _, name = reference.removeprefix("secret://").partition("/")
    value = os.environ.get(name, "") if kind == "env" else _content(name)
    if not value.strip():
        what = f"the variable {name}" if kind == "env" else f"the file {_path(name)}"
        raise SecretMissing(f"{what} holds nothing here", hint=f"set what {reference} refers to")
    return value.strip()


def find_passwords(text: str) -> Iterator[str]:
    """Find the passwords inside URLs and connection strings (``password=...``), as written and decoded.

    A password that is the user's name is left alone: it protects nothing, and is an ordinary word.
    """
    for user, password in _IN_URL.findall(text):
        if password != user:
            yield from {password, unquote(password)}
    for written in _IN_WORDS.findall(text):
        plain = written[1:-1] if written[:1] in {"'", '"'} else written
        yield from {plain, unquote(plain)}


def _path(name: str) -> Path:
    return Path(name).expanduser() if name.startswith("~") else Path("/", name)


def _content(name: str) -> str:
    path = _path(name)
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError):
        raise SecretMissing("the file of a secret cannot be read", file=path) from None
