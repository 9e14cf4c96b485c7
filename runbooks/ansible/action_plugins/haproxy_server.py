"""Ansible action: take a server out of HAProxy's rotation, or put it back. It runs where Ansible runs.

Options: ``backend``, ``server``, ``state`` (``drain``, ``ready`` or ``maint``), ``seconds`` (to wait, when
draining, for the last session to end; default 20). ``before`` in the result is the state that it was in.
HAPROXY_ADMIN_SOCKET is the path of HAProxy's socket of level admin.
"""

from __future__ import annotations

import csv
import os
import socket
import time

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

STATES = ("drain", "ready", "maint")
MAINT, DRAIN = 0x01, 0x08  # bits of srv_admin_state that somebody has set, not another server's state


def ask(command: str) -> str:
    """HAProxy's answer to a command.

    Raises:
        AnsibleActionFail: there is no socket, or HAProxy does not answer.
    """
    path = os.environ.get("HAPROXY_ADMIN_SOCKET", "")
    if not path:
        raise AnsibleActionFail("HAPROXY_ADMIN_SOCKET is not set")
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(path)
            connection.sendall(f"{command}\n".encode())
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    except OSError as error:
        raise AnsibleActionFail(f"HAProxy does not answer at {path}: {error}") from None


def row(backend: str, server: str) -> dict[str, str]:
    """HAProxy's line about a server.

    Raises:
        AnsibleActionFail: it knows none of that name.
    """
    lines = ask("show stat").removeprefix("# ").splitlines()
    for line in csv.DictReader(lines):
        if (line["pxname"], line["svname"]) == (backend, server):
            return line
    raise AnsibleActionFail(f"HAProxy knows no server {backend}/{server}")


def administrative(backend: str, server: str) -> str:
    """The state that somebody has set. ``show stat`` hides it while the server is down.

    Raises:
        AnsibleActionFail: HAProxy knows none of that name.
    """
    _, head, *lines = ask(f"show servers state {backend}").splitlines() or ["", ""]
    for line in lines:
        known = dict(zip(head.removeprefix("# ").split(), line.split(), strict=False))
        if known.get("srv_name") == server:
            flags = int(known["srv_admin_state"])
            return "maint" if flags & MAINT else "drain" if flags & DRAIN else "ready"
    raise AnsibleActionFail(f"HAProxy knows no server {backend}/{server}")


class ActionModule(ActionBase):
    """Sets the state, and waits for what it means."""

    _requires_connection = False
    _VALID_ARGS = frozenset(("backend", "server", "state", "seconds"))

    def run(self, tmp: str | None = None, task_vars: dict | None = None) -> dict:
        """Answer Ansible."""
        super().run(tmp, task_vars)
        given = self._task.args
        backend, server, state = given["backend"], given["server"], given["state"]
        if state not in STATES:
            raise AnsibleActionFail(f"state is one of {', '.join(STATES)}, not {state}")
        before = administrative(backend, server)
        if before == state or self._task.check_mode:
            return {"changed": before != state, "before": before}
        answer = ask(f"set server {backend}/{server} state {state}").strip()
        if answer:
            raise AnsibleActionFail(f"HAProxy refuses to set {backend}/{server} to {state}: {answer}")
        words = self._until(backend, server, state, float(given.get("seconds", 20)))
        return {"changed": True, "before": before, "outage_says": words}

    def _until(self, backend: str, server: str, state: str, seconds: float) -> str:
        """Wait until a drained server has no session, or one that is ready is up; in words."""
        until = time.monotonic() + seconds
        while True:
            now = row(backend, server)
            if state == "drain" and now["scur"] == "0":
                return "out of the rotation, nobody on it"
            if state == "maint":
                return "out of the rotation"
            if state == "ready" and now["status"].startswith("UP"):
                return "in the rotation"
            if time.monotonic() > until:
                left = f"{now['scur']} still on it" if state == "drain" else f"HAProxy says {now['status']}"
                raise AnsibleActionFail(f"{backend}/{server} is not {state} after {seconds:.0f} s: {left}")
            time.sleep(0.1)
