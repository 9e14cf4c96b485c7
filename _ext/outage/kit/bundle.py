"""One archive of what someone else needs to help: collected in memory, scrubbed, then written.

Scrubbed means: secrets that this machine knows are replaced in every encoding that
:mod:`outage.redact.scrub` names, and what the policy masks (:mod:`outage.redact.mask`) is masked. A secret
that no one here knows, in a log for example, is not recognised. It is imported in kernels.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from outage.policy.tooling import Masks
from outage.redact.known import make_run_scrubber
from outage.redact.mask import make_masker
from outage.redact.scrub import Scrubber
from outage.text import one_line

MOST_BYTES = 50_000_000
SUMS = "SHA256SUMS"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
_MASKED = re.compile(r"\[[\w-]+\]|'…'")


class Bundle:
    """Collect texts and pictures in memory, scrubbed, to be written as one archive.

    Args:
        masks: the policy's.
        environ: the environment, whose passwords are left out; ``os.environ`` when None.

    Raises:
        Refused: the policy's list of names can't be read.

    Example:
        >>> from outage.project import find_project
        >>> bundle = Bundle(find_project().policy().masks, {"SHOP_PASSWORD": "correct horse"})
        >>> bundle.add("settings/shop.txt", "password: correct horse")
        >>> bundle.files["settings/shop.txt"]
        b'password: [secret]'
        >>> bundle.skip("alerts.json", "Prometheus doesn't answer")
        >>> archive = run_folder() / "support-bundle.tar.gz"
        >>> bundle.write(archive)
        >>> bundle.leaks(archive)
        []
    """

    def __init__(self, masks: Masks, environ: Mapping[str, str] | None = None) -> None:
        self._scrubber: Scrubber = make_run_scrubber((), {}, environ=environ)
        self._mask = make_masker(masks)
        self.files: dict[str, bytes] = {}
        self.replaced: dict[str, int] = {}
        self.left_out: dict[str, str] = {}

    def add(self, name: str, text: str) -> None:
        """Add a text, scrubbed and masked.

        Raises:
            ValueError: the name isn't a relative path of plain words, or is taken.
        """
        clean = self._mask.text(self._scrubber.text(text))
        self.replaced[name] = len(_MASKED.findall(clean)) - len(_MASKED.findall(text))
        self._keep(name, clean.encode())

    def picture(self, name: str, png: bytes) -> None:
        """Add a picture as it is: it shows numbers only, so nothing in it can be scrubbed.

        Raises:
            ValueError: as :meth:`add`.
        """
        self._keep(name, png)

    def skip(self, name: str, why: str) -> None:
        """Say that something could not be had, and why; the archive's file ``LEFT-OUT`` lists it."""
        self.left_out[name] = self._scrubber.text(one_line(why))

    def write(self, path: Path) -> None:
        """Write the archive, readable by its owner alone; it must not exist yet.

        Raises:
            FileExistsError: it does.
            ValueError: it would be larger than 50 MB.
        """
        files = self.files | {"LEFT-OUT": _lines(f"{name}: {why}" for name, why in self.left_out.items())}
        sums = _lines(f"{hashlib.sha256(data).hexdigest()}  {name}" for name, data in sorted(files.items()))
        if sum(map(len, files.values())) > MOST_BYTES:
            raise ValueError("more than 50 MB: ask for fewer lines of logs")
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with (
            os.fdopen(descriptor, "wb") as raw,
            gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w") as archive,
        ):
            for name, data in [*sorted(files.items()), (SUMS, sums)]:
                entry = tarfile.TarInfo(f"support-bundle/{name}")
                entry.size, entry.mode = len(data), 0o600
                archive.addfile(entry, io.BytesIO(data))

    def leaks(self, path: Path) -> list[str]:
        """Name the files in a written archive that still hold a password which this machine knows."""
        return [
            name
            for name, data in read(path).items()
            if self._scrubber.text(text := data.decode(errors="replace")) != text
        ]

    def _keep(self, name: str, data: bytes) -> None:
        if not _NAME.fullmatch(name) or name in self.files:
            raise ValueError(f"no name for a new file of an archive: {name!r}")
        self.files[name] = data


def read(path: Path) -> dict[str, bytes]:
    """Return the files of an archive by name, its checksums verified.

    Raises:
        ValueError: a file doesn't match its checksum, or is missing.

    Example:
        >>> bundle = Bundle(find_project().policy().masks)
        >>> bundle.add("settings/shop.txt", "workers: 8")
        >>> bundle.write(run_folder() / "support-bundle.tar.gz")
        >>> read(run_folder() / "support-bundle.tar.gz")
        {'LEFT-OUT': b'', 'settings/shop.txt': b'workers: 8'}
    """
    found: dict[str, bytes] = {}
    with tarfile.open(path, "r:gz") as archive:
        for entry in archive:
            file = archive.extractfile(entry)
            found[entry.name.removeprefix("support-bundle/")] = file.read() if file else b""
    for line in found.pop(SUMS, b"").decode().splitlines():
        digest, _, name = line.partition("  ")
        if hashlib.sha256(found.get(name, b"")).hexdigest() != digest:
            raise ValueError(f"{name} is not what was written")
    return found


def _lines(lines: Iterator[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
