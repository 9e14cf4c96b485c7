"""A handbook to prove runbooks in: a copy whose working tree is committed, and ``outage`` run in it.

``outage run --apply`` takes only what was reviewed, that is, committed to the reviewed branch. What is to
be proved may not be committed yet, so the copy commits it; the proof says whether the original was clean.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from outage.errors import Failed
from outage.git import call
from outage.policy import Policy
from outage.run.exclusion import VARIABLE as LOCKS
from outage.run.history import load_run
from outage.run.journal import read_journal
from outage.run.model import Run
from outage.runbook.proof import Attempt

STARTER, SECOND = "outage prove", "a second person of outage prove"
_NOT_COPIED = {".git", ".venv", "_build", "proof", "runs", "incidents", "node_modules"}
_LONGEST = 180.0  # seconds that one command may take
_CLEARED = ("OUTAGE_", "PG", "REDIS_", "HAPROXY_", "PROMETHEUS_", "ALERTMANAGER_", "ANSIBLE_", "SUPERVISOR_")


@dataclass(frozen=True)
class Spoken:
    """What one command did: its exit code, all its words, how long it took in seconds, and when it began."""

    code: int
    words: str
    seconds: float
    at: datetime


@dataclass
class Copy:
    """A copy of a handbook.

    Attributes:
        root: its folder.
        of: the folder that it is a copy of.
        environment: added to each command's: where the lab is.
    """

    root: Path
    of: Path
    environment: dict[str, str] = field(default_factory=dict)

    def outage(self, *words: str, by: str = STARTER) -> Spoken:
        """Run ``outage ...`` here, in the lab's environment and without a keyboard."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_CLEARED)}
        own = {LOCKS: str(self.root.parent)}  # another lab on this machine is another target
        env = kept | self.environment | own | {"OUTAGE_BY": by, "NO_COLOR": "1"}
        command = [sys.executable, "-c", "import outage.cli; outage.cli.main()", *words]
        at, began = datetime.now(UTC), time.monotonic()
        try:
            done = subprocess.run(
                command,
                cwd=self.root,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                check=False,
                timeout=_LONGEST,
            )
        except subprocess.TimeoutExpired as error:
            said = error.stdout.decode(errors="replace") if isinstance(error.stdout, bytes) else ""
            return Spoken(4, f"{said}\n(it was ended after {_LONGEST:.0f} s)", time.monotonic() - began, at)
        return Spoken(done.returncode, done.stdout, time.monotonic() - began, at)

    def last_run(self, runbook: str) -> Run | None:
        """Return the run that was begun last here."""
        folders = (self.root / "runs").glob(f"*-{runbook}-*")
        newest = max(folders, key=lambda folder: folder.stat().st_ctime_ns, default=None)
        return None if newest is None else load_run(newest)


def copy_handbook(root: Path, policy: Policy, into: Path) -> Copy:
    """Copy the handbook at ``root`` as it is, and commit it to its reviewed branch.

    Raises:
        Failed: git does not.
    """
    target = into / "handbook"
    target.mkdir(parents=True)
    for path in _list_files(root):
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / path, place, follow_symlinks=False)
    run_git(target, "init", "-q", "-b", policy.runbooks.reviewed_branch)
    run_git(target, "add", "-A")
    run_git(target, "commit", "-q", "-m", "What is to be proved")
    return Copy(target, root)


def measure_attempt(spoken: Spoken, run: Run) -> Attempt:
    """Return what a command cost, from its time and what the journal says of the cells that it ran.

    Args:
        spoken: the command.
        run: that it began, or went on with.
    """
    cells = sum(
        float(line.data.get("seconds") or 0.0)
        for line in read_journal(run.folder).lines
        if line.kind == "cell" and line.at >= spoken.at
    )
    return Attempt(
        run=run.id,
        seconds=round(spoken.seconds, 3),
        cells=round(cells, 3),
        ours=round(spoken.seconds - cells, 3),
    )


def run_git(root: Path, *words: str) -> str:
    """Run git in a folder, with no one's settings, and return its words.

    Raises:
        GitFailed: it fails.
    """
    who = ("user.name=outage prove", "user.email=prove@example.org")
    return call(root, *words, settings=who).decode(errors="replace")


def _list_files(root: Path) -> list[Path]:
    """Return all that git would commit; without git, all that is not made by a build."""
    try:
        listed = run_git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    except Failed:
        listed = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
    paths = [Path(name) for name in listed if name]
    return [path for path in paths if not _NOT_COPIED & set(path.parts) and (root / path).exists()]
