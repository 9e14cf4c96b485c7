"""Names that a reader knows for places of this machine: ``/srv/lab``, ``/srv/handbook``."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from outage.lab import postgres
from outage.lab.model import Lab


def list_places(lab: Lab, handbooks: Iterable[Path]) -> dict[str, str]:
    """Map each place to its name, those that lie within others first.

    Args:
        lab: whose folders it is about.
        handbooks: the one that is proved, and copies of it.
    """
    found = {str(root): "/srv/handbook" for root in handbooks} | {str(lab.folder): "/srv/lab"}
    if lab.has("postgres"):
        home = lab.server.home
        found |= {str(home): "/srv/lab/postgres"}
        found |= {
            str(where): "/srv/postgresql/bin"
            for where in (postgres.find_programs(), postgres.make_reachable(home))
        }
    found.setdefault(tempfile.gettempdir(), "/tmp")
    return dict(sorted(found.items(), key=lambda pair: -len(pair[0])))
