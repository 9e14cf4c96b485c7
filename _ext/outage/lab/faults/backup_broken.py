"""Fault ``backup-broken``: the backup job reports success, and what it writes restores to nothing.

After GitLab, January 2017: an older pg_dump refuses a newer server, and the job does not look at
its exit code.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from outage.lab import control, postgres
from outage.lab.faults.model import Fault, Symptom
from outage.lab.faults.waiting import wait_until
from outage.lab.parts import backup

if TYPE_CHECKING:
    from outage.lab.control import Lab

ID = "backup-broken"


def begin(lab: Lab) -> None:
    """Give the job a pg_dump that is older than the server, and let it take its next backup.

    Raises:
        Failed: the newest backup is good all the same.
    """
    control.require(lab, *FAULT.parts)
    backup.use(lab, _find_older())
    broken = backup.run_now(lab)
    with _find_record(lab).open("a", encoding="utf-8") as record:
        record.write(f"{json.dumps(broken.name)}\n")
    wait_until(lab, FAULT, lambda: measure(lab).sick)


def fix(lab: Lab) -> bool:
    """Give the job its pg_dump back, and remove what the other one wrote; True if there was any."""
    if not lab.has(backup.ID) or not _find_record(lab).exists():
        return False
    backup.use(lab, postgres.find_programs() / "pg_dump")
    for line in _find_record(lab).read_text(encoding="utf-8").splitlines():
        broken = backup.folder(lab) / json.loads(line)
        broken.unlink(missing_ok=True)
        broken.with_suffix(".json").unlink(missing_ok=True)
    _find_record(lab).unlink()
    return True


def measure(lab: Lab) -> Symptom:
    """Return whether PostgreSQL's own program can read the newest backup, and how many tables have rows."""
    found = backup.backups(lab) if lab.has(backup.ID) else []
    if not found:
        return Symptom(False, {"backups": 0, "tables": 0}, "this lab has no backups")
    command = [str(postgres.find_programs() / "pg_restore"), "--list", str(found[-1])]
    listed = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    tables = sum(" TABLE DATA " in line for line in listed.stdout.splitlines())
    good = listed.returncode == 0 and tables > 0
    words = f"the newest of {len(found)} backups {'can be read' if good else 'cannot be read'}"
    signals: dict[str, float] = {"backups": len(found), "tables": tables, "bytes": found[-1].stat().st_size}
    return Symptom(not good, signals, f"{words}: {tables} tables in {found[-1].stat().st_size} bytes")


def _find_older() -> Path:
    """Return the pg_dump of an older PostgreSQL, which the wheel brings too."""
    return postgres.find_programs().parents[1] / "pginstall" / "bin" / "pg_dump"


def _find_record(lab: Lab) -> Path:
    return lab.folder / f"{ID}.files"


FAULT = Fault(
    id=ID,
    summary="The backup job uses a pg_dump older than the server. It writes nothing, and reports success.",
    runbook="restore-drill",
    alert="BackupCannotBeRead",
    parts=("postgres", backup.ID),
    begin=begin,
    fix=fix,
    symptom=measure,
)
