"""The process of fault ``replica-paused``: the primary goes on writing, and no row of it changes.

Each beat is a message in the write-ahead log, as the shop's other writes are, so that a replica that does
not replay falls behind. Where to connect is the ordinary libpq environment.
"""

from __future__ import annotations

import signal
import threading

import psycopg

NAME = "warehouse heartbeat"
_BEAT = "select pg_logical_emit_message(true, 'heartbeat', repeat('x', 20000))"
_PAUSE = 0.1  # seconds


def main() -> None:
    """Write heartbeats until SIGTERM, or until the server ends the session."""
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    try:
        with psycopg.connect(application_name=NAME, autocommit=True) as connection:
            while not over.wait(_PAUSE):
                connection.execute(_BEAT.encode())
    except psycopg.Error as error:
        print(str(error).strip(), flush=True)


if __name__ == "__main__":
    main()
