"""Release 4.2.0, the current one: what the shop's pages do.

Each page returns how many orders it wrote, and its answer. It becomes ``pages.py`` of the artefact.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from outage.lab.shop.app import Ask

Answer = tuple[int, dict[str, Any]]

_CENT = Decimal("0.01")
_WRAPPING = Decimal("1.50")


async def home(ask: Ask) -> Answer:
    """The customer's last orders."""
    customer = int(ask.query.get("customer", "1"))
    found = await ask.session.execute(
        "select id, placed, state from orders where customer = %s order by placed desc limit %s",
        [customer, ask.config["orders_shown"]],
    )
    return 0, {"customer": customer, "orders": await found.fetchall()}


async def search(ask: Ask) -> Answer:
    """Goods whose title has the word; with ``related-items`` also what is sold most."""
    found = await ask.session.execute(
        "select sku, title, price from stock where title ilike '%%' || %s || '%%' order by sku limit %s",
        [ask.query.get("q", ""), ask.config["results_shown"]],
    )
    answer = {"found": await found.fetchall()}
    if ask.flags.get("related-items"):
        most = await ask.session.execute(
            "select sku, sum(quantity) from order_lines group by sku order by 2 desc, 1 limit 3"
        )
        answer["related"] = await most.fetchall()
    return 0, answer


async def basket(ask: Ask) -> Answer:
    """What the basket costs."""
    return 0, await _priced(ask, lock=False)


async def checkout(ask: Ask) -> Answer:
    """Reserve the goods and write the order."""
    priced = await _priced(ask, lock=True)
    await ask.session.execute(
        "insert into traffic.orders (customer, sku, quantity, total, release)"
        " values (%s, %s, %s, %s, '4.2.0')",
        [int(ask.query.get("customer", "1")), priced["sku"], priced["quantity"], priced["total"]],
    )
    return 1, priced


async def _priced(ask: Ask, *, lock: bool) -> dict[str, Any]:
    sku, quantity = ask.query["sku"], int(ask.query.get("quantity", "1"))
    if quantity < 1:
        raise ValueError("quantity is at least 1")
    row = "select price from stock where sku = %s" + (" for update" if lock else "")
    found = await (await ask.session.execute(row, [sku])).fetchone()
    if found is None:
        raise ValueError("there are no such goods")
    total = found[0] * quantity
    if ask.flags.get("loyalty-price"):
        total = (total * Decimal("0.95")).quantize(_CENT)
    if ask.flags.get("gift-wrap") and "wrap" in ask.query:
        total += _WRAPPING
    return {"sku": sku, "quantity": quantity, "total": total}


PAGES = {"/": home, "/search": search, "/basket": basket, "/checkout": checkout}
