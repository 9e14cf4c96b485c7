"""Part ``web``: the shop's eight servers, each run from a deployed artefact in a folder of its own.

web/store/<version>/              artefacts to deploy from
web/web3/releases/<version>/      artefacts that were deployed to web3
web/web3/current -> releases/...  the one that web3 runs from its next start on
web/web3/config.json              its settings, the same on all servers
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outage.errors import Failed
from outage.lab.parts import redis
from outage.lab.parts.model import PYPI, Part, Program
from outage.lab.ports import HOST
from outage.lab.postgres import SHOP
from outage.lab.shop import releases
from outage.lab.targets import scrape
from outage.proxies import open_url

if TYPE_CHECKING:
    from outage.lab.model import Lab

ID = "web"
SERVERS = tuple(f"web{number}" for number in range(1, 9))
_PATIENCE = 30.0  # seconds
CONFIG = {"lock_timeout": "4s", "orders_shown": 5, "results_shown": 20}


def folder(lab: Lab, server: str) -> Path:
    """Return a server's own folder."""
    return lab.place(ID) / server


def store(lab: Lab) -> Path:
    """Return the folder with an artefact for each version."""
    return lab.place(ID) / "store"


def url(lab: Lab, server: str, path: str = "/") -> str:
    """Return where a server answers itself, past the load balancer."""
    return f"http://{HOST}:{lab.port(server)}{path}"


def ask_version(lab: Lab, server: str) -> dict[str, Any]:
    """Return what a server says of itself: ``{"server", "version", "digest", "flags"}``.

    Raises:
        OSError: it does not answer.
    """
    with open_url(url(lab, server, "/version"), 2) as answer:
        known: dict[str, Any] = json.load(answer)
    return known


def deploy(lab: Lab, server: str, release: str) -> None:
    """Put a release on a server, restart it, and return when it serves.

    Raises:
        Failed: it does not, within a time that is long for a start.
    """
    releases.deploy(store(lab), folder(lab, server), release)
    lab.supervisor.restart(server, wait=False)
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        with suppress(OSError):
            if ask_version(lab, server)["version"] == release:
                return
        time.sleep(0.05)
    lines = lab.log(server).read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
    words = "\n".join(["Its log ends with:", *lines])
    hint = "on a busy machine it may serve it a little later: 'outage lab status' shows what each server runs"
    raise Failed(f"{server} does not serve release {release} after {_PATIENCE:.0f} s. {words}", hint=hint)


def prepare(lab: Lab) -> tuple[Program, ...]:
    """Build the artefacts, deploy the current one to all servers."""
    for release in releases.VERSIONS:
        if not (store(lab) / release).is_dir():
            releases.build(release, store(lab) / release)
    for server in SERVERS:
        own = folder(lab, server)
        own.mkdir(exist_ok=True)
        releases.deploy(store(lab), own, releases.CURRENT)
        (own / "config.json").write_text(json.dumps(CONFIG, indent=1) + "\n", encoding="utf-8")
    scrape(lab, ID, {server: lab.port(server) for server in SERVERS})
    return tuple(_make_program(lab, server) for server in SERVERS)


def _make_program(lab: Lab, server: str) -> Program:
    own = folder(lab, server)
    environment = lab.server.environment(SHOP) | {
        "REDIS_URL": redis.url(lab, redis.SHOP),
        "SHOP_SERVER": server,
        "SHOP_CONFIG": str(own / "config.json"),
        "PYTHONDONTWRITEBYTECODE": "1",  # an artefact stays as it was deployed
    }
    command = (sys.executable, "current/app.py", str(lab.port(server)))
    return Program(server, command, environment, own)


def _is_ready(lab: Lab) -> bool:
    return all(ask_version(lab, server)["flags"] for server in SERVERS)


def _find_address(lab: Lab) -> str:
    return f"{HOST}:" + ", ".join(str(lab.port(server)) for server in SERVERS)


PART = Part(
    id=ID,
    summary=f"the shop's {len(SERVERS)} servers, release {releases.CURRENT}",
    needs=("postgres", "redis"),
    packages={"uvicorn": f"{PYPI}uvicorn"},
    prepare=prepare,
    ready=_is_ready,
    address=_find_address,
)
