"""The locale of a shell that this machine lacks: left aside, before anything trips over it.

``ssh`` sends the locale of the machine that one comes from. Programs that ask for it by
``locale.setlocale(LC_ALL, "")``, Sphinx and Ansible among them, end in a traceback where it is not installed.
``.ci/venv`` has each Python of ``.venv`` call this when it starts: Sphinx asks before it reads ``conf.py``.
"""

from __future__ import annotations

import os
from _locale import LC_ALL, Error, setlocale  # type: ignore[attr-defined]  # locale costs every start more

INSTEAD = "C.UTF-8"
"""Built into every C library that this project runs on: no language, and all characters."""


def use_installed() -> None:
    """Set ``LC_ALL`` for this process and those that it starts, if the locale asked for is not installed."""
    before = setlocale(LC_ALL)
    try:
        setlocale(LC_ALL, "")
    except Error:
        os.environ["LC_ALL"] = INSTEAD
    finally:
        setlocale(LC_ALL, before)
