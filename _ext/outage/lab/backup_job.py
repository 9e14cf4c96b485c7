"""The lab's backup job, as many companies have one: every hour, pg_dump, a file, a manifest, "success".

    python backup_job.py JOB.json            every hour, beginning now
    python backup_job.py JOB.json --once     one backup

``JOB.json`` holds ``{"pg_dump": path, "folder": path, "every": seconds}``, and is read anew each time.
Where to connect is the ordinary libpq environment.

It has the mistake that real ones have: like ``pg_dump | store`` in a shell, it never looks at
pg_dump's exit code. As long as pg_dump works, no one notices.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def take(job: dict[str, Any]) -> Path:
    """Take one backup; returns its file, which ``<name>.json`` describes."""
    folder = Path(job["folder"])
    began, clock = datetime.now(UTC), time.monotonic()
    file = folder / f"shop-{began:%Y%m%dT%H%M%S.%fZ}.dump"
    digest, count = hashlib.sha256(), 0
    with subprocess.Popen([job["pg_dump"], "--format=custom"], stdout=subprocess.PIPE) as dump:
        assert dump.stdout is not None
        with file.open("wb") as out:
            for block in iter(lambda: dump.stdout.read(1 << 16), b""):  # type: ignore[union-attr]
                out.write(block)
                digest.update(block)
                count += len(block)
    manifest = {
        "v": 1,
        "file": file.name,
        "taken": began.isoformat(),
        "seconds": round(time.monotonic() - clock, 3),
        "bytes": count,
        "sha256": digest.hexdigest(),
        "status": "success",
    }
    new = file.with_suffix(".new")
    new.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    new.replace(file.with_suffix(".json"))
    print(f"backup {file.name}: success, {count} bytes", flush=True)
    return file


def main(path: Path, *, once: bool) -> None:
    """Take backups until someone ends the process."""
    while True:
        job = json.loads(path.read_text(encoding="utf-8"))
        take(job)
        if once:
            return
        threading.Event().wait(float(job["every"]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), once="--once" in sys.argv)
