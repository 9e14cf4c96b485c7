"""Two applies of one runbook against one target exclude each other on one machine, no matter who starts them.

A lock is a file in a folder that every user of the machine may write to, so that other clones and other
users meet it. It is the kernel's lock that counts, which goes with its process; the file stays, empty.
"""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from outage import locks
from outage.errors import Failed, Refused
from outage.run.target import list_identities
from outage.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from outage.run.lines import TargetData

FOLDERS = (Path("/run/lock"), Path("/tmp"))
VARIABLE = "OUTAGE_LOCKS"
_FOR_ALL = stat.S_ISVTX | stat.S_IWOTH
_LONGEST = 400


@contextmanager
def hold_locks(runbook: str, target: TargetData, holder: str) -> Iterator[None]:
    """Hold the locks of a runbook and each host of a target; they go when this process ends.

    Args:
        runbook: name of the runbook.
        target: what is changed.
        holder: the run, who started it and where it is, for the person who finds the lock taken.

    Raises:
        Refused: another run on this machine holds one of them.
        Failed: this machine has no place for locks.
    """
    folder = find_lock_folder()
    with ExitStack() as stack:
        for same in list_identities(target):  # sorted: two runs never wait for each other crosswise
            name = hashlib.sha256(f"{runbook}\n{same}".encode()).hexdigest()[:16]
            stack.enter_context(_hold(folder / f"outage-{runbook}-{name}.lock", runbook, holder))
        yield


def find_lock_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of this machine's locks: ``$OUTAGE_LOCKS``, else one of :data:`FOLDERS`.

    Which of them it is depends on the folders alone, never on who asks: all users must meet in one.
    They are sticky, so that no one can put away another user's lock.

    Raises:
        Failed: there is none.
    """
    named = environ.get(VARIABLE)
    if named:
        if not Path(named).is_dir():
            raise Failed(f"${VARIABLE} is no folder", file=Path(named), hint=f"mkdir -m 1777 {named}")
        return Path(named)
    for folder in FOLDERS:
        try:
            mode = folder.stat().st_mode
        except OSError:
            continue
        if stat.S_ISDIR(mode) and mode & _FOR_ALL == _FOR_ALL:
            return folder
    places = " or ".join(str(folder) for folder in FOLDERS)
    reason = f"neither {places} is a folder that all users may write to, so two applies could not exclude"
    raise Failed(
        f"{reason} each other: nothing was started",
        hint=f"make one, the same for all who apply here: mkdir -m 1777 DIR; export {VARIABLE}=DIR",
    )


@contextmanager
def _hold(path: Path, runbook: str, holder: str) -> Iterator[None]:
    descriptor = _lock(path, runbook)
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{one_line(holder)}\n".encode()[:_LONGEST], 0)
        yield
    finally:
        os.ftruncate(descriptor, 0)
        os.close(descriptor)


def _lock(path: Path, runbook: str) -> int:
    """Lock the file at ``path`` and return its descriptor."""
    try:
        return locks.open_current(path, lambda: _open(path), wait=0)
    except BlockingIOError:
        reason = f"'{runbook}' is being applied to this target by {_read_holder(path) or 'another run'}"
        raise Refused(reason, hint="wait for it to end, and look at what it did: outage runs") from None


def _read_holder(path: Path) -> str:
    """Read who holds the lock."""
    descriptor = _open(path)
    try:
        return one_line(os.pread(descriptor, _LONGEST, 0).decode("utf-8", "replace").strip())
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    """Open a lock's file, made for all users; never through a link, and nothing but a plain file.

    Raises:
        Failed: it cannot be.
    """
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        try:  # first without O_CREAT: in a sticky folder that may fail for a file of another user
            descriptor = os.open(path, flags)
        except FileNotFoundError:
            descriptor = _create(path, flags)
    except OSError as error:
        raise Failed(
            f"two applies must exclude each other, and the lock cannot be taken: {error.strerror}",
            file=path,
            hint=f"clear the way, or name another folder for all who apply here: export {VARIABLE}=DIR",
        ) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Failed("this is no plain file, so it cannot be a lock", file=path, hint=f"rm {path}")
    return descriptor


def _create(path: Path, flags: int) -> int:
    try:
        descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o666)
    except FileExistsError:  # another run was faster
        return os.open(path, flags)
    os.fchmod(descriptor, 0o666)  # whatever our umask is
    return descriptor
