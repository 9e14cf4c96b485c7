"""Part ``haproxy``: Debian's HAProxy, the shop's door; it spreads customers over the servers that are well.

Two runtime sockets: one of level ``user``, which may only look, and one of level ``admin``.
"""

from __future__ import annotations

import csv
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from outage.lab.parts import web
from outage.lab.parts.model import Part, Program, require_program
from outage.lab.ports import HOST
from outage.lab.targets import scrape
from outage.proxies import open_url

if TYPE_CHECKING:
    from outage.lab.model import Lab

ID = "haproxy"
METRICS = "haproxy-metrics"
_CONFIG = """\
global
    stats socket {looking} mode 600 level user
    stats socket {admin} mode 600 level admin
    nbthread 1
    log stdout format raw local0 notice
defaults
    mode http
    log global
    option dontlog-normal
    option redispatch
    retries 2
    timeout connect 1s
    timeout client 10s
    timeout server 10s
    timeout queue 2s
frontend shop
    bind {host}:{port}
    default_backend web
frontend metrics
    bind {host}:{metrics}
    http-request use-service prometheus-exporter if {{ path /metrics }}
backend web
    balance roundrobin
    option httpchk GET /health
    default-server check inter 500ms fall 2 rise 2
"""


def looking_socket(lab: Lab) -> Path:
    """Return the runtime socket of level ``user``."""
    return lab.sockets / "haproxy"


def admin_socket(lab: Lab) -> Path:
    """Return the runtime socket of level ``admin``."""
    return lab.sockets / "haproxy-admin"


def url(lab: Lab, path: str = "/") -> str:
    """Return where customers come in."""
    return f"http://{HOST}:{lab.port(ID)}{path}"


def say(path: Path, command: str) -> str:
    """Return the answer to one command of HAProxy's runtime interface.

    Raises:
        OSError: no one answers at that socket.
    """
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(3)
        client.connect(str(path))
        client.sendall(f"{command}\n".encode())
        with client.makefile(encoding="utf-8") as answer:
            return answer.read()


def list_servers(lab: Lab) -> dict[str, str]:
    """Map each server of backend ``web`` to its status in HAProxy's words: ``UP``, ``DRAIN``, ..."""
    shown = say(looking_socket(lab), "show stat").removeprefix("# ")
    return {
        row["svname"]: row["status"]
        for row in csv.DictReader(shown.splitlines())
        if row["pxname"] == "web" and row["svname"] != "BACKEND"
    }


def prepare(lab: Lab) -> tuple[Program, ...]:
    """Write the configuration."""
    config = lab.place(ID) / "haproxy.cfg"
    text = _CONFIG.format(
        looking=looking_socket(lab),
        admin=admin_socket(lab),
        host=HOST,
        port=lab.port(ID),
        metrics=lab.port(METRICS),
    )
    text += "".join(f"    server {server} {HOST}:{lab.port(server)}\n" for server in web.SERVERS)
    config.write_text(text, encoding="utf-8")
    scrape(lab, ID, {ID: lab.port(METRICS)})
    return (Program(ID, (require_program("haproxy"), "-db", "-f", str(config))),)


def _is_ready(lab: Lab) -> bool:
    with open_url(url(lab), 2) as answer:
        return answer.status == 200 and all(state.startswith("UP") for state in list_servers(lab).values())


PART = Part(
    id=ID,
    summary="HAProxy, the shop's door",
    needs=("web",),
    packages={"haproxy": "haproxy"},
    prepare=prepare,
    ready=_is_ready,
    address=lambda lab: f"{url(lab)}, metrics on {HOST}:{lab.port(METRICS)}",
    environment=lambda lab: {
        "HAPROXY_SOCKET": str(looking_socket(lab)),
        "HAPROXY_ADMIN_SOCKET": str(admin_socket(lab)),
        "SHOP_URL": url(lab),
    },
)
