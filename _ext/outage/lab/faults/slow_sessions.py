"""The process of fault ``slow-query``: customers who follow their parcels, again and again.

Where to connect is the ordinary libpq environment.
"""

from __future__ import annotations

import signal
import threading
import time

import psycopg

APPLICATIONS = ("web2 where is my parcel", "web6 where is my parcel")
STATEMENT = """select o.id, o.state, s.place, s.scanned
from (select * from orders where state = 'sent' order by placed desc limit 100) o
left join lateral (select place, scanned from parcel_scans p
                   where p."order" = o.id order by scanned desc limit 1) s on true"""
_PAUSE = 0.3  # seconds in which a customer reads


def main() -> None:
    """Ask until SIGTERM, or until the server ends the session."""
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    threads = [threading.Thread(target=_be_customer, args=(name, over)) for name in APPLICATIONS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _be_customer(name: str, over: threading.Event) -> None:
    try:
        with psycopg.connect(application_name=name, autocommit=True) as connection:
            while not over.is_set():
                began = time.monotonic()
                connection.execute(STATEMENT).fetchall()
                print(f"{name}: {time.monotonic() - began:.3f} s", flush=True)
                over.wait(_PAUSE)
    except psycopg.Error as error:
        print(f"{name}: {str(error).strip()}", flush=True)


if __name__ == "__main__":
    main()
