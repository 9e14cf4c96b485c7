"""A chat service on loopback that remembers what it was told."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from outage.incident.record import Event, Incident, append, load
from outage.policy import Policy, parse_policy

POLICY = """
company: {name: Larkfield, timezone: Europe/London}
divisions:
  shop: {name: Shop, areas: [basket]}
severities:
  sev1: {name: Sev 1, meaning: Worst}
  sev2: {name: Sev 2, meaning: Bad}
channels:
  company: {name: "#company", address: secret://env/COMPANY_URL}
  division: {name: "#{division}", address: secret://env/DIVISION_URL}
  area: {name: "#{division}-{area}"}
  incident: {name: "#inc-{incident}", address: secret://env/INCIDENT_URL}
  executives: {name: "#executives", address: secret://env/EXECUTIVES_URL}
  customers: {name: Status page, address: secret://env/CUSTOMERS_URL}
audiences:
  responders: {name: Responders, channel: incident}
  executives: {name: Executives, channel: executives}
  customers: {name: Customers, channel: customers}
"""
CHANNELS = ("COMPANY", "DIVISION", "INCIDENT", "EXECUTIVES", "CUSTOMERS")


@dataclass
class Chat:
    """What a chat service was told, by channel in lower case, and how it behaves."""

    port: int = 0
    told: list[tuple[str, str]] = field(default_factory=list)
    status: Callable[[str, str], int] = lambda channel, text: 200
    delay: float = 0
    asked: bool = False

    def texts(self, channel: str) -> list[str]:
        return [text for where, text in self.told if where == channel]

    def url(self, channel: str) -> str:
        return f"json://127.0.0.1:{self.port}/{channel}"


@pytest.fixture
def chat() -> Iterator[Chat]:
    """A service that takes everything, until it is told not to."""
    service = Chat()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            channel, text = self.path.strip("/"), str(body.get("message", body.get("text")))
            service.asked = True
            time.sleep(service.delay)
            code = service.status(channel, text)
            if code < 300:
                service.told.append((channel, text))
            self.send_response(code)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield service
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def policy(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> Policy:
    """A policy whose channels lead to the service."""
    for channel in CHANNELS:
        monkeypatch.setenv(f"{channel}_URL", chat.url(channel.lower()))
    return parse_policy(POLICY)


@pytest.fixture
def dead_port() -> Iterator[int]:
    """A port that refuses connections for as long as the test runs."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@dataclass(frozen=True)
class Desk:
    """An incident's folder, and the record it gathers."""

    folder: Path

    def record(self, kind: str, by: str = "Ines", **data: Any) -> Event:
        return append(self.folder, kind, data, by=by)

    @property
    def incident(self) -> Incident:
        return load(self.folder)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An incident that was declared for the shop."""
    folder = tmp_path / "2026-11-20-orders"
    folder.mkdir()
    desk = Desk(folder)
    desk.record("declared", title="Orders wait", severity="sev1", scope="division", division="shop")
    return desk
