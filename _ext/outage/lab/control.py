"""The lab as a whole: up, down, status. Everything about one lab is in its run folder.

``lab.json`` is written before the first process starts, so that whatever was left by a
crash can be found and cleared by the next ``up`` or ``down``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from outage import locks
from outage.errors import OutageError, Refused
from outage.lab import postgres, processes, starting, state
from outage.lab.model import Lab
from outage.lab.parts import PARTS, Part, require_programs, resolve
from outage.lab.supervise import Supervisor
from outage.run.lab import FOLDER, STATE

__all__ = [
    "STATE",
    "Lab",
    "build_environment",
    "down",
    "find",
    "find_run_folder",
    "find_running",
    "require",
    "up",
    "was_started",
]

_HOW_TO_START = "start it with 'outage lab up'"
OnReady = Callable[[Lab, Part], None]


def find_run_folder(root: Path) -> Path:
    """``$OUTAGE_LAB``, else ``_build/lab`` in the handbook at ``root``."""
    return Path(os.environ.get(FOLDER) or root / "_build" / "lab").resolve()


def _tell_nobody(lab: Lab, part: Part) -> None:
    """Show no progress."""


def up(
    folder: Path, parts: Sequence[str] = ("postgres",), on_ready: OnReady = _tell_nobody
) -> tuple[Lab, bool]:
    """Start the parts, and what they need, in ``folder``; those that are up are left as they are.

    Args:
        folder: the run folder; made if it is not there.
        parts: ids of :data:`lab.parts.PARTS`.
        on_ready: called when a part has become ready, possibly in another thread.

    Returns:
        The lab, and whether anything had to be started.

    Raises:
        Refused: the folder holds something else, there is no such part, or a program is not installed;
            nothing was started.
        Failed: a part did not start; what had been started now was stopped and removed.
    """
    wanted = resolve(parts)
    with _lock(folder):
        _refuse_foreign(folder)
        lab = find_running(folder)
        absent = [part for part in wanted if lab is None or not lab.has(part.id)]
        try:
            require_programs(absent)
        except Refused:
            _remove_if_empty(folder)
            raise
        if lab is None:
            return _start(folder, absent, on_ready), True
        _add(lab, absent, on_ready)
        return lab, bool(absent)


def require(lab: Lab, *parts: str) -> None:
    """Start those of the parts, and of what they need, that are not up yet.

    Raises:
        Refused: a program is missing, or there is no such part.
        Failed: one of them did not start; the lab is as it was.
    """
    if not all(map(lab.has, parts)):
        up(lab.folder, parts)


def build_environment(lab: Lab) -> dict[str, str]:
    """Return the ordinary variables that lead programs and runbooks to the parts that are up."""
    merged = {FOLDER: str(lab.folder)}  # by which a run knows that its target is no production
    merged |= {"SUPERVISOR_URL": lab.supervisor.url} if lab.supervisor.alive() else {}
    for part in PARTS.values():
        if lab.has(part.id):
            merged |= part.environment(lab)
    return merged


def down(folder: Path) -> bool:
    """Stop everything of the lab in ``folder`` and remove the folder.

    Returns:
        True if there was something to remove.

    Raises:
        Refused: the folder holds something else.
    """
    if not folder.exists():
        return False
    with _lock(folder):
        _refuse_foreign(folder)
        found = (folder / STATE).exists()
        _clear(folder)
        folder.rmdir()
    return found


def was_started(folder: Path) -> bool:
    """Return whether a lab was started in ``folder`` and not taken down, whether it still runs or not."""
    return (folder / STATE).exists()


def find(folder: Path) -> Lab:
    """Return the lab that is up in ``folder``.

    Raises:
        Refused: there is none, or its server has died.
    """
    if not was_started(folder):
        raise Refused("the lab is not up", hint=_HOW_TO_START)
    lab = find_running(folder)
    if lab is None:
        raise Refused(f"the lab in {folder} has died", hint="'outage lab up' clears it and starts a new one")
    return lab


def find_running(folder: Path) -> Lab | None:
    """Return the lab that is up in ``folder``; None if there is none, or its server or supervisor died."""
    known = state.read(folder)
    if known.get("v") != state.VERSION or not known.get("parts"):
        return None
    lab = Lab(folder, datetime.fromisoformat(known["since"]))
    if lab.has("postgres") and not postgres.is_alive(lab.server.home):
        return None
    if lab.supervisor.was_started() and not lab.supervisor.alive():
        return None
    return lab


def _start(folder: Path, parts: Sequence[Part], on_ready: OnReady) -> Lab:
    """Start a new lab, after clearing what another left; one that doesn't start is removed."""
    _clear(folder)
    try:
        lab = Lab(folder, datetime.now(UTC))
        with state.change(folder) as new:
            new |= {"v": state.VERSION, "since": lab.since.isoformat()}
        starting.start(lab, parts, on_ready)
    except BaseException:
        _clear(folder)
        folder.rmdir()
        raise
    return lab


def _add(lab: Lab, parts: Sequence[Part], on_ready: OnReady) -> None:
    """Add parts to a lab that is up; if one does not start, remove all of these."""
    try:
        starting.start(lab, parts, on_ready)
    except BaseException:
        for part in reversed(parts):
            with suppress(OutageError):
                starting.remove(lab, part)
        raise


def _clear(folder: Path) -> None:
    """End what runs from ``folder`` and empty it; ``lab.json`` goes last, for it leads to the rest."""
    known = state.read(folder)
    for record in folder.glob("*.process"):
        processes.end(record)
    sockets = Path(known["sockets"]) if "sockets" in known else folder
    Supervisor(folder, sockets).end()
    for home in map(Path, known.get("homes", {}).values()):
        postgres.stop(home)
        shutil.rmtree(home, ignore_errors=True)
    if sockets != folder:
        shutil.rmtree(sockets, ignore_errors=True)
    for path in sorted(folder.iterdir(), key=lambda path: path.name == STATE):
        whole = path.is_dir() and not path.is_symlink()  # dispatch's disk is a link to a folder
        shutil.rmtree(path, ignore_errors=True) if whole else path.unlink(missing_ok=True)


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _refuse_foreign(folder: Path) -> None:
    """Refuse to clear a folder that isn't a lab's: people type ``$OUTAGE_LAB``."""
    names = {path.name for path in folder.iterdir()}
    if STATE not in names and not all(map(state.is_ours, names)):
        raise Refused(f"{folder} is not a lab's folder", hint="name an empty or new folder in OUTAGE_LAB")


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Allow one ``up`` or ``down`` at a time in a folder, which exists meanwhile."""
    handle = locks.open_current(folder, lambda: _open(folder))  # a ``down`` may remove it meanwhile
    try:
        yield
    finally:
        os.close(handle)


def _open(folder: Path) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        hint = "name another folder in OUTAGE_LAB"
        raise Refused(f"{folder} cannot be a lab's folder: {error.strerror}", hint=hint) from None
    return os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
