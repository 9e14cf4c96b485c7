"""Where the model's fitted values come from, what it must reproduce, and how much hangs on each value.

The fit uses the mean over :data:`SEEDS`, so that no lucky draw of stocks is chosen. Three values follow from
three totals, each nearly in proportion: executions, dollars, loss.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Literal

from market import HISTORY, Controls, Day, Outcome, run

if TYPE_CHECKING:
    from collections.abc import Callable

SEEDS = range(20)
COMPANY_LOSS, ORDER_LOSS = 440e6, 460e6
"""Dollars: Knight's own figure of 2 August 2012, and the order's ("more than")."""
FITTED_LOSS = 450e6
"""Dollars: between the two."""
GROSS = 3.5e9 + 3.15e9
"""Dollars: the order's two positions, added up."""
EXECUTIONS = 4.0e6


@dataclass(frozen=True)
class Total:
    """One figure of the order, and what the model makes of it.

    Attributes:
        kind: ``given``: it is an input; ``fitted``: a value of :class:`Day` was chosen so that it comes out;
            ``follows``: from those, nearly by itself; ``free``: nothing was chosen for it.
        tolerance: part of the figure by which the model may miss it.
    """

    name: str
    order: float
    kind: Literal["given", "fitted", "follows", "free"]
    tolerance: float
    of: Callable[[Outcome], float]

    def met(self, outcome: Outcome) -> bool:
        """Whether the model comes near enough."""
        return abs(self.of(outcome) - self.order) <= self.tolerance * self.order


TOTALS = (
    Total("parent orders", 212, "fitted", 0.02, lambda o: o.endless),
    Total("executions", EXECUTIONS, "fitted", 0.02, lambda o: o.executions),
    Total("shares", 397e6, "follows", 0.02, lambda o: o.shares),
    Total("dollars bought", 3.5e9, "follows", 0.10, lambda o: o.long),
    Total("dollars sold", 3.15e9, "follows", 0.10, lambda o: o.short),
    Total("bought and sold", GROSS, "fitted", 0.05, lambda o: o.gross),
    Total("stocks bought", 80, "given", 0.0, lambda o: o.long_stocks),
    Total("stocks sold", 74, "given", 0.0, lambda o: o.short_stocks),
    Total("loss, company", COMPANY_LOSS, "fitted", 0.10, lambda o: o.loss),
    Total("loss, order", ORDER_LOSS, "fitted", 0.10, lambda o: o.loss),
    Total("over 5 % and 20 %", 75, "free", 0.15, lambda o: o.stocks_moved(0.05, 0.20)),
)


def mean(day: Day, of: Callable[[Outcome], float], seeds: range = SEEDS) -> float:
    """A figure of the history, averaged over several draws of the market."""
    return sum(of(run(day, HISTORY, seed)) for seed in seeds) / len(seeds)


def fit(day: Day, seeds: range = SEEDS) -> Day:
    """The same day with the three values that three totals of the order determine."""
    rate = day.fills_per_second * EXECUTIONS / mean(day, lambda o: o.executions, seeds)
    day = replace(day, fills_per_second=rate)
    day = replace(day, price_median=day.price_median * GROSS / mean(day, lambda o: o.gross, seeds))
    for _ in range(2):  # the spread's part of the loss does not grow with the push
        day = replace(day, impact=day.impact * FITTED_LOSS / mean(day, lambda o: o.loss, seeds))
    return day


def sensitivity(seed: int, kind: str, by: float = 0.2) -> dict[str, tuple[float, float]]:
    """The loss in dollars with each value of one kind made smaller, and larger, by a part of itself.

    Args:
        seed: which draw of the market.
        kind: :data:`market.FITTED` or :data:`market.ASSUMED`.
        by: that part.
    """
    found = {}
    for each in fields(Day):
        if each.metadata["kind"] == kind:
            was = getattr(Day(), each.name)
            low, high = (type(was)(was * factor) for factor in (1 - by, 1 + by))
            found[each.name] = tuple(
                run(replace(Day(), **{each.name: value}), HISTORY, seed).loss for value in (low, high)
            )
    return found  # type: ignore[return-value]


def removal_cost(minute: float, drawn: float, seed: int) -> float:
    """The part of the loss that the removal made, if it was at a minute and drew in a part of the 212.

    The order says neither. Orders and rate are chosen so that 212 orders and 4 million executions still
    come out; what is returned is ``1 - loss without the removal / loss with it``.

    Args:
        minute: after the open, before the end.
        drawn: part of the 212 orders that met the old code only because of the removal, 0 to 1.
        seed: which draw of the market.
    """
    base = Day()
    eighth = base.missed / base.servers
    after = 212 * drawn / (1 - eighth) / (base.minutes - minute)  # flagged orders a minute
    waiting = max(0.0, 212 * (1 - drawn) - after * base.minutes * eighth)
    day = replace(base, removal=minute, flagged_before_open=round(waiting / eighth), flagged_per_minute=after)
    rate = day.fills_per_second * EXECUTIONS / run(day, HISTORY, seed).executions
    day = replace(day, fills_per_second=rate)
    return 1 - run(day, Controls(removal=False), seed).loss / run(day, HISTORY, seed).loss
