"""The handbook's own pages with incidents of a test's making, built once a run for all workers."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

from outage.incident.folders import STUB
from outage.incident.record import FILE
from outage.incident.record.event import Event
from tests.product.pages.hostile import HOSTILE
from tests.product.pages.incidents import hostile_incident
from tests.product.render.story import POLICY, at, event, told
from tests.sites import ROOT

BUILT_AT = at(47)
HOSTILE_WORDS = {f"hostile-{n}": "\n".join(HOSTILE[n : n + 6]) for n in range(0, len(HOSTILE), 6)}
"""By incident; a title and a name have at most 200 characters."""
FOLDERS = (
    *("_ext", "process", "runbooks", "playbooks", "incidents", "case-studies", "library"),
    "tests/product",
)


class Staged:
    """A handbook in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for path in [
            *ROOT.glob("*.md"),
            ROOT / "conf.py",
            ROOT / "handbook.yml",
            ROOT / "bibliography.bib",
        ]:
            self.write(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
        for folder in FOLDERS:
            if (ROOT / folder).is_dir():
                shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))

    def write(self, name: str, text: str) -> None:
        """A file of the handbook."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def incident(self, name: str, events: list[Event]) -> None:
        """An incident's folder, as the commands leave it."""
        self.write(f"incidents/{name}/index.md", STUB)
        self.write(f"incidents/{name}/policy.yml", POLICY.read_text(encoding="utf-8"))
        self.write(f"incidents/{name}/{FILE}", b"".join(one.to_line() for one in events).decode())


def stage(root: Path) -> None:
    """An incident that is open, one that is closed, and some of hostile words."""
    site = Staged(root)
    site.incident("open", [one for one in told() if one.at <= BUILT_AT])
    site.incident("closed", [*told(), event(24 * 60, "stage", stage="closed")])
    for name, words in HOSTILE_WORDS.items():
        hostile_incident(site, name, words)


def built(shared: Path) -> Path:
    """The folder of pages; the first worker that asks builds them."""
    folder = shared / "incident-site"
    folder.mkdir(exist_ok=True)
    html = folder / "html"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            shutil.rmtree(folder / "source", ignore_errors=True)
            (folder / "source").mkdir()
            stage(folder / "source")
            options = ["--quiet", "--fail-on-warning", "--nitpicky", "-d", str(folder / "doctrees")]
            command = [sys.executable, "-m", "sphinx", *options, str(folder / "source"), str(html)]
            fixed = {"SOURCE_DATE_EPOCH": str(int(BUILT_AT.timestamp()))}
            done = subprocess.run(
                command, env=os.environ | fixed, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
            (folder / "done").touch()
    return html
