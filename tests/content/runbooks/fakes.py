"""A fleet made of data: what Ansible and HAProxy would say, so that a judgement takes milliseconds."""

from __future__ import annotations

import json
from typing import Any

from outage.kit.fleet import Host, Played
from outage.kit.haproxy import Server
from tests.content.runbooks.cells import Stage, stage

DIGESTS = {"4.1.0": "aaaaaaaaaaaa", "4.2.0": "bbbbbbbbbbbb", "4.3.1": "cccccccccccc"}
FINE = {"answers": 100, "errors": 0, "checkouts": 10, "orders": 10}


def release(version: str | None) -> dict[str, str | None] | None:
    """Version and digest, as a server tells them; None: it does not answer."""
    return None if version is None else {"version": version, "digest": DIGESTS[version]}


def server(name: str, runs: str | None = "4.2.0", **more: Any) -> Host:
    """A server that was looked at; ``more`` replaces what it told."""
    told = {
        "disk": release(runs or "4.2.0"),
        "runs": release(runs),
        "why": "" if runs else "Connection refused",
        "config": {"lock_timeout": "1111", "orders_shown": "2222"},
        "flags": {"gift-wrap": "on"} if runs else {},
        "counted": dict(FINE) if runs else {},
        "haproxy": ["web", name],
    }
    return Host(name, told=told | more)


def fleet(*versions: str | None) -> list[Host]:
    """web1, web2, ... that run these releases."""
    return [server(f"web{number}", version) for number, version in enumerate(versions, 1)]


def looked(runbook: str, hosts: list[Host], tmp_path, monkeypatch, *assignments: str, **more: Any) -> Stage:
    """A runbook that has looked at these hosts and decided.

    ``history`` replaces what was rolled out, ``statuses`` what HAProxy says of some servers.
    """
    history = more.pop("history", ["4.1.0", "4.2.0"])
    statuses = more.pop("statuses", {})
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps({"digests": DIGESTS, "history": history}), encoding="utf-8")
    monkeypatch.setenv("RELEASE_MANIFEST", str(file))
    done = stage(runbook, *assignments).run("setup")
    pool = {host.name: Server(host.name, statuses.get(host.name, "UP"), 0) for host in hosts}
    done.scope |= {
        "play": lambda *_, **__: Played({host.name: host for host in hosts}),
        "servers": lambda backend: pool,
        "may_change": lambda variable: variable == "HAPROXY_ADMIN_SOCKET",
    }
    done.scope |= more
    return done.run("check", "read")
