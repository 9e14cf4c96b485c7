"""Starting parts: each as soon as what it needs is ready, several at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, CancelledError, Future, ThreadPoolExecutor, wait
from threading import Event
from typing import TYPE_CHECKING

from lab import state
from lab.parts.model import Part, Program
from outage.errors import Failed, OutageError

if TYPE_CHECKING:
    from lab.model import Lab

Told = Callable[["Lab", Part], None]
_ATTEMPTS = 3
_TAKEN = "address already in use"


class _PortTaken(Exception):
    """Somebody took a port between our choosing it and the program's binding it."""


def start(lab: Lab, parts: Sequence[Part], told: Told) -> None:
    """Start the parts, which stand in an order that respects their needs; return when all are ready.

    Args:
        lab: where to start them.
        parts: what is not up yet.
        told: called, in any thread, when a part has become ready.

    Raises:
        Failed: a part did not become ready; the last lines of its log are in the message. What was
            started is left for the caller to remove.
    """
    stopping = Event()
    waited: dict[str, Future[None]] = {}

    def one(part: Part) -> None:
        for need in part.needs:
            if need in waited:
                waited[need].result()
        _start(lab, part, stopping)
        told(lab, part)

    with ThreadPoolExecutor(max_workers=max(1, len(parts))) as pool:
        try:
            for part in parts:
                waited[part.id] = pool.submit(one, part)
            wait(waited.values(), return_when=FIRST_EXCEPTION)
        finally:
            stopping.set()
    errors = [error for future in waited.values() if (error := future.exception()) is not None]
    for error in sorted(errors, key=lambda error: isinstance(error, CancelledError)):
        raise error


def remove(lab: Lab, part: Part) -> None:
    """Stop a part, or what is left of a start that failed, and forget it."""
    with state.change(lab.folder) as all_of_it:
        all_of_it["parts"] = [name for name in all_of_it.get("parts", []) if name != part.id]
    lab.supervisor.remove(part.id)
    lab.remove_home(part.id)


def _start(lab: Lab, part: Part, stopping: Event) -> None:
    """Start one part, with other ports when one of its was taken meanwhile."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            remove(lab, part)
            programs = part.prepare(lab)
            if programs:
                lab.supervisor.add(part.id, programs)
            _until_ready(lab, part, programs, stopping, last=attempt == _ATTEMPTS)
            break
        except _PortTaken:
            lab.supervisor.remove(part.id)
            lab.forget_ports(part.id)
    part.after(lab)
    with state.change(lab.folder) as all_of_it:
        all_of_it.setdefault("parts", []).append(part.id)


def _until_ready(lab: Lab, part: Part, programs: Sequence[Program], stopping: Event, *, last: bool) -> None:
    until = time.monotonic() + part.patience
    while not _ready(lab, part):
        if stopping.is_set():
            raise CancelledError
        states = lab.supervisor.states() if programs else {}
        for program in programs:
            if states[program.name].state in {"BACKOFF", "FATAL", "EXITED"}:
                words = _last_words(lab, program)
                if _TAKEN in words.lower() and not last:
                    raise _PortTaken
                if states[program.name].state != "BACKOFF":
                    raise Failed(f"{part.id} did not start: {program.name} ended\n{words}")
        if time.monotonic() > until:
            words = "\n".join(f"{program.name}: {_last_words(lab, program)}" for program in programs)
            raise Failed(f"{part.id} was not ready within {part.patience:.0f} s\n{words}")
        time.sleep(0.05)


def _ready(lab: Lab, part: Part) -> bool:
    """An error while there is no answer yet is a no; what is a mistake of ours is not hidden for long."""
    try:
        return part.ready(lab)
    except OutageError:
        raise
    except Exception:  # noqa: BLE001 - clients of many libraries, each with errors of its own
        return False


def _last_words(lab: Lab, program: Program) -> str:
    """The end of a program's log."""
    try:
        text = lab.log(program.name).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "(it wrote nothing)"
    return "\n".join(text[-2000:].splitlines()[-12:]) or "(it wrote nothing)"
