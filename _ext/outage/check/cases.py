"""Whether the case studies are right: their records, what they refer to, and the list of sessions held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outage.errors import OutageError, Problems

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def check_cases(root: Path) -> list[OutageError]:
    """Every problem of the cases of a handbook, in the order of their files."""
    from outage.cases import find_cases, load_case_study
    from outage.cases.sessions import load_sessions

    found: list[OutageError] = []
    for folder in find_cases(root):
        try:
            load_case_study(folder, root)
        except OutageError as error:
            found += _each(error)
    try:
        load_sessions(root)
    except OutageError as error:
        found += _each(error)
    return found


def _each(error: OutageError) -> Iterator[OutageError]:
    yield from error.problems if isinstance(error, Problems) else [error]
