"""Secrets by reference: ``secret://env/NAME`` and ``secret://file/PATH``.

The reference may be shown anywhere; the value is read where it is used and goes into no
message, file or error of ours. This hides a secret from the repository and the record,
not from other programs of the same user.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from outage.errors import Refused

_REFERENCE = re.compile(r"secret://(env|file)/(\S+)")


class SecretMissing(Refused):
    """A reference is sound, and there is nothing behind it on this machine."""


def resolve(reference: str) -> str:
    """The value behind a reference, without white space around it.

    ``secret://file/etc/outage/url`` is the file ``/etc/outage/url``, and
    ``secret://file/~/url`` lies in the home folder.

    Raises:
        Refused: it is not a reference. It may be a secret itself, so it is not repeated.
        SecretMissing: the variable is not set, or the file is not there, empty or unreadable.
    """
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise Refused("this is not a secret reference", hint="write secret://env/NAME or secret://file/PATH")
    kind, name = found.groups()
    value = os.environ.get(name, "") if kind == "env" else _content(name)
    if not value.strip():
        what = f"the variable {name}" if kind == "env" else f"the file {_path(name)}"
        raise SecretMissing(f"{what} holds nothing here", hint=f"set what {reference} refers to")
    return value.strip()


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
