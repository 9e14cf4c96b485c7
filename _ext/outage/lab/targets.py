"""What Prometheus watches: a file for each job, which it reads again whenever one changes.

A part calls :func:`scrape` when it is prepared, before or after Prometheus starts. The files also tell a
runbook where the servers' own ``/metrics`` are while Prometheus is down (``PROMETHEUS_TARGETS``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from outage import files
from outage.lab.ports import HOST

if TYPE_CHECKING:
    from outage.lab.model import Lab


def find_folder(lab: Lab) -> Path:
    """Return where the files are."""
    return lab.place("targets")


def scrape(lab: Lab, job: str, programs: Mapping[str, int], *, path: str = "/metrics") -> None:
    """Let Prometheus watch programs of ours.

    Args:
        lab: the lab they belong to.
        job: what they are together, the label ``job``: ``web``, ``postgres``.
        programs: name of each, the label ``instance`` (``web3`` (the supervisor's, if it has one), to port.
        path: of the metrics.
    """
    groups = [
        {
            "targets": [f"{HOST}:{port}"],
            "labels": {"job": job, "instance": name, "__metrics_path__": path},
        }
        for name, port in programs.items()
    ]
    files.replace(find_folder(lab) / f"{job}.json", json.dumps(groups, indent=1), durable=False)
