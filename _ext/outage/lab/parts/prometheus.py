"""Part ``prometheus``: Debian's Prometheus, which watches what :mod:`outage.lab.targets` names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from outage.lab import targets
from outage.lab.parts import alertmanager
from outage.lab.parts.model import Part, Program, require_program
from outage.lab.ports import HOST
from outage.proxies import open_url

if TYPE_CHECKING:
    from outage.lab.model import Lab

RULES = Path(__file__).parents[4] / "lab" / "alerts"
"""Folder of the handbook's rule files: data of the company, beside the package."""

_RESEND = "1s"  # four times this after its death, what Prometheus said last is no longer believed


def url(lab: Lab) -> str:
    """Return where it answers."""
    return f"http://{HOST}:{lab.port('prometheus')}"


def prepare(lab: Lab) -> tuple[Program, ...]:
    """Write its configuration, which is JSON and therefore YAML."""
    own = lab.place("prometheus")
    port = lab.port("prometheus")
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES / "*.yml")],
        "alerting": {
            "alertmanagers": [{"static_configs": [{"targets": [f"{HOST}:{lab.port('alertmanager')}"]}]}]
        },
        "scrape_configs": [
            {
                "job_name": "lab",
                "file_sd_configs": [
                    {"files": [f"{targets.find_folder(lab)}/*.json"], "refresh_interval": "1s"}
                ],
            }
        ],
    }
    (own / "prometheus.yml").write_text(json.dumps(config, indent=1), encoding="utf-8")
    targets.scrape(lab, "prometheus", {"prometheus": port})
    command = (
        require_program("prometheus"),
        f"--config.file={own / 'prometheus.yml'}",
        f"--storage.tsdb.path={own / 'data'}",
        "--storage.tsdb.retention.time=1d",
        f"--web.listen-address={HOST}:{port}",
        f"--rules.alert.resend-delay={_RESEND}",
        "--log.level=warn",
    )
    return (Program("prometheus", command, environment={"GOMAXPROCS": "1"}, directory=own),)


def is_answering(lab: Lab) -> bool:
    """Return whether it serves queries.

    Raises:
        OSError: no one answers.
    """
    with open_url(f"{url(lab)}/-/ready", 2) as answer:
        return bool(answer.status == 200)


def is_ready(lab: Lab) -> bool:
    """Return whether it serves, and its alerts arrive: the dead man's switch has received it."""
    with open_url(f"{alertmanager.switch(lab)}/api/v2/alerts", 2) as raised:
        arrive = json.load(raised) == []
    with open_url(f"{alertmanager.url(lab)}/api/v2/alerts", 2) as fire:
        return (
            is_answering(lab)
            and arrive
            and any(one["labels"]["alertname"] == "Watchdog" for one in json.load(fire))
        )


PART = Part(
    id="prometheus",
    summary="Prometheus, which watches and raises alerts",
    needs=("alertmanager",),
    packages={"prometheus": "prometheus"},
    prepare=prepare,
    ready=is_ready,
    address=url,
    environment=lambda lab: {"PROMETHEUS_URL": url(lab), "PROMETHEUS_TARGETS": str(targets.find_folder(lab))},
)
