"""A dead man's switch: it receives ``Watchdog`` every second, and raises an alert when it does not.

    python _ext/outage/lab/deadman.py PORT [SECONDS]

``GET /api/v2/alerts`` answers as Alertmanager does: nothing, or the alert ``MonitoringDown``. It knows no
more than that nothing came: Prometheus, Alertmanager or the way between may be the reason. No one watches
this program in turn; in a real company it runs elsewhere, at someone else's.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ALERT = "MonitoringDown"
PAGE = "https://outage.larkfield.example/runbooks/dead-process.html"  # as in lab/alerts/monitoring.yml
_PATIENCE = 8.0  # seconds without a word; that Prometheus is silent is told after some four
_LONGEST = 1_000_000  # bytes of a message


class Switch:
    """When Watchdog last arrived."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._lock = threading.Lock()
        self._heard = time.monotonic()
        self._stopped = False

    def hear(self, message: dict[str, Any]) -> None:
        """Take in one message of Alertmanager's webhook; ``resolved`` says that Prometheus is silent."""
        with self._lock:
            self._stopped = message.get("status") != "firing"
            if not self._stopped:
                self._heard = time.monotonic()

    def alerts(self) -> list[dict[str, Any]]:
        """Return what it raises now, as ``/api/v2/alerts`` of Alertmanager would say it."""
        with self._lock:
            silent, stopped = time.monotonic() - self._heard, self._stopped
        if not stopped and silent < self._patience:
            return []
        since = datetime.now(UTC) - timedelta(seconds=silent)
        likely = "prometheus" if stopped else "alertmanager"  # who told us of the end is alive
        labels = {"alertname": ALERT, "severity": "critical", "service": "monitoring", "instance": likely}
        page = f"{PAGE}?program={likely}"
        words = f"No word from monitoring for {silent:.0f} s; {likely} is the first to look at"
        return [
            {
                "labels": labels,
                "annotations": {"summary": words, "runbook_url": page},
                "startsAt": since.isoformat(),
                "status": {"state": "active"},
            }
        ]


def serve(port: int, patience: float) -> None:
    """Listen on loopback until the process is ended."""
    switch = Switch(patience)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Alertmanager's webhook."""
            body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), _LONGEST))
            try:
                switch.hear(json.loads(body))
            except (ValueError, AttributeError):
                self.send_error(400)
                return
            self._answer({})

        def do_GET(self) -> None:
            """Answer with the alert, if there is one."""
            self._answer(switch.alerts())

        def _answer(self, data: Any) -> None:
            body = json.dumps(data).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: Any) -> None:
            """Say nothing: a line a second helps no one."""

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else _PATIENCE)
