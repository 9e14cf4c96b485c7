"""Free TCP ports on loopback."""

from __future__ import annotations

import random
import socket
from pathlib import Path

HOST = "127.0.0.1"
_LOWEST = 10_000
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


def find_free_port() -> int:
    """Return a TCP port on loopback that no one listens on at this moment.

    It lies below the range from which the kernel takes ports for outgoing connections: a port of
    that range may be gone when a server that was stopped for a while wants it back. It is drawn
    by lot, so that two labs that start together rarely draw the same.
    """
    highest = _find_first_ephemeral()
    for _ in range(100):
        port = random.randrange(_LOWEST, highest) if highest > _LOWEST else 0
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            chosen: int = probe.getsockname()[1]
            return chosen
    raise OSError("no free TCP port was found on 127.0.0.1 in a hundred attempts")


def _find_first_ephemeral() -> int:
    """Return the lowest port of the kernel's range for outgoing connections."""
    try:
        return int(_EPHEMERAL.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return 32_768
