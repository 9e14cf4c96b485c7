"""The shop's feature flags, as they are when nothing is wrong."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Flag:
    """One feature flag.

    Attributes:
        name: its field in the Redis hash ``flags``.
        value: ``on`` or ``off``.
        meaning: what it does in the current release.
    """

    name: str
    value: str
    meaning: str


LOYALTY_PRICE = "loyalty-price"
"""Release 4.1 knew a flag of this name too, and took it for something else: see ``release_4_1_0.py``."""

FLAGS = (
    Flag("gift-wrap", "on", "A basket may be wrapped as a gift."),
    Flag(LOYALTY_PRICE, "off", "Customers who ordered before pay five per cent less."),
    Flag("related-items", "on", "A search also shows what others bought."),
)
