"""This machine's clock beside those of servers that we talk to anyway: a record's times are only as good."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request

from outage.doctor import chat
from outage.doctor.finding import Finding
from outage.errors import OutageError
from outage.proxies import open_url
from outage.secrets import resolve

if TYPE_CHECKING:
    from outage.policy import Policy

AREA = "clock"
MOST_SECONDS = 5.0
_VARIABLES = ("PROMETHEUS_URL", "ALERTMANAGER_URL")


def look(policy: Policy) -> list[Finding]:
    """Compare this clock with the first server that tells its time (to a second, as HTTP does)."""
    for server in _list_servers(policy):
        if (theirs := _ask_time(server)) is None:
            continue
        host = server[0]
        away = (datetime.now(UTC) - theirs).total_seconds()
        if abs(away) <= MOST_SECONDS:
            return [Finding(AREA, "clock", "works", f"it agrees with that of {host}")]
        words = f"it is {abs(away):.0f} s {'ahead of' if away > 0 else 'behind'} that of {host}"
        hint = "set it (timedatectl set-ntp true): what you record bears its times"
        return [Finding(AREA, "clock", "fails", words, hint)]
    words = "no server told its time: neither a channel's, nor Prometheus"
    return [Finding(AREA, "clock", "unknown", words, "compare it with a telephone's")]


def _list_servers(policy: Policy) -> list[chat.Server]:
    found: list[chat.Server] = []
    for variable in _VARIABLES:
        parts = urlsplit(os.environ.get(variable, ""))
        if parts.hostname and parts.scheme in ("http", "https"):
            secure = parts.scheme == "https"
            found.append((parts.hostname, parts.port or chat.PORTS[secure], secure))
    for channel in policy.channels.values():
        if channel.address:
            found += _find_channel_server(channel.address)
    return list(dict.fromkeys(found))


def _find_channel_server(reference: str) -> list[chat.Server]:
    try:
        address = resolve(reference)
    except OutageError:
        return []
    plugin = chat.find_plugin(address)
    place = chat.find_server(plugin) if plugin is not None else None
    return [place] if place else []


def _ask_time(server: chat.Server) -> datetime | None:
    """Return the Date header of a server's answer, a refusal's too; None when it gives none."""
    try:
        with open_url(Request(chat.find_address(server), method="HEAD"), chat.SECONDS) as answer:
            date = answer.headers["Date"]
    except HTTPError as error:
        date = error.headers["Date"]
    except (OSError, HTTPException, ValueError):
        return None
    with suppress(ValueError):
        return parsedate_to_datetime(date or "").astimezone(UTC)
    return None
