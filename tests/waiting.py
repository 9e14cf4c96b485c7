"""Waiting for what comes about by itself: a process that ends, a server that answers, an alert that fires."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
PATIENCE = 60.0
"""Seconds. No promise of ours: after them a test says what it waited for in vain."""


def eventually(found: Callable[[], T], said: Callable[[], object] | str = "it never came about") -> T:
    """What ``found`` gives as soon as it is true; the test fails with ``said`` after a minute."""
    until = time.monotonic() + PATIENCE
    while not (result := found()):
        assert time.monotonic() < until, said() if callable(said) else said
        time.sleep(0.03)
    return result
