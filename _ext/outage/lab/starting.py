"""Starting parts: each as soon as what it needs is ready, several at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, CancelledError, Future, ThreadPoolExecutor, wait
from threading import Event
from typing import TYPE_CHECKING

from outage.errors import Failed, OutageError
from outage.lab import state
from outage.lab.parts.model import Part, Program

if TYPE_CHECKING:
    from outage.lab.model import Lab

Told = Callable[["Lab", Part], None]
_ATTEMPTS = 3
_TAKEN = "address already in use"


class _PortTaken(Failed):
    """Someone took a port between our choosing it and the program's binding it."""


def start(lab: Lab, parts: Sequence[Part], on_ready: Told) -> None:
    """Start the parts, in an order that respects their needs; return when all are ready.

    Args:
        lab: where to start them.
        parts: what is not up yet.
        on_ready: called, in any thread, when a part has become ready.

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
        on_ready(lab, part)

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
    try:
        for attempt in range(1, _ATTEMPTS + 1):
            remove(lab, part)
            programs = part.prepare(lab)
            if programs:
                lab.supervisor.add(part.id, programs)
            try:
                _wait_until_ready(lab, part, programs, stopping)
                break
            except _PortTaken:
                if attempt == _ATTEMPTS:
                    raise
                lab.supervisor.remove(part.id)
                lab.forget_ports(part.id)
        part.after(lab)
    except (OutageError, CancelledError):
        raise
    except Exception as error:
        raise Failed(f"{part.id} did not start: {type(error).__name__}: {error}") from error
    with state.change(lab.folder) as all_of_it:
        all_of_it.setdefault("parts", []).append(part.id)


def _wait_until_ready(lab: Lab, part: Part, programs: Sequence[Program], stopping: Event) -> None:
    until = time.monotonic() + part.patience
    while (lacking := _explain_lacking(lab, part)) is not None:
        if stopping.is_set():
            raise CancelledError
        _check(lab, part, programs)
        if time.monotonic() > until:
            words = "\n".join(f"{program.name}: {_read_last_words(lab, program)}" for program in programs)
            raise Failed(f"{part.id} was not ready within {part.patience:.0f} s{lacking}\n{words}")
        time.sleep(0.05)


def _check(lab: Lab, part: Part, programs: Sequence[Program]) -> None:
    """Raise if one of the programs ended, or cannot be run at all."""
    states = lab.supervisor.states() if programs else {}
    for program in programs:
        state = states[program.name]
        if state.state not in {"BACKOFF", "FATAL", "EXITED"}:
            continue
        words = _read_last_words(lab, program)
        failure = f"{part.id} did not start: {program.name} ended ({state.words})\n{words}"
        if _TAKEN in words.lower():
            raise _PortTaken(failure)
        if state.state != "BACKOFF":
            raise Failed(failure)


def _explain_lacking(lab: Lab, part: Part) -> str | None:
    """Return none once the part is ready, else why it is not, as far as that is known.

    An error is a no: clients of many libraries are asked, each with errors of its own.
    """
    try:
        return None if part.ready(lab) else ""
    except Exception as error:  # noqa: BLE001 - it is told when time is over
        return f" ({type(error).__name__}: {error})"


def _read_last_words(lab: Lab, program: Program) -> str:
    """Return the end of a program's log."""
    try:
        text = lab.log(program.name).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "(it wrote nothing)"
    return "\n".join(text[-2000:].splitlines()[-12:]) or "(it wrote nothing)"
