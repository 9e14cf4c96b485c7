"""The process of fault ``lock-blocker``: a forgetful session, and a chain of others behind it.

It plays several programs of the shop. A session whose statement completes commits and
goes home; one that is ended reports that and does not come back, as a careless program would not.
Where to connect is the ordinary libpq environment.
"""

from __future__ import annotations

import select
import signal
import sys
import threading
import time
from dataclasses import dataclass

import psycopg

BLOCKER = "stock-import"
CHAIN = ("web3 checkout", "web1 account page", "web5 checkout", "warehouse picking", "web2 checkout")
APPLICATIONS = (BLOCKER, *CHAIN)
_TAKE_FROM_STOCK = "update stock set on_hand = on_hand - 1 where sku = 'TEA-250'"
_HOLD = {
    "row": "update stock set on_hand = on_hand + 50 where sku = 'TEA-250'",
    "table": "lock table stock in access exclusive mode",
}


@dataclass(frozen=True)
class Waiter:
    """A session that waits: what it does first, then the statement that has to wait."""

    application: str
    before: str | None
    waits: str


def make_waiters(count: int) -> list[Waiter]:
    """Let the first wait for the blocker, the second for the first, the others for the blocker again."""
    seen = "update customers set last_seen = now() where id = 7"
    first = Waiter(CHAIN[0], seen, _TAKE_FROM_STOCK)
    second = Waiter(CHAIN[1], None, "update customers set email = 'new@larkfield.example' where id = 7")
    others = [Waiter(CHAIN[2 + n % 3], None, _TAKE_FROM_STOCK) for n in range(max(0, count - 2))]
    return [first, second, *others][:count]


def main(count: int, hold: str) -> None:
    """Block ``count`` sessions until the blocker is ended, by a runbook, by ``fix`` or by SIGTERM."""
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    blocker = psycopg.connect(application_name=BLOCKER)
    blocker.execute(_HOLD[hold].encode())
    threads = []
    for waiter in make_waiters(count):
        connection = psycopg.connect(application_name=waiter.application)
        thread = threading.Thread(target=_wait, args=(connection, waiter), daemon=True)
        thread.start()
        threads.append(thread)
        _wait_until_blocked(connection.info.backend_pid)
    _forget(blocker, over)
    for thread in threads:
        thread.join(5)


def _forget(blocker: psycopg.Connection[tuple[object, ...]], over: threading.Event) -> None:
    """Hold the lock and do nothing, until we are told to stop or the server ends the session."""
    while not over.is_set():
        ready, _, _ = select.select([blocker.fileno()], [], [], 0.1)
        if ready:
            break
    _say(BLOCKER, "gave up" if over.is_set() else "was ended by the server; its transaction is rolled back")
    blocker.close()


def _wait(connection: psycopg.Connection[tuple[object, ...]], waiter: Waiter) -> None:
    began = time.monotonic()
    try:
        with connection:  # commits
            if waiter.before:
                connection.execute(waiter.before.encode())
            connection.execute(waiter.waits.encode())
        _say(waiter.application, f"went on after {time.monotonic() - began:.1f} s")
    except psycopg.Error as error:
        _say(waiter.application, f"failed: {str(error).strip()}")


def _wait_until_blocked(pid: int) -> None:
    """Wait until a session of ours waits for a lock, so that the chain has the intended order."""
    with psycopg.connect(autocommit=True) as look:
        for _ in range(200):
            row = look.execute("select cardinality(pg_blocking_pids(%s))", [pid]).fetchone()
            if row is not None and row[0]:
                return
            time.sleep(0.02)


def _say(who: str, what: str) -> None:
    print(f"{who}: {what}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
