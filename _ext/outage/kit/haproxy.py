"""HAProxy's runtime interface, on the unix sockets that HAPROXY_SOCKET and HAPROXY_ADMIN_SOCKET name.

The first is of level ``user``, which HAProxy itself keeps from changing anything; the second of level
``admin``. A state is set through Ansible (``runbooks/ansible/action_plugins/haproxy_server.py``).
"""

from __future__ import annotations

import csv
import os
import socket
from dataclasses import dataclass

from outage.kit import RunbookError

LOOKING, ADMIN = "HAPROXY_SOCKET", "HAPROXY_ADMIN_SOCKET"
_DENIED = "permission denied"
_NO_CHANGE = "set server no-such-backend/no-such-server state ready"  # refused by both levels, in other words


@dataclass(frozen=True)
class Server:
    """Describe a server as HAProxy sees it.

    Attributes:
        name: in the backend.
        status: HAProxy's own words: ``UP``, ``DOWN``, ``DRAIN``, ``MAINT``, ``UP 1/2``.
        sessions: connections to it right now.

    Example:
        >>> Server("web1", "DRAIN", 3).serves
        False
    """

    name: str
    status: str
    sessions: int

    @property
    def serves(self) -> bool:
        """Whether it gets new customers."""
        return self.status.startswith("UP")


def ask(variable: str, command: str) -> str:
    """Send HAProxy one command, and return its answer.

    Args:
        variable: the one that names the socket.
        command: as HAProxy's management guide has it.

    Raises:
        RunbookError: the variable isn't set, or nothing answers there.

    Example:
        >>> ask(LOOKING, "show info").splitlines()[0]
        'Name: HAProxy'
    """
    path = os.environ.get(variable, "")
    if not path:
        raise RunbookError(f"{variable} is not set", "it is the path of HAProxy's stats socket")
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(path)
            connection.sendall(f"{command}\n".encode())
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode(errors="replace")
    except OSError as error:
        hint = f"look at {variable}: does HAProxy run, and may you use its socket?"
        raise RunbookError(f"HAProxy does not answer at {path}: {error}", hint) from None


def servers(backend: str) -> dict[str, Server]:
    """Return the servers of a backend by name.

    Raises:
        RunbookError: HAProxy doesn't answer, or has no such backend.

    Example:
        >>> {name: server.status for name, server in servers("web").items() if server.name < "web3"}
        {'web1': 'UP', 'web2': 'UP'}
    """
    lines = ask(LOOKING, "show stat").removeprefix("# ").splitlines()
    found = {
        row["svname"]: Server(row["svname"], row["status"], int(row["scur"] or 0))
        for row in csv.DictReader(lines)
        if row["pxname"] == backend and row["svname"] not in {"FRONTEND", "BACKEND"}
    }
    if not found:
        raise RunbookError(f"HAProxy has no backend {backend}", "look at haproxy_backend in the inventory")
    return found


def may_change(variable: str) -> bool:
    """Return whether HAProxy lets that socket's user change anything; asked in a way that changes nothing.

    Raises:
        RunbookError: HAProxy doesn't answer.

    Example:
        >>> may_change(LOOKING), may_change(ADMIN)
        (False, True)
    """
    return _DENIED not in ask(variable, _NO_CHANGE).lower()
