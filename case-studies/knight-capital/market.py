"""A small router and a small market: what happened at Knight Capital on 1 August 2012, as a mechanism.

Parent orders arrive, are dealt to the servers, and become child orders. A server with the new code counts
what it has filled, and stops. A server with the old code reads the same flag as its old function, whose count
was moved elsewhere, and does not stop. Whatever is filled beyond the order is a position that nobody wanted.
Buying it moves prices up, selling moves them down, and getting rid of it moves them back.

Flow: :class:`Day` -> :func:`parents` and :func:`stocks` -> :func:`run` -> :class:`Outcome`.

What the model takes from the SEC's order (Release 34-70694), what it assumes, and what was fitted so that the
order's totals come out, is said with each field of :class:`Day`. The order gives no minute for anything
between the open and the end, so the minutes in here are assumptions, never history.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

ORDER, ASSUMED, FITTED = "order", "assumed", "fitted"
Array = NDArray[np.float64]
SECONDS = 60
UNWIND_STEP = 60.0
"""Seconds in a step of selling the position off."""


def _from(default: Any, kind: str, what: str, source: str = "") -> Any:
    """A field of :class:`Day` that says where its value is from."""
    return field(default=default, metadata={"kind": kind, "what": what, "source": source})


@dataclass(frozen=True)
class Day:
    """All that the model is given. Nothing else is set anywhere.

    Each field's metadata says its kind: ``order`` (the SEC's order gives it), ``assumed`` (our choice, not
    fitted to any total) or ``fitted`` (chosen so that a total of the order comes out).
    """

    servers: int = _from(8, ORDER, "servers that route", "para 15")
    missed: int = _from(1, ORDER, "servers that did not get the new code", "para 15")
    minutes: float = _from(45.0, ORDER, "minutes from the open until sending stopped", "para 17, about")
    long_stocks: int = _from(80, ORDER, "stocks bought", "para 17")
    short_stocks: int = _from(74, ORDER, "stocks sold", "para 17")

    lot: int = _from(100, ASSUMED, "shares in one execution: a round lot")
    ordered: int = _from(500, ASSUMED, "shares that a customer's order asks for")
    removal: float = _from(22.5, ASSUMED, "minute at which the new code is removed; half of the 45")
    price_spread: float = _from(0.6, ASSUMED, "how far prices of stocks differ (log scale)")
    volume_median: float = _from(2.5e6, ASSUMED, "shares of the median stock traded on an ordinary day")
    volume_spread: float = _from(1.0, ASSUMED, "how far volumes of stocks differ (log scale)")
    opening_volume: float = _from(0.2, ASSUMED, "part of a day's volume that others trade in these minutes")
    volatility: float = _from(0.02, ASSUMED, "how far a price moves on an ordinary day")
    half_spread: float = _from(0.0005, ASSUMED, "cost of crossing the spread, as a part of the price")
    memory: float = _from(10.0, ASSUMED, "minutes in which a price forgets two thirds of a push")
    unwinding: float = _from(345.0, ASSUMED, "minutes in which the position is got rid of: the day's rest")

    flagged_before_open: int = _from(1360, FITTED, "flagged orders waiting at the open, all servers")
    flagged_per_minute: float = _from(1.7, FITTED, "flagged orders that come each minute after it")
    fills_per_second: float = _from(8.12, FITTED, "executions each second for one order that does not stop")
    price_median: float = _from(13.9, FITTED, "dollars a share, the median stock")
    impact: float = _from(5.1, FITTED, "how hard a price is pushed by recent trading")

    @property
    def seconds(self) -> int:
        """Length of the event."""
        return round(self.minutes * SECONDS)


@dataclass(frozen=True)
class Controls:
    """What could have stood in the way; as it is made, nothing does: that is the history.

    Attributes:
        limit: dollars of unwanted position, bought and sold added up, above which no child order leaves.
        stop: minute after the open at which all sending is stopped; None: when history did.
        removal: whether the new code is removed from the good servers during the event.
        verified: whether every server was found to run the new code before the open.
        mails_read: minute at which a person reads the first mail; before the open it is negative.
        reaction: minutes from reading until the old code runs nowhere.
    """

    limit: float | None = None
    stop: float | None = None
    removal: bool = True
    verified: bool = False
    mails_read: float | None = None
    reaction: float = 20.0


HISTORY = Controls()


class Parents(NamedTuple):
    """The flagged customers' orders, one entry each."""

    server: NDArray[np.int64]
    stock: NDArray[np.int64]
    arrival: Array  # seconds after the open; 0 for those that waited for it


class Stocks(NamedTuple):
    """The stocks, one entry each."""

    side: Array  # +1 bought, -1 sold
    price: Array  # dollars a share, undisturbed
    volume: Array  # shares on an ordinary day


@dataclass(frozen=True)
class Outcome:
    """What came of it. Money in dollars; ``path_*`` have one entry a minute, from the open.

    Attributes:
        endless: parent orders that met the old code.
        stopped_at: second after the open at which the last child order was filled.
        moved: by how much each stock's price was pushed at most, as a part of it.
        share: the part that the unwanted trades were of each stock's volume in these minutes.
    """

    endless: int
    executions: int
    shares: int
    long: float
    short: float
    long_stocks: int
    short_stocks: int
    loss: float
    stopped_at: int
    moved: Array
    share: Array
    path_long: Array
    path_short: Array

    @property
    def gross(self) -> float:
        """Bought and sold, added up."""
        return self.long + self.short

    def stocks_moved(self, move: float, share: float) -> int:
        """How many stocks moved by more than ``move`` with more than ``share`` of the volume unwanted."""
        return int(np.sum((self.moved > move) & (self.share > share)))


def stocks(day: Day, seed: int) -> Stocks:
    """The market: each side's prices and volumes step through a log-normal, shuffled by the seed."""
    chance = np.random.default_rng([seed, 1])
    price, volume = [], []
    for count in (day.long_stocks, day.short_stocks):
        price.append(day.price_median * np.exp(day.price_spread * chance.permutation(_steps(count))))
        volume.append(day.volume_median * np.exp(day.volume_spread * chance.permutation(_steps(count))))
    side = np.repeat([1.0, -1.0], [day.long_stocks, day.short_stocks])
    return Stocks(side, np.concatenate(price), np.concatenate(volume))


def parents(day: Day, seed: int) -> Parents:
    """The flagged orders, dealt to the servers in turn; their stocks from a pack that the seed shuffles."""
    after = np.arange(1, int(day.flagged_per_minute * day.minutes) + 1) * SECONDS / day.flagged_per_minute
    arrival = np.concatenate([np.zeros(day.flagged_before_open), after])
    count = len(arrival)
    chance = np.random.default_rng([seed, 2])
    pack = day.long_stocks + day.short_stocks
    server = np.arange(count) % day.servers
    stock = np.empty(count, dtype=np.int64)
    for each in range(day.servers):  # a pack for each server, so that no stock is dealt to one server alone
        mine = np.flatnonzero(server == each)
        packs = [chance.permutation(pack) for _ in range(-(-len(mine) // pack))]
        stock[mine] = np.concatenate([*packs, np.empty(0, dtype=np.int64)])[: len(mine)]
    return Parents(server, stock, arrival)


def runs_old_code(day: Day, controls: Controls, orders: Parents) -> NDArray[np.bool_]:
    """Which orders meet the old code: it is what their server runs at the moment at which they arrive."""
    if controls.verified or _fixed(controls) <= 0:
        return np.zeros(len(orders.server), dtype=bool)
    missed = orders.server >= day.servers - day.missed
    removed = controls.removal & (orders.arrival >= day.removal * SECONDS)
    return missed | removed


def _fixed(controls: Controls) -> float:
    """Minute at which somebody who has read the mails has taken the old code out of use."""
    return float("inf") if controls.mails_read is None else controls.mails_read + controls.reaction


def fills(day: Day, arrival: Array, counts_fills: bool) -> NDArray[np.int64]:
    """Executions of each order in each second, orders by seconds.

    Args:
        day: gives the speed and the size of an order.
        arrival: second at which each order came.
        counts_fills: whether the code asks how much is filled already (new), or not (old).
    """
    clock = np.arange(day.seconds + 1)
    sent = np.floor(day.fills_per_second * np.maximum(clock - arrival[:, None], 0)).astype(np.int64)
    if counts_fills:
        sent = np.minimum(sent, day.ordered // day.lot)
    return np.diff(sent, axis=1)


def last_second(day: Day, controls: Controls) -> int:
    """When a person stops it: by the switch, by acting on the mails, or as late as history did."""
    stops = [day.minutes, _fixed(controls)]
    if controls.stop is not None:
        stops.append(controls.stop)
    return max(0, round(min(stops) * SECONDS))


@lru_cache(maxsize=64)
def run(day: Day = Day(), controls: Controls = HISTORY, seed: int = 0) -> Outcome:
    """Play the day. The same arguments give the same outcome, to the last digit."""
    market, orders = stocks(day, seed), parents(day, seed)
    old = runs_old_code(day, controls, orders)
    sent = fills(day, orders.arrival[old], counts_fills=False)
    wanted = fills(day, orders.arrival[old], counts_fills=True)
    flow = _by_stock(sent - wanted, orders.stock[old], len(market.side)) * float(day.lot)
    flow[:, last_second(day, controls) :] = 0.0
    return _outcome(day, market, *_trade(day, market, flow, controls.limit), int(old.sum()))


def push(day: Day, volume: Array, recent: Array) -> Array:
    """By how much recent trading displaces each price, as a part of it: with its square root, as markets do.

    Args:
        day: gives the strength.
        volume: shares on an ordinary day.
        recent: shares traded lately, fading; one way positive and the other way negative.
    """
    force = np.sqrt(np.abs(recent) / volume)
    return np.sign(recent) * np.minimum(day.impact * day.volatility * force, 0.9)


def _trade(day: Day, market: Stocks, flow: Array, limit: float | None) -> tuple[Array, Array, Array, Array]:
    """Fill the child orders second by second, until a limit forbids it.

    Returns:
        Shares and their cost, stocks by seconds; each stock's furthest push; what it traded lately.
    """
    fading = np.exp(np.arange(1, flow.shape[1] + 1) / (day.memory * SECONDS))
    recent = np.cumsum(flow * fading, axis=1) / fading
    pushed = push(day, market.volume[:, None], recent)
    dollars = market.price[:, None] * (1 + market.side[:, None] * (pushed + day.half_spread))
    cost = flow * dollars
    if limit is not None and cost.sum() > limit:
        spent = np.cumsum(cost.T.ravel()).reshape(cost.T.shape).T  # in the order in which they leave
        return _trade(day, market, flow * (spent <= limit), None)
    return flow, cost, pushed.max(axis=1, initial=0.0), recent[:, -1]


def _unwind(day: Day, market: Stocks, position: Array, recent: Array) -> float:
    """What it costs to get rid of the position evenly in the rest of the day, by the same law."""
    steps = round(day.unwinding * SECONDS / UNWIND_STEP)
    fade = np.exp(-UNWIND_STEP / (day.memory * SECONDS))
    lost = 0.0
    for _ in range(steps):
        recent = recent * fade - position / steps
        worse = day.half_spread - push(day, market.volume, recent)
        lost += float((position / steps * market.price) @ worse)
    return lost


def _outcome(
    day: Day, market: Stocks, flow: Array, cost: Array, pushed: Array, recent: Array, endless: int
) -> Outcome:
    """Add it up."""
    position = flow.sum(axis=1)
    paid_too_much = float((market.side * (cost.sum(axis=1) - position * market.price)).sum())
    bought = market.side > 0
    minutes = np.arange(0, day.seconds + 1, SECONDS)
    running = np.concatenate([np.zeros((len(position), 1)), np.cumsum(cost, axis=1)], axis=1)[:, minutes]
    traded = np.flatnonzero(flow.any(axis=0))
    others = day.opening_volume * market.volume
    return Outcome(
        endless=endless,
        executions=round(float(position.sum()) / day.lot),
        shares=round(float(position.sum())),
        long=float(cost[bought].sum()),
        short=float(cost[~bought].sum()),
        long_stocks=int(np.count_nonzero(position[bought])),
        short_stocks=int(np.count_nonzero(position[~bought])),
        loss=paid_too_much + _unwind(day, market, position, recent),
        stopped_at=int(traded[-1]) + 1 if len(traded) else 0,
        moved=pushed,
        share=position / (position + others),
        path_long=running[bought].sum(axis=0),
        path_short=running[~bought].sum(axis=0),
    )


def _by_stock(each: NDArray[np.int64], stock: NDArray[np.int64], count: int) -> Array:
    """Sum the rows that belong to one stock."""
    belongs = (np.arange(count)[:, None] == stock).astype(float)
    summed: Array = belongs @ each.astype(float)
    return summed


def _steps(count: int) -> Array:
    """Normal quantiles in even steps of probability: what `count` draws look like when luck plays no part."""
    return np.array([NormalDist().inv_cdf((index + 0.5) / count) for index in range(count)])
