"""Part ``load``: customers, who come in through HAProxy."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from outage.lab.parts import haproxy
from outage.lab.parts.model import Part, Program
from outage.lab.shop import customers

if TYPE_CHECKING:
    from outage.lab.model import Lab

ID = "load"


def read_seen(lab: Lab) -> dict[str, float]:
    """Return what customers saw in the last ten seconds: see :meth:`outage.lab.shop.customers.Seen.summary`.

    Raises:
        OSError: they have not been there for a second yet.
    """
    known: dict[str, float] = json.loads(_find_file(lab).read_text(encoding="utf-8"))
    return known


def prepare(lab: Lab) -> tuple[Program, ...]:
    """Prepare their program; what an earlier run wrote does not count."""
    _find_file(lab).unlink(missing_ok=True)
    return (Program(ID, (sys.executable, str(customers.__file__), haproxy.url(lab), str(_find_file(lab)))),)


def _find_file(lab: Lab) -> Path:
    return lab.place(ID) / "seen.json"


PART = Part(
    id=ID,
    summary="customers, about twelve pages a second",
    needs=("haproxy",),
    prepare=prepare,
    ready=lambda lab: read_seen(lab)["pages"] > 0,
    environment=lambda lab: {"SHOP_CUSTOMERS": str(_find_file(lab))},
)
