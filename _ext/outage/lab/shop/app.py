"""One server of the shop: an ASGI application, run from a deployed artefact.

    python current/app.py PORT

Beside this file in the artefact are ``pages.py``, what this release does with a request, and
``release.json``, which release it is. libpq's variables lead it to PostgreSQL, ``REDIS_URL`` to its flags,
``SHOP_SERVER`` names it and ``SHOP_CONFIG`` is its settings file. It imports nothing else of the lab.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import psycopg
from prometheus_client import Counter, Gauge, Histogram, generate_latest

HERE = Path(__file__).parent
SERVER = os.environ.get("SHOP_SERVER", "web")
_CONNECTIONS = 2
_FLAGS_EVERY = 0.5  # seconds
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUESTS = Counter("shop_requests_total", "Requests answered.", ["path", "code"])
SECONDS = Histogram("shop_request_seconds", "Seconds to an answer.", ["path"], buckets=_BUCKETS)
RELEASE = Gauge("shop_release_info", "The release that runs: always 1.", ["version", "digest"])
INFLIGHT = Gauge("shop_inflight", "Requests that wait for their answer.")
ORDERS = Counter("shop_orders_total", "Orders written; a checkout should write one.")
FLAG = Gauge("shop_flag", "A feature flag as this server last read it: 1 is on.", ["name"])
FLAGS_READ = Gauge("shop_flags_read_timestamp_seconds", "When the flags were last read, in Unix time.")

Session = psycopg.AsyncConnection[tuple[Any, ...]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True)
class Ask:
    """What a release's page is given.

    Attributes:
        session: the database, in a transaction.
        flags: name to whether it is on.
        query: of the address, as customers sent it.
        config: the server's settings file.
    """

    session: Session
    flags: Mapping[str, bool]
    query: Mapping[str, str]
    config: Mapping[str, Any]


def digest(artefact: Path) -> str:
    """A short digest of an artefact's files, by name and content; what Python compiled is no part of it."""
    whole = hashlib.sha256()
    for path in sorted(artefact.iterdir()):
        if path.is_file():
            whole.update(f"{path.name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()[:12]


class Database:
    """A few sessions that are kept open, so that who watches them sees the same ones."""

    def __init__(self, lock_timeout: str) -> None:
        self._options = f"-c lock_timeout={lock_timeout}"
        self._free: asyncio.LifoQueue[Session | None] = asyncio.LifoQueue()
        for _ in range(_CONNECTIONS):
            self._free.put_nowait(None)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """A session for one request: committed at its end, rolled back if that fails."""
        session = await self._free.get()
        try:
            if session is None or session.closed:
                session = await psycopg.AsyncConnection.connect(
                    application_name=SERVER, options=self._options, connect_timeout=3
                )
            async with session.transaction():
                yield session
        finally:
            self._free.put_nowait(session)

    async def warm(self) -> None:
        """Open the sessions; without the database the server starts all the same."""
        try:
            async with self.session(), self.session():
                pass
        except psycopg.Error as error:
            say(f"starts without its database: {error}")


class Flags:
    """The feature flags as last read; without Redis the last ones stay."""

    def __init__(self) -> None:
        self.values: dict[str, bool] = {}

    async def follow(self) -> None:
        """Read them again and again."""
        while True:
            try:
                self.read(await _hash("flags"))
            except (OSError, ValueError, asyncio.IncompleteReadError) as error:
                say(f"cannot read the flags: {error!r}")
            await asyncio.sleep(_FLAGS_EVERY)

    def read(self, values: dict[str, str]) -> None:
        """Take over new values."""
        for gone in self.values.keys() - values.keys():
            FLAG.remove(gone)
        self.values = {name: value == "on" for name, value in values.items()}
        for name, on in self.values.items():
            FLAG.labels(name).set(on)
        FLAGS_READ.set_to_current_time()


async def _hash(name: str) -> dict[str, str]:
    """One hash of Redis, by its plain protocol: its client takes a quarter of a second to import.

    Raises:
        OSError: no answer.
        ValueError: Redis refuses, or answers something else.
    """
    where = urlsplit(os.environ["REDIS_URL"])
    async with asyncio.timeout(2):
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        try:
            for words in (["AUTH", str(where.username), str(where.password)], ["HGETALL", name]):
                parts = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
                writer.write(f"*{len(words)}\r\n{''.join(parts)}".encode())
            await _line(reader)
            count = int((await _line(reader))[1:])
            values = [await _text(reader) for _ in range(count)]
        finally:
            writer.close()
    return dict(zip(values[::2], values[1::2], strict=True))


async def _line(reader: asyncio.StreamReader) -> str:
    line = (await reader.readuntil(b"\r\n")).decode().strip()
    if line.startswith("-"):
        raise ValueError(line[1:])
    return line


async def _text(reader: asyncio.StreamReader) -> str:
    size = int((await _line(reader))[1:])
    return (await reader.readexactly(size + 2))[:-2].decode()


class Shop:
    """The application: its own paths here, the shop's in the release's ``pages``."""

    def __init__(self) -> None:
        self.release = json.loads((HERE / "release.json").read_text(encoding="utf-8"))
        self.config = json.loads(Path(os.environ["SHOP_CONFIG"]).read_text(encoding="utf-8"))
        self.digest = digest(HERE)
        self.pages = importlib.import_module("pages").PAGES
        self.database = Database(str(self.config["lock_timeout"]))
        self.flags = Flags()
        self._own = {"/metrics": self.metrics, "/health": self.health, "/version": self.version}
        RELEASE.labels(self.release["version"], self.digest).set(1)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Send) -> None:
        """What an ASGI server calls: once for its whole life, and for each request."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, send)

    async def _live(self, receive: Any, send: Send) -> None:
        await receive()
        following = asyncio.create_task(self.flags.follow())
        await self.database.warm()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        following.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: dict[str, Any], send: Send) -> None:
        path = scope["path"]
        if path in self._own:
            kind, body = self._own[path]()
            await _send(send, 200, kind, body)
        elif path in self.pages:
            query = dict(parse_qsl(scope["query_string"].decode(errors="replace")))
            with INFLIGHT.track_inprogress():
                started = time.perf_counter()
                code, answer = await self._page(path, query)
                SECONDS.labels(path).observe(time.perf_counter() - started)
            REQUESTS.labels(path, code).inc()
            await _send(send, code, "application/json", json.dumps(answer, default=str).encode())
        else:
            await _send(send, 404, "application/json", b'{"error": "there is no such page"}')

    async def _page(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        """Status and answer of one of the release's pages; its own error is 500, a busy database 503."""
        try:
            async with self.database.session() as session:
                orders, answer = await self.pages[path](Ask(session, self.flags.values, query, self.config))
                ORDERS.inc(orders)
                return 200, answer
        except (KeyError, ValueError) as error:
            return 400, {"error": f"bad request: {error}"}
        except psycopg.Error as error:
            say(f"{path}: {type(error).__name__}: {error}")
            return 503, {"error": "the database does not answer in time"}
        except Exception as error:  # noqa: BLE001 - a release's own mistake must not end the server
            say(f"{path}: {type(error).__name__}: {error}")
            return 500, {"error": "something went wrong on our side"}

    def metrics(self) -> tuple[str, bytes]:
        """For Prometheus."""
        return "text/plain; version=0.0.4", generate_latest()

    def health(self) -> tuple[str, bytes]:
        """For the load balancer: whether this server serves; a broken release may well be healthy."""
        return "text/plain", b"ok\n"

    def version(self) -> tuple[str, bytes]:
        """Which release runs here, which is not always the one that was deployed last."""
        flags = {name: "on" if on else "off" for name, on in sorted(self.flags.values.items())}
        known = {"server": SERVER, "version": self.release["version"], "digest": self.digest, "flags": flags}
        return "application/json", json.dumps(known).encode()


async def _send(send: Send, code: int, kind: str, body: bytes) -> None:
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"x-server", SERVER.encode()),
    ]
    await send({"type": "http.response.start", "status": code, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def say(words: str) -> None:
    """A line in the server's log, with the time in UTC."""
    print(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {SERVER} {words.strip()}", flush=True)


if __name__ == "__main__":
    import uvicorn

    shop = Shop()
    say(f"release {shop.release['version']} ({shop.digest})")
    uvicorn.run(
        shop,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="on",
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=2,
    )
