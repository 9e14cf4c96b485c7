"""``case-studies/sessions.yml``: the sessions held, with their recordings."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, StringConstraints

from outage.cases.load import FOLDER, find_cases
from outage.cases.models import Line
from outage.cases.wording import WORDING
from outage.errors import Problems
from outage.policy.part import Part
from outage.policy.vocabulary import Id
from outage.source import nearest, read_yaml
from outage.validate import Violation, require_none, validate

FILE = "sessions.yml"


def _as_sessions(value: Any) -> Any:
    return [] if value is None else value


class Session(Part):
    """One session.

    Attributes:
        date: the day on which it was held.
        case: id of the case that was played.
        led: who led it.
        group: who took part, in words.
        recording: a link to it.
    """

    date: datetime.date
    case: Id
    led: Line
    group: Line | None = None
    recording: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None = None


class SessionsData(Part):
    """The whole file; an empty list is right where none was held yet."""

    sessions: Annotated[tuple[Session, ...], BeforeValidator(_as_sessions)] = ()


def load_sessions(root: Path) -> tuple[Session, ...]:
    """Load the sessions of a handbook, as its file has them; none without the file.

    Raises:
        Problems: everything that is wrong with the file, in the order of its lines; exit code 2.
    """
    path = root / FOLDER / FILE
    if not path.is_file():
        return ()
    source = read_yaml(path, path.relative_to(root))
    if not isinstance(source.data, dict):
        hint = "start with 'sessions:', and write [] behind it as long as none was held"
        raise Problems([source.refuse((), "there is no list of sessions", hint)])
    data = validate(SessionsData, source, WORDING)
    require_none(source, WORDING, list(_find_missing_cases(data, root)))
    return data.sessions


def _find_missing_cases(data: SessionsData, root: Path) -> Iterator[Violation]:
    known = [folder.name for folder in find_cases(root)]
    for index, session in enumerate(data.sessions):
        if session.case not in known:
            at = ("sessions", str(index), "case")
            yield Violation(at, f"there is no case '{session.case}'", nearest(session.case, known))
