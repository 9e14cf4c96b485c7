"""Fault ``flag-reused``: a flag is switched on, and old code on one server takes it for something else.

After Knight Capital, 2012. In release 4.1.0 ``loyalty-price`` was the switch of a load test: while it is
on, one checkout writes its order twenty times.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from outage.errors import Failed
from outage.lab.faults import fleet, stale_server
from outage.lab.faults.model import Fault, Symptom
from outage.lab.parts import redis
from outage.lab.postgres import ADMIN
from outage.lab.shop.flags import FLAGS, LOYALTY_PRICE

if TYPE_CHECKING:
    from outage.lab.model import Lab

ID = "flag-reused"
WINDOW = 3  # seconds that the symptom looks back
_PATIENCE = 30.0  # seconds until the old server has read the flag

# One checkout is one transaction: the rows of it that are too many are orders that no one placed.
_REPEATED = f"""
select count(*), count(*) - count(distinct xmin::text) from traffic.orders
where at > now() - interval '{WINDOW} seconds'
"""


def begin(lab: Lab) -> None:
    """Leave one server behind, switch the flag on, and return when an order was repeated.

    Raises:
        Failed: none was.
    """
    stale_server.begin(lab)
    redis.set_flag(lab, LOYALTY_PRICE, "on", by="marketing", why="loyal customers pay less from today")
    until = time.monotonic() + _PATIENCE
    while not measure(lab).sick:
        if time.monotonic() > until:
            fix(lab)
            raise Failed(f"the fault {ID} did not take hold: {stale_server.STALE} writes an order once")
        fleet.buy(lab, stale_server.STALE, 1)
        time.sleep(0.2)


def fix(lab: Lab) -> bool:
    """Switch the flag to what it was, and give every server its release; False if nothing was wrong."""
    if not lab.has("redis"):
        return False
    usual = next(flag.value for flag in FLAGS if flag.name == LOYALTY_PRICE)
    switched = redis.list_flags(lab).get(LOYALTY_PRICE) != usual
    if switched:
        redis.set_flag(lab, LOYALTY_PRICE, usual, by="the lab", why=f"the fault {ID} is fixed")
    return fleet.restore(lab) or switched


def measure(lab: Lab) -> Symptom:
    """Return orders of the last seconds that no one placed: a checkout wrote its order more than once."""
    with lab.server.connect(ADMIN) as admin:
        row = admin.execute(_REPEATED.encode()).fetchone()
    orders, repeated = (0, 0) if row is None else (int(row[0]), int(row[1]))
    words = f"{orders} orders in the last {WINDOW} s, {repeated} of them placed by nobody"
    return Symptom(repeated > 0, {"orders": orders, "repeated_orders": repeated}, words)


FAULT = Fault(
    id=ID,
    summary="A flag is switched on, and old code on one server takes it for another: orders are repeated.",
    runbook="kill-switch",
    begin=begin,
    fix=fix,
    symptom=measure,
    alert="FlagHarm",
    parts=fleet.PARTS,
    parameters=lambda lab: {"flag": LOYALTY_PRICE},
)
