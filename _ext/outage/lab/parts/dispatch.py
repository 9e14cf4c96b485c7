"""Part ``dispatch``: a service that writes orders on a small disk of its own, which can really be full.

The disk is a ``tmpfs`` of a few megabytes in a mount namespace of its own: no root is needed where the
kernel allows user namespaces, as Debian's does. Where it does not, the part runs on an ordinary folder
and the fault ``disk-full`` refuses to begin.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outage.lab import dispatch
from outage.lab.parts.model import Part, Program, require_program
from outage.lab.ports import HOST
from outage.proxies import open_url

if TYPE_CHECKING:
    from outage.lab.model import Lab

ID = "dispatch"
SIZE = 16 * 1024 * 1024  # bytes
_NAMESPACES = (("--user", "--map-root-user", "--mount"), ("--mount",))


def disk(lab: Lab) -> Path:
    """Return the disk's path, which only the user who started the lab can open.

    It leads through the service's folder in ``/proc``: open it, but don't resolve it.
    """
    return lab.folder / "disk"


def health_url(lab: Lab) -> str:
    """Return where the service says whether it can write."""
    return f"http://{HOST}:{lab.port(ID)}/health"


def health(lab: Lab) -> dict[str, Any]:
    """Return what it says: ``written``, ``failed`` and the last ``error``.

    Raises:
        OSError: it does not answer.
    """
    try:
        with open_url(health_url(lab), 2) as answer:
            return dict(json.load(answer))
    except urllib.error.HTTPError as error:
        with error:
            return dict(json.load(error))


def find_namespace() -> tuple[str, ...] | None:
    """Return the options of ``unshare`` with which we may mount a small disk here; None if there are none."""
    for options in _NAMESPACES:
        tried = subprocess.run(
            [require_program("unshare"), *options, "true"], capture_output=True, check=False
        )
        if tried.returncode == 0:
            return options
    return None


def prepare(lab: Lab) -> tuple[Program, ...]:
    """Prepare the service, in a mount namespace of its own where that is allowed."""
    folder = lab.place(ID) / "disk"
    folder.mkdir(exist_ok=True)
    options = find_namespace()
    words = (sys.executable, dispatch.__file__, str(folder), str(disk(lab)), str(lab.port(ID)))
    if options is None:
        return (Program(ID, (*words, "0")),)
    return (Program(ID, (require_program("unshare"), *options, "--", *words, str(SIZE))),)


PART = Part(
    id=ID,
    summary="A service that writes orders on a small disk of its own",
    packages={"unshare": "util-linux", "mount": "mount"},
    prepare=prepare,
    ready=lambda lab: disk(lab).is_dir() and health(lab)["written"] > 0,
    address=lambda lab: f"{health_url(lab)}, disk {disk(lab)}",
)
