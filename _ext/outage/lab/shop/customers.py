"""Customers of the shop, as many as it takes for every page to be used every second.

    python customers.py URL STATISTICS [CUSTOMERS]

Each looks, searches, fills a basket and sometimes buys, thinks in between, and tries again when something
fails, like people do. Once a second STATISTICS is replaced: what the last ten seconds were like for them.
"""

from __future__ import annotations

import http.client
import json
import random
import statistics
import sys
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

SKUS = ("TEA-250", "TEA-1000", "COF-500", "MUG-BLUE", "MUG-RED", "POT-12", "TIN-S", "TIN-L")
WORDS = ("tea", "mug", "coffee", "tin", "pot", "blue")
THINKS = 0.8  # seconds, the mean
TRIES = 3
PATIENCE = 10.0  # seconds until a customer gives up on an answer
WINDOW = 10.0  # seconds that the statistics look back


@dataclass
class Seen:
    """What customers saw, shared by their threads."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    recent: deque[tuple[float, float, bool]] = field(default_factory=deque)
    total: Counter[str] = field(default_factory=Counter)

    def add(self, seconds: float, *, well: bool, tries: int) -> None:
        """Count a page that a customer asked for, whatever it took."""
        with self.lock:
            self.recent.append((time.monotonic(), seconds, well))
            self.total["pages"] += 1
            self.total["failed"] += not well
            self.total["tried_again"] += tries - 1

    def summary(self) -> dict[str, float]:
        """Return the last ten seconds, and totals since the start; times in seconds."""
        with self.lock:
            while self.recent and self.recent[0][0] < time.monotonic() - WINDOW:
                self.recent.popleft()
            times = sorted(seconds for _, seconds, _ in self.recent)
            failed = sum(not well for _, _, well in self.recent)
            total = dict(self.total)
        return {
            "at": round(time.time(), 3),
            "pages": len(times),
            "failed": failed,
            "median_seconds": round(statistics.median(times), 4) if times else 0.0,
            "slowest_seconds": round(times[-1], 4) if times else 0.0,
            **{f"total_{name}": count for name, count in total.items()},
        }


def visit(chance: random.Random, customer: int) -> list[str]:
    """Return the pages of one visit, in order."""
    sku, quantity = chance.choice(SKUS), chance.randint(1, 3)
    pages = [f"/?customer={customer}", f"/search?q={quote(chance.choice(WORDS))}"]
    if chance.random() < 0.7:
        pages.append(f"/basket?sku={sku}&quantity={quantity}")
    if chance.random() < 0.5:
        pages.append(f"/checkout?sku={sku}&quantity={quantity}&customer={customer}")
    return pages


def ask(host: str, port: int, page: str) -> bool:
    """Return whether the page was answered well; any other answer, or none in time, is not."""
    connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
    try:
        connection.request("GET", page)
        answer = connection.getresponse()
        answer.read()
        return answer.status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def live(host: str, port: int, customer: int, seen: Seen) -> None:
    """Be one customer for ever; a generator of numbers of their own makes every lab's day the same."""
    chance = random.Random(customer)
    while True:
        for page in visit(chance, chance.randint(1, 200)):
            started = time.monotonic()
            for tries in range(1, TRIES + 1):
                well = ask(host, port, page)
                if well or tries == TRIES:
                    break
                time.sleep(0.2 * tries)
            seen.add(time.monotonic() - started, well=well, tries=tries)
            time.sleep(chance.expovariate(1 / THINKS))


def main(url: str, file: str, customers: int = 12) -> None:
    """Let them in, and write down what they see until someone ends us."""
    where = urlsplit(url)
    host, port = str(where.hostname), int(where.port or 80)
    seen = Seen()
    for customer in range(customers):
        threading.Thread(target=live, args=(host, port, customer, seen), daemon=True).start()
    path = Path(file)
    new = path.with_name(f"{path.name}.new")
    while True:
        time.sleep(1)
        new.write_text(json.dumps(seen.summary()), encoding="utf-8")
        new.replace(path)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
