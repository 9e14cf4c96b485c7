"""Writing a file whole or not at all: a draft beside it, flushed where it must outlive a crash, renamed.

A reader sees the old content or the new, never half of one. Only the standard library is imported here.
"""

from __future__ import annotations

import os
from pathlib import Path

_DRAFT = ".lock"  # git's own suffix for drafts; handbooks ignore it, so a crash leaves nothing to commit
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


def replace(path: Path, content: str | bytes, *, mode: int | None = None, durable: bool = True) -> None:
    """Put a file with this content in the place of another, or where there was none.

    Args:
        path: the file; its folder exists.
        content: text is written as UTF-8.
        mode: its permissions; without it those of the file it replaces, else the usual ones.
        durable: whether the content is on the disk when this returns.

    Raises:
        OSError: it cannot be written; the old file is as it was.
    """
    draft = path.with_name(f".{path.name}.{os.urandom(4).hex()}{_DRAFT}")
    if mode is None and path.exists():
        mode = path.stat().st_mode & 0o777
    try:
        file = os.open(draft, _FLAGS, 0o666 if mode is None else mode)
        try:
            write_all(file, content.encode() if isinstance(content, str) else content)
            if mode is not None:
                os.fchmod(file, mode)
            if durable:
                os.fsync(file)
        finally:
            os.close(file)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def is_draft(name: str, of: str) -> bool:
    """Return whether a file's name is that of a draft that a crash left of the file ``of``."""
    return name.startswith(f".{of}.") and name.endswith(_DRAFT)


def create(path: Path, content: bytes) -> None:
    """Write a new file, flushed to the disk; a file or link of that name is an OSError."""
    file = os.open(path, _FLAGS, 0o666)
    try:
        write_all(file, content)
        os.fsync(file)
    finally:
        os.close(file)


def write_all(file: int, content: bytes) -> None:
    """Write to an open file until everything is written: the system may take a part only."""
    left = memoryview(content)
    while left:
        left = left[os.write(file, left) :]


def flush_folder(folder: Path) -> None:
    """Make a new or renamed entry of a folder outlive a crash."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
