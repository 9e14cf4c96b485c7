"""One question to a supervisord, through XML-RPC, that ends within a time limit.

Supervisor's own client waits for ever for one that is halted, or busy with a dead disk.
"""

from __future__ import annotations

import http.client
import socket
import xmlrpc.client
from typing import Any
from xml.parsers.expat import ExpatError

UNIX = "unix://"
LOOKING = 10.0
"""Seconds that an answer may take which says how things are."""
CHANGING = 150.0
"""Seconds that starting or stopping may take: supervisor waits for the program."""
TROUBLE = (OSError, http.client.HTTPException, xmlrpc.client.Error, ExpatError)
"""What :func:`call` raises: no answer that can be read, or a refusal (``xmlrpc.client.Fault``)."""


def call(url: str, method: str, *arguments: Any, seconds: float) -> Any:
    """Call ``supervisor.METHOD``, on a connection of its own, so that threads do not mix theirs.

    Args:
        url: ``unix:///path/of/the/socket`` or ``http://host:port``.
        method: for example ``getState``.
        arguments: what it takes.
        seconds: how long the supervisor may be silent.

    Raises:
        TimeoutError: it was silent for longer; it may have done what was asked, or do it later.
        Fault: it refuses.
        OSError, HTTPException, Error, ExpatError: it cannot be reached or read; all are in :data:`TROUBLE`.
    """
    transport = _Limited(url, seconds)
    try:
        plain = "http://localhost" if url.startswith(UNIX) else url
        proxy = xmlrpc.client.ServerProxy(plain, transport=transport)
        return getattr(proxy.supervisor, method)(*arguments)
    finally:
        transport.close()


class _Limited(xmlrpc.client.Transport):
    """Connections that wait no longer than they are told."""

    def __init__(self, url: str, seconds: float) -> None:
        super().__init__()
        self._url, self._seconds = url, seconds

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        """Return one connection, which the transport keeps for its one question."""
        name, self._extra_headers, _ = self.get_host_info(host)
        if self._url.startswith(UNIX):
            found: http.client.HTTPConnection = _Socket(self._url.removeprefix(UNIX), self._seconds)
        else:
            found = http.client.HTTPConnection(name, timeout=self._seconds)
        self._connection = host, found
        return found


class _Socket(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        """Connect within the time limit."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
