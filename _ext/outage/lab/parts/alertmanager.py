"""Part ``alertmanager``: Debian's Alertmanager, and the dead man's switch that listens to it.

Alerts stay in Alertmanager, where a responder looks them up; only ``Watchdog``, which always fires, is
sent on, to :mod:`outage.lab.deadman`: when it stops coming, monitoring itself is down.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from outage.lab import deadman, targets
from outage.lab.parts.model import Part, Program, require_program
from outage.lab.ports import HOST
from outage.proxies import open_url

if TYPE_CHECKING:
    from outage.lab.model import Lab


def url(lab: Lab) -> str:
    """Return where Alertmanager answers."""
    return f"http://{HOST}:{lab.port('alertmanager')}"


def switch(lab: Lab) -> str:
    """Return where the dead man's switch answers."""
    return f"http://{HOST}:{lab.port('alertmanager-deadman')}"


def prepare(lab: Lab) -> tuple[Program, ...]:
    """Write its configuration, which is JSON and therefore YAML."""
    own = lab.place("alertmanager")
    port = lab.port("alertmanager")
    watchdog = {
        "matchers": ['alertname="Watchdog"'],
        "receiver": "deadman",
        "group_wait": "0s",
        "group_interval": "1s",
        "repeat_interval": "1s",
    }
    hook = {"url": switch(lab), "send_resolved": True, "max_alerts": 1}
    config = {
        "route": {"receiver": "nobody", "routes": [watchdog]},
        "receivers": [{"name": "nobody"}, {"name": "deadman", "webhook_configs": [hook]}],
    }
    (own / "alertmanager.yml").write_text(json.dumps(config, indent=1), encoding="utf-8")
    targets.scrape(lab, "alertmanager", {"alertmanager": port})
    command = (
        require_program("prometheus-alertmanager"),
        f"--config.file={own / 'alertmanager.yml'}",
        f"--storage.path={own / 'data'}",
        f"--web.listen-address={HOST}:{port}",
        "--cluster.listen-address=",
        "--log.level=warn",
    )
    listen = (sys.executable, deadman.__file__, str(lab.port("alertmanager-deadman")))
    return (
        Program("alertmanager", command, environment={"GOMAXPROCS": "1"}, directory=own),
        Program("deadman", listen, directory=own),
    )


def is_ready(lab: Lab) -> bool:
    """Return whether both serve."""
    for place in (f"{url(lab)}/-/ready", f"{switch(lab)}/api/v2/alerts"):
        with open_url(place, 2) as answer:
            if answer.status != 200:
                return False
    return True


PART = Part(
    id="alertmanager",
    summary="Alertmanager, and a dead man's switch that notices when alerts no longer come",
    packages={"prometheus-alertmanager": "prometheus-alertmanager"},
    prepare=prepare,
    ready=is_ready,
    address=url,
    environment=lambda lab: {"ALERTMANAGER_URL": url(lab), "DEADMAN_URL": switch(lab)},
)
