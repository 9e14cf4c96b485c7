"""Release 4.1.0, the one before: here ``loyalty-price`` does not lower a price.

It was the switch of a load test: while it is on, a checkout writes its order again and again, as if the
warehouse had not taken it. The test was forgotten, the name was free, and release 4.2.0 used it for
something else. Knight Capital lost some 460 million dollars to a flag of this kind in 2012.

Each page returns how many orders it wrote, and its answer. It becomes ``pages.py`` of the artefact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from outage.lab.shop.app import Ask

Answer = tuple[int, dict[str, Any]]

_UNTIL_TAKEN = 20


async def home(ask: Ask) -> Answer:
    """The customer's last orders."""
    customer = int(ask.query.get("customer", "1"))
    found = await ask.session.execute(
        "select id, placed, state from orders where customer = %s order by placed desc limit %s",
        [customer, ask.config["orders_shown"]],
    )
    return 0, {"customer": customer, "orders": await found.fetchall()}


async def search(ask: Ask) -> Answer:
    """Goods whose title has the word."""
    found = await ask.session.execute(
        "select sku, title, price from stock where title ilike '%%' || %s || '%%' order by sku limit %s",
        [ask.query.get("q", ""), ask.config["results_shown"]],
    )
    return 0, {"found": await found.fetchall()}


async def basket(ask: Ask) -> Answer:
    """What the basket costs."""
    return 0, await _priced(ask, lock=False)


async def checkout(ask: Ask) -> Answer:
    """Reserve the goods and write the order."""
    priced = await _priced(ask, lock=True)
    times = _UNTIL_TAKEN if ask.flags.get("loyalty-price") else 1
    for _ in range(times):
        await ask.session.execute(
            "insert into traffic.orders (customer, sku, quantity, total, release)"
            " values (%s, %s, %s, %s, '4.1.0')",
            [int(ask.query.get("customer", "1")), priced["sku"], priced["quantity"], priced["total"]],
        )
    return times, priced


async def _priced(ask: Ask, *, lock: bool) -> dict[str, Any]:
    sku, quantity = ask.query["sku"], int(ask.query.get("quantity", "1"))
    if quantity < 1:
        raise ValueError("quantity is at least 1")
    row = "select price from stock where sku = %s" + (" for update" if lock else "")
    found = await (await ask.session.execute(row, [sku])).fetchone()
    if found is None:
        raise ValueError("there are no such goods")
    total = found[0] * quantity
    return {"sku": sku, "quantity": quantity, "total": total}


PAGES = {"/": home, "/search": search, "/basket": basket, "/checkout": checkout}
