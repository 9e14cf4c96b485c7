"""The shop's releases as artefacts: folders that are copied to a server, and run there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from outage.lab.shop import app

HERE = Path(__file__).parent
OLD, CURRENT, NEXT, BAD = "4.1.0", "4.2.0", "4.3.0", "4.3.1"
VERSIONS = (OLD, CURRENT, NEXT, BAD)

digest = app.digest


def build(version: str, artefact: Path) -> None:
    """Make the artefact of a release in ``artefact``, which does not exist yet; the same files every time."""
    artefact.mkdir(parents=True)
    shutil.copyfile(HERE / "app.py", artefact / "app.py")
    shutil.copyfile(HERE / f"release_{version.replace('.', '_')}.py", artefact / "pages.py")
    (artefact / "release.json").write_text(json.dumps({"version": version}) + "\n", encoding="utf-8")


def deploy(store: Path, server: Path, version: str) -> None:
    """Copy a release to a server and let ``current`` lead to it; it runs after a restart.

    Args:
        store: a folder with an artefact for each version.
        server: the server's own folder.
        version: one of :data:`VERSIONS`.
    """
    target = server / "releases" / version
    if not target.is_dir():
        shutil.copytree(store / version, target)
    new = server / "current.new"
    new.unlink(missing_ok=True)
    new.symlink_to(Path("releases") / version)
    new.replace(server / "current")


def find_deployed(server: Path) -> str:
    """Return the version to which a server's ``current`` leads."""
    return (server / "current").readlink().name
