"""The channels: is each one's address here, is it one, and does its server answer? Nothing is posted."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from outage.doctor.finding import Finding
from outage.errors import OutageError
from outage.incident.notify.deliver import find_service
from outage.policy.quote import format_channel
from outage.proxies import proxy_of
from outage.secrets import resolve

if TYPE_CHECKING:
    from outage.policy import Policy

AREA = "chat"
SECONDS = 4.0
PORTS = {True: 443, False: 80}
Server = tuple[str, int, bool]
"""Host, port, and whether it speaks TLS."""


def look(policy: Policy) -> list[Finding]:
    """Check each channel that has an address."""
    addressed = {
        format_channel(policy, channel): channel.address
        for channel in policy.channels.values()
        if channel.address
    }
    if not addressed:
        words = "no channel has an address: messages are shown to you, and you paste them"
        return [Finding(AREA, "channels", "look", words, "add addresses under channels in handbook.yml")]
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(_check_channel, addressed, addressed.values()))


def list_addresses(policy: Policy) -> list[str]:
    """Return the addresses of the channels, as far as there is something behind their references."""
    found = []
    for channel in policy.channels.values():
        with suppress(OutageError):  # its own finding says so
            found += [resolve(channel.address)] if channel.address else []
    return found


def _check_channel(name: str, reference: str) -> Finding:
    try:
        plugin = find_plugin(resolve(reference))
    except OutageError as error:
        return Finding(AREA, name, "fails", error.message, error.hint or "")
    if plugin is None:
        words = f"what {reference} refers to is no address that Apprise understands"
        return Finding(
            AREA, name, "fails", words, "Apprise's documentation has the addresses of each service"
        )
    place = find_server(plugin)
    if place is None:
        return Finding(AREA, name, "unknown", "only posting would show whether it answers")
    proxy = None if hasattr(plugin, "smtp_host") else proxy_of(find_address(place))
    asked = _parse_proxy(proxy) if proxy else place[:2]
    who = f"{asked[0]}:{asked[1]}{f', the proxy to {place[0]},' if proxy else ''}"
    try:
        with socket.create_connection(asked, timeout=SECONDS):
            pass
    except OSError as error:
        words = f"{who} does not answer ({error.strerror or 'no answer in time'})"
        hint = "is the chat up? 'Our own tools are down' says what to use in its place"
        if proxy:
            hint = "look at http_proxy, https_proxy and no_proxy: are they right on this network?"
        return Finding(AREA, name, "fails", words, hint)
    words = f"{who} answers; whether it takes our messages, only a message shows"
    return Finding(AREA, name, "works", words)


def find_address(place: Server) -> str:
    """Return the address of a server's front page."""
    host, port, secure = place
    return f"{'https' if secure else 'http'}://{f'[{host}]' if ':' in host else host}:{port}/"


def _parse_proxy(proxy: str) -> tuple[str, int]:
    """Return host and port of a proxy; people leave the scheme out, and then it is http."""
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    return parts.hostname or proxy, parts.port or PORTS[parts.scheme == "https"]


def find_plugin(address: str) -> Any:
    """Return the service behind an Apprise URL, or None; a word is filled in for each open place."""
    for word in ("incident", "division", "area"):
        address = address.replace(f"{{{word}}}", word)
    return find_service(address)


def find_server(plugin: Any) -> Server | None:
    """Return host, port and whether it is TLS of an Apprise service, as far as it tells."""
    if host := getattr(plugin, "host", None):
        secure = bool(getattr(plugin, "secure", False))
        return str(host), int(plugin.port or PORTS[secure]), secure
    for name in ("notify_url", "webhook_url", "api_url"):
        address = getattr(plugin, name, None)
        if isinstance(address, str) and (parts := urlsplit(address)).hostname:
            secure = parts.scheme == "https"
            return parts.hostname, parts.port or PORTS[secure], secure
    return None
