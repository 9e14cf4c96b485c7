"""The lab's dispatch service: it writes orders down on a disk of its own, and says whether it can.

    unshare --user --map-root-user --mount python dispatch.py FOLDER LINK PORT BYTES

``FOLDER`` becomes the mount point of a file system of ``BYTES`` bytes in memory, which only this process
sees; ``LINK`` leads others to it, through ``/proc``. A full one is really full: the kernel says ENOSPC.
With 0 bytes the folder stays an ordinary one, for machines that allow no such mount.

``GET /health`` answers 200 while orders can be written, else 507 with the reason.
"""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

_PAUSE = 0.2  # seconds between two orders


class Writer(threading.Thread):
    """Writes the current order down, again and again; the file before it stays until the new one is whole.

    Attributes:
        written: orders written since the start.
        failed: orders that could not be written.
        error: why the last one could not be; empty if it could.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.folder = folder
        self.written = self.failed = 0
        self.error = ""

    def run(self) -> None:
        """Write until the process ends."""
        pause = threading.Event()
        while not pause.wait(_PAUSE):
            new = self.folder / "current.new"
            try:
                new.write_text(json.dumps({"order": self.written, "lines": "x" * 4000}), encoding="utf-8")
                new.replace(self.folder / "current.json")
                self.written, self.error = self.written + 1, ""
            except OSError as error:
                new.unlink(missing_ok=True)
                self.failed, self.error = self.failed + 1, error.strerror or str(error)
                print(f"order not written: {self.error}", flush=True)


def main(folder: Path, link: Path, port: int, size: int) -> None:
    """Mount the disk, lead others to it, write and answer."""
    if size:
        options = f"size={size},mode=0700"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "dispatch", str(folder)], check=True)
    for name in ("orders", "log", "exports"):
        (folder / name).mkdir(exist_ok=True)
    new = link.with_name(f"{link.name}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(f"/proc/{os.getpid()}/root{folder}" if size else folder)
    new.replace(link)
    writer = Writer(folder / "orders")
    writer.start()

    class Answer(http.server.BaseHTTPRequestHandler):
        """Says how the writing goes."""

        def do_GET(self) -> None:
            """Answer with the health, whatever the path."""
            state = {"written": writer.written, "failed": writer.failed, "error": writer.error}
            body = json.dumps(state).encode()
            self.send_response(507 if writer.error else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the log for what goes wrong."""

    http.server.ThreadingHTTPServer(("127.0.0.1", port), Answer).serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
