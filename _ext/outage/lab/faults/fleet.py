"""What the faults of the web servers share: what each runs, and putting a release on many at once."""

from __future__ import annotations

import re
import time
import urllib.error
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from outage.errors import Failed
from outage.lab.parts import haproxy, redis, web
from outage.lab.shop import manifest, releases
from outage.lab.shop.flags import FLAGS
from outage.proxies import open_url

if TYPE_CHECKING:
    from outage.lab.model import Lab

_PATIENCE = 60.0  # seconds until a restarted server must answer
PARTS = ("web", "haproxy", "load", "sshd")
_COUNTED = re.compile(r'^shop_requests_total\{[^}]*\bcode="(\d+)"[^}]*\} (\S+)$', re.MULTILINE)


def list_running(lab: Lab) -> dict[str, dict[str, Any]]:
    """Return what each server says of itself, by name; those that do not answer are left out."""
    found = {}
    for name in web.SERVERS:
        try:
            found[name] = web.ask_version(lab, name)
        except (OSError, ValueError):
            continue
    return found


def deploy(lab: Lab, servers: Iterable[str], version: str) -> None:
    """Put a release on servers, all at once; return when each of them answers with it.

    Raises:
        Failed: one does not.
    """
    servers = list(servers)
    with ThreadPoolExecutor(max_workers=max(1, len(servers))) as pool:
        list(pool.map(lambda name: web.deploy(lab, name, version), servers))
    wait_until_answering(lab, servers, version)


def wait_until_answering(lab: Lab, servers: Iterable[str], version: str | None = None) -> None:
    """Wait until servers answer, with that version if one is given.

    Raises:
        Failed: one does not.
    """
    waiting = set(servers)
    until = time.monotonic() + _PATIENCE
    while waiting:
        found = list_versions(lab)
        waiting = {name for name in waiting if name not in found or (version or found[name]) != found[name]}
        if waiting and time.monotonic() > until:
            raise Failed(f"no answer from {', '.join(sorted(waiting))} after {_PATIENCE:.0f} s")
        time.sleep(0.05 if waiting else 0)


def list_versions(lab: Lab) -> dict[str, str]:
    """Return the version that each server which answers says it runs."""
    return {name: known["version"] for name, known in list_running(lab).items()}


def restore(lab: Lab, expected: str | None = None) -> bool:
    """Deploy a release (None: what the manifest expects) where another runs; False if it ran everywhere."""
    if not lab.has("web"):
        return False
    if expected is None:
        expected = manifest.read_history(lab)[-1] if manifest.find_path(lab).exists() else releases.CURRENT
    runs = list_running(lab)
    wrong = [
        name
        for name in web.SERVERS
        if runs.get(name, {}).get("version") != expected
        or releases.find_deployed(web.folder(lab, name)) != expected
    ]
    deploy(lab, wrong, expected)
    return bool(wrong)


def buy(lab: Lab, server: str, customer: int) -> int:
    """Buy at one server as a customer, past HAProxy; return the status of the answer.

    Raises:
        OSError: there was none.
    """
    page = web.url(lab, server, f"/checkout?sku=TIN-S&quantity=1&customer={customer}")
    try:
        with open_url(page, 10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def count_answers(lab: Lab, server: str) -> tuple[int, int]:
    """Return answers of a server since it started, and how many of them were its own errors (500).

    Raises:
        OSError: it does not answer.
    """
    with open_url(web.url(lab, server, "/metrics"), 2) as answer:
        counted = _COUNTED.findall(answer.read().decode())
    return int(sum(float(n) for _, n in counted)), int(sum(float(n) for code, n in counted if code == "500"))


def fix_all(lab: Lab) -> None:
    """Bring the fleet to what it was when the lab started: processes, rotation, releases, manifest, flags."""
    for name in web.SERVERS:
        lab.supervisor.start(name)
        haproxy.say(haproxy.admin_socket(lab), f"set server web/{name} state ready")
    for flag in FLAGS:
        if redis.list_flags(lab).get(flag.name) != flag.value:
            redis.set_flag(lab, flag.name, flag.value, by="the lab", why=flag.meaning)
    manifest.write(lab, [releases.OLD, releases.CURRENT])
    wait_until_answering(lab, web.SERVERS)
    restore(lab)
