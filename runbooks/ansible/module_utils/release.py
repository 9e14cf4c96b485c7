"""What the fleet's modules share: the digest of a release, and what a server says of itself."""

from __future__ import annotations

import hashlib
import json
import re
import urllib.request
from pathlib import Path

SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
LABEL = re.compile(r'(\w+)="([^"]*)"')
# A machine asks the server that runs on it: no proxy of its environment has a part in that.
DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def digest(folder: Path) -> str:
    """Twelve hexadecimal digits of sha256 over the names and contents of a release's files.

    What Python compiled is no part of it. The shop's servers reckon it in the same way.
    """
    whole = hashlib.sha256()
    files = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    for name, path in sorted((path.relative_to(folder).as_posix(), path) for path in files):
        whole.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()[:12]


def deployed(folder: Path) -> dict:
    """Version and digest of the release to which ``current`` leads; None where there is none."""
    current = (folder / "current").resolve()
    there = current.is_dir()
    return {"version": current.name if there else None, "digest": digest(current) if there else None}


def running(url: str, seconds: float) -> dict:
    """What the server says of itself.

    Raises:
        OSError, ValueError: it does not answer, or with something else.
    """
    with DIRECTLY.open(f"{url}/version", timeout=seconds) as answer:
        return dict(json.load(answer))


def counted(url: str, seconds: float) -> dict:
    """Its own counts since it started: ``answers``, ``errors`` (5xx), ``checkouts`` (well), ``orders``.

    Raises:
        OSError, ValueError: it does not answer, or with something else.
    """
    with DIRECTLY.open(f"{url}/metrics", timeout=seconds) as answer:
        samples = SAMPLE.findall(answer.read().decode())
    found = {"answers": 0, "errors": 0, "checkouts": 0, "orders": 0}
    for name, labels, value in samples:
        if name == "shop_requests_total":
            has, count = dict(LABEL.findall(labels)), int(float(value))
            found["answers"] += count
            found["errors"] += count if has.get("code", "").startswith("5") else 0
            found["checkouts"] += count if has.get("path") == "/checkout" and has.get("code") == "200" else 0
        elif name == "shop_orders_total":
            found["orders"] += int(float(value))
    return found
