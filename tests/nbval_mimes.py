"""For nbval: our own media types hold process ids and times as data, which no pattern can make equal.

Their text stands beside them, is sanitised, and is compared.
"""

from __future__ import annotations

from typing import Any

from outage.kit import ACTIONS_MIME, SAVED_MIME


def pytest_collectstart(collector: Any) -> None:
    """Leave our media types out of every notebook's comparison."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += (ACTIONS_MIME, SAVED_MIME)
