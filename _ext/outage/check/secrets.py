"""Secrets in a runbook's file: in its cells, or in the outputs stored with them.

What a secret looks like is detect-secrets' knowledge. It knows forms (keys, tokens, passwords
in a URL, a value called a password); a secret that looks like ordinary text is not found.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outage.secrets import FORMS, without_references

if TYPE_CHECKING:
    from outage.errors import OutageError
    from outage.runbook.notebook import Notebook

_HINT = f"take it out, change it where it is used, and give a reference: {FORMS}"
_GUESSES = ("Base64HighEntropyString", "HexHighEntropyString", "IPPublicDetector")  # more noise than secrets


def find_stored_secrets(notebook: Notebook, path: Path) -> Iterator[OutageError]:
    """Refuse each line of a notebook that seems to hold a secret, without repeating the secret.

    Args:
        notebook: as read; it names file and cell.
        path: the file itself, whose stored outputs are looked through as well.
    """
    from detect_secrets.settings import default_settings

    with default_settings() as settings:
        settings.disable_plugins(*_GUESSES)
        for cell in notebook.cells:
            for number, line in enumerate(cell.source.splitlines(), 1):
                yield from (
                    notebook.refuse(cell, f"this looks like a secret ({kind})", _HINT, number)
                    for kind in _find_kinds(line)
                )
        outputs = [
            raw.get("outputs", []) for raw in json.loads(path.read_text(encoding="utf-8-sig"))["cells"]
        ]
        for cell, stored in zip(notebook.cells, outputs, strict=True):
            found = {
                kind for text in _texts(stored) for line in text.splitlines() for kind in _find_kinds(line)
            }
            yield from (
                notebook.refuse(cell, f"its stored output looks like it holds a secret ({kind})", _HINT)
                for kind in sorted(found)
            )


def _find_kinds(line: str) -> list[str]:
    """Find the kinds of secret that a line seems to hold; references and sentences are not secrets."""
    from detect_secrets.core.scan import scan_line

    found = scan_line(without_references(line))
    return sorted({str(secret.type) for secret in found if not _is_sentence(secret)})


def _is_sentence(secret: Any) -> bool:
    """Whether what is called a password is words for people."""
    return secret.type == "Secret Keyword" and " " in (secret.secret_value or "").strip()


def _texts(value: Any) -> Iterator[str]:
    """Every text in stored outputs, pictures left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        joined = "".join(value) if all(isinstance(item, str) for item in value) else None
        yield from [joined] if joined is not None else (text for item in value for text in _texts(item))
    elif isinstance(value, dict):
        for key, item in value.items():
            if not str(key).startswith("image/"):
                yield from _texts(item)
