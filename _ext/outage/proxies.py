"""Which connections go through a proxy. Those to this machine never do, whatever the environment says.

Workstations of companies have ``http_proxy`` set, and a proxy cannot reach our loopback. Libraries read the
environment each in its own way, so :func:`spare_loopback` says it there, for them and for every process that
we start; what we ask ourselves goes through :func:`open_url`, which also understands ranges in ``no_proxy``.
Only the standard library is used, and imported when needed: every command begins here.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from http.client import HTTPResponse
    from ipaddress import IPv4Address, IPv6Address
    from urllib.request import OpenerDirector, Request

LOOPBACK = ("localhost", "127.0.0.1", "127.0.0.0/8", "::1", "[::1]")
"""Loopback as libraries want it spelt: some know no ranges, others want brackets, others none."""
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "ws_proxy", "wss_proxy")
_EXCEPTIONS = ("no_proxy", "NO_PROXY")


def spare_loopback(environ: MutableMapping[str, str]) -> None:
    """Except loopback from the proxies that an environment names; one that names none stays as it is.

    Which of ``no_proxy`` and ``NO_PROXY`` counts differs from library to library: both are completed, and
    each begins with what the user had said.
    """
    if not any(environ.get(name) or environ.get(name.upper()) for name in _PROXIES):
        return
    lower, upper = (environ.get(name, "").strip() for name in _EXCEPTIONS)
    for name, said in zip(_EXCEPTIONS, (lower or upper, upper or lower), strict=True):
        environ[name] = said if said == "*" else _completed(said)


def find_exceptions(environ: Mapping[str, str]) -> dict[str, str]:
    """Find the variables of an environment that except hosts from its proxies, as they are."""
    return {name: environ[name] for name in _EXCEPTIONS if environ.get(name)}


def _completed(said: str) -> str:
    known = [word.strip() for word in said.split(",") if word.strip()]
    return ",".join(dict.fromkeys([*known, *LOOPBACK]))


def open_url(where: str | Request, seconds: float) -> HTTPResponse:
    """Ask a server; the answer is a context manager.

    Args:
        where: its address, or a request.
        seconds: how long it may be silent.

    Raises:
        HTTPError: it answers, and not with success.
        OSError: it does not answer, or not in time.
        ValueError: that is no address.
    """
    from urllib.request import getproxies

    opener = _opener(tuple(sorted(getproxies().items())))
    answer: HTTPResponse = opener.open(where, timeout=seconds)
    return answer


def proxy_of(url: str) -> str | None:
    """Return the proxy through which ``url`` is asked, or None where it is asked directly."""
    from urllib.parse import urlsplit
    from urllib.request import getproxies

    parts = urlsplit(url)
    proxies = getproxies()
    named = proxies.get(parts.scheme) or proxies.get("all")
    return named if named and not is_direct(parts.netloc.rpartition("@")[2]) else None


def is_direct(place: str) -> bool:
    """Whether a host, with or without a port, is asked directly: it is this machine, or excepted."""
    from urllib.parse import urlsplit
    from urllib.request import proxy_bypass

    host = urlsplit(f"//{place}").hostname or ""
    return _is_loopback(host) or _is_in_range(host) or bool(proxy_bypass(place))


def _is_loopback(host: str) -> bool:
    address = _address(host)
    if address is None:
        return host.rstrip(".").rpartition(".")[2] == "localhost"
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _is_in_range(host: str) -> bool:
    """Whether the user's exceptions have a range, such as ``10.0.0.0/8``, that holds this address."""
    import ipaddress
    import os

    address = _address(host)
    said = next((os.environ[name] for name in _EXCEPTIONS if os.environ.get(name)), "")
    for word in said.split(",") if address is not None else ():
        with suppress(ValueError):
            if "/" in word and address in ipaddress.ip_network(word.strip(), strict=False):
                return True
    return False


def _address(host: str) -> IPv4Address | IPv6Address | None:
    import ipaddress

    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


@cache
def _opener(proxies: tuple[tuple[str, str], ...]) -> OpenerDirector:
    """Return an opener for these proxies, made once: making one may read all the machine's certificates."""
    from urllib.request import ProxyHandler, build_opener

    class Sparing(ProxyHandler):
        """Leaves a request alone that is to go directly, those that a redirection leads to too."""

        def proxy_open(self, req: Request, proxy: str, type: str) -> Any:  # noqa: A002  urllib names it
            return None if is_direct(req.host or "") else super().proxy_open(req, proxy, type)

    return build_opener(Sparing(dict(proxies)))
