"""Whether a record was committed with git's conflict markers, as a merge on a hosting site leaves them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outage.errors import Refused
from outage.incident.folders import list_folders
from outage.incident.record import FILE
from outage.incident.record.conflict_markers import find_markers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from outage.errors import OutageError
    from outage.project import Project


def check_records(project: Project) -> Iterator[OutageError]:
    """Name the first conflict marker of each record."""
    for folder in list_folders(project):
        path = folder / FILE
        if markers := find_markers(path.read_bytes()):
            yield Refused(
                "git's conflict markers were committed here; both sides are read as they are",
                file=path.relative_to(project.root),
                line=markers[0],
                hint=f"'outage sync --incident {folder.name}' takes them out and keeps every event",
            )
