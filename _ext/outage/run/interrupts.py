"""What SIGINT, SIGTERM and SIGHUP do to a run, from before its kernel starts until nothing of it is left.

Before the first cell, and while a person is asked, they raise ``KeyboardInterrupt``; while cells run they
stop the cell; and once it is decided how the run ended they do nothing, so that what cells started is
always ended and the exit code is the run's. They are not the event loop's, which go when it goes.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """A context in which signals do what this says. It belongs to the main thread."""

    def __init__(self) -> None:
        self._before: dict[signal.Signals, Any] = {}
        self.respond: Callable[[str], None] = raise_interrupt

    def __enter__(self) -> Interrupts:
        for number in SIGNALS:
            before = signal.getsignal(number)
            if number != signal.SIGHUP or before != signal.SIG_IGN:  # nohup means it
                self._before[number] = before
                signal.signal(number, self._hear)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def ignore(self) -> None:
        """Ignore signals from now on: nothing changes how the run ended."""
        self.respond = lambda name: None

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.respond(signal.Signals(number).name)


def raise_interrupt(name: str) -> None:
    """Do what Ctrl-C does in any Python program.

    Raises:
        KeyboardInterrupt: always.
    """
    raise KeyboardInterrupt(name)


def ignore_signals() -> None:
    """Let no signal change the exit code of a run that has ended while its summary is printed.

    Not with ``SIG_IGN``: what is started from here on would ignore them as well.
    """
    for number in SIGNALS:
        signal.signal(number, lambda number, frame: None)
