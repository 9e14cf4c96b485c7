"""The style classes of what a page quotes; ``static/outage.css`` says what they look like."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from outage.policy.quote import Quote


def list_classes(quoted: Quote) -> list[str]:
    """List the classes of a quote: ``("severity", "rank-0")`` is a chip with that severity's look."""
    if not quoted.look:
        return ["outage-value"]
    kind, *which = quoted.look
    return ["outage-chip", f"outage-{kind}", *(f"outage-{kind}-{one}" for one in which)]
