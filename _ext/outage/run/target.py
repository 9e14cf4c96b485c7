"""What a run touches, in words: host, database and, by the policy's patterns, the environment.

It is read before anything is started, from where the client library will read it too.

What counts as production, by the first rule that fits:

1. The lab's own disk, programs and ports never do (:mod:`outage.run.lab`).
2. An environment of the policy whose patterns fit the host says so itself (``production``). A host
   that means this machine (``localhost``, a socket) is also looked up by this machine's own name, so
   that on a production server ``localhost`` is production, whatever ``localhost`` is elsewhere.
3. What matches no pattern does: being too careful costs a question.

Where an address leads to, through a tunnel for example, is not followed.
"""

from __future__ import annotations

import ipaddress
import os
import pwd
import re
import socket
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from outage.errors import Refused
from outage.run.lab import is_lab_path, is_lab_port
from outage.run.lines import TargetData
from outage.runbook.types import to_text
from outage.text import join_words, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outage.policy import Policy
    from outage.runbook.meta import RunbookMeta, Target

_PARAMETER = re.compile(r"\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)")
_POSTGRES = "5432"
_LAB = "lab"
_HERE = {
    "",
    "localhost",
    "localhost.localdomain",
    "localhost4",
    "localhost6",
    "ip6-localhost",
    "ip6-loopback",
}


@dataclass(frozen=True)
class _Place:
    """One place that a target's address names: a host, or a path of this machine (a socket, a disk)."""

    host: str
    port: str | None = None
    path: Path | None = None


def find_target(
    meta: RunbookMeta, values: Mapping[str, Any], policy: Policy, environ: Mapping[str, str] | None = None
) -> TargetData:
    """Return the target of a run.

    Args:
        meta: the runbook's metadata, which says how its service is addressed.
        values: the run's parameters.
        policy: whose environments say what a host belongs to.
        environ: the environment; ``os.environ`` when None.

    Raises:
        Refused: the metadata names a parameter or variable that is not there, or no host results.
    """
    environ = os.environ if environ is None else environ
    if meta.target == "local":
        return _describe("this machine", [_Place(socket.gethostname())], policy, environ)
    if meta.target == "postgres":
        places, port, database = _read_libpq(environ)
        return _describe("PostgreSQL", places, policy, environ, port, database)
    return _resolve_described(meta.target, values, policy, environ)


def is_same_target(one: Mapping[str, Any], other: TargetData) -> bool:
    """Return whether a target of a journal is this one, however either is spelt, and counts for as much."""
    try:
        then = TargetData.model_validate(one)
    except ValueError:
        return False
    alike = list_identities(then) == list_identities(other)
    return alike and (then.production, then.environment) == (other.production, other.environment)


def list_identities(target: TargetData) -> tuple[str, ...]:
    """Return a text for each host of a target, the same for all spellings of one.

    Capitals, a final dot, the usual port and the names of this machine make no difference. Other
    aliases do: no one is asked what a name resolves to.
    """
    port = "" if target.kind == "PostgreSQL" and target.port == _POSTGRES else target.port or ""
    path = os.path.realpath(target.path) if target.path else ""
    rest = [port, target.database or "", path]
    hosts = {_normalise(host) for host in target.hosts or (target.host,)}
    return tuple("\n".join([target.kind.casefold(), host, *rest]) for host in sorted(hosts))


def _normalise(host: str) -> str:
    """Return the one spelling of a host's name; empty for this machine."""
    name = host.strip().strip("[]").casefold().rstrip(".")
    return "" if _is_here(name) else name


def _is_here(host: str) -> bool:
    """Return whether a host's name, in plain spelling, means this machine."""
    if host in _HERE | {socket.gethostname().casefold().rstrip(".")}:
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _read_libpq(environ: Mapping[str, str]) -> tuple[list[_Place], str | None, str]:
    """Return hosts, port (None: the usual one) and database that libpq will use, found in its own order."""
    service = _read_service(environ)
    named = _split_list(environ.get("PGHOST") or service.get("host") or "")
    addresses = _split_list(environ.get("PGHOSTADDR") or service.get("hostaddr") or "")
    if addresses and all(host.startswith(("/", "@")) or not _normalise(host) for host in named):
        named = addresses  # it connects there, whatever the name says
    user = environ.get("PGUSER") or service.get("user") or _find_login()
    port = environ.get("PGPORT") or service.get("port") or _POSTGRES
    database = environ.get("PGDATABASE") or service.get("dbname") or user
    places = [_make_libpq_place(host, port) for host in named or ["localhost"]]
    return places, None if port == _POSTGRES else port, database


def _split_list(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def _make_libpq_place(host: str, port: str) -> _Place:
    if host.startswith("/"):
        return _Place("localhost", path=Path(host) / f".s.PGSQL.{port}")
    return _Place("localhost" if host.startswith("@") else host, port)


def _find_login() -> str:
    """Return the name that libpq connects as where no one says another."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _read_service(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of ``$PGSERVICE``, as libpq finds them; empty where there are none."""
    name = environ.get("PGSERVICE")
    if not name:
        return {}
    home = Path(environ.get("HOME", "/nonexistent")) / ".pg_service.conf"
    system = Path(environ.get("PGSYSCONFDIR", "/etc/postgresql-common")) / "pg_service.conf"
    for path in (Path(environ.get("PGSERVICEFILE") or home), system):
        if found := _read_section(path, name):
            return found
    return {}


def _read_section(path: Path, name: str) -> dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    section, found = "", {}
    for line in (raw.strip() for raw in text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif section == name and "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found[key.strip()] = value.strip()
    return found


def _resolve_described(
    target: Target | str, values: Mapping[str, Any], policy: Policy, environ: Mapping[str, str]
) -> TargetData:
    """Return a target that the metadata describes with parameters and variables."""
    assert not isinstance(target, str)

    def fill(text: str) -> str:
        def value(match: re.Match[str]) -> str:
            if match[1] is not None:
                if match[1] not in values:
                    raise Refused(f"metadata runbook.target: there is no parameter '{match[1]}'")
                return to_text(values[match[1]])
            if match[2] not in environ:
                hint = f"export {match[2]}=..."
                raise Refused(f"the target is named by ${match[2]}, which is not set", hint=hint)
            return environ[match[2]]

        return _PARAMETER.sub(value, text)

    address = socket.gethostname() if target.host is None else fill(target.host).strip()
    place = _find_at_path(Path(fill(target.path))) if target.path else _parse_place(address)
    if not place.host:
        raise Refused("the target has no host", hint=f"it is named by {target.host}")
    database = fill(target.database) if target.database else None
    return _describe(target.kind, [place], policy, environ, place.port, database)


def _find_at_path(path: Path) -> _Place:
    return _Place(socket.gethostname(), path=path.absolute())


def _parse_place(address: str) -> _Place:
    """Parse an address: a host, or a URL with one; ``unix:///...`` is a socket of this machine."""
    if "://" not in address:
        host, colon, port = address.rpartition(":")
        return _Place(host, port) if colon and port.isdecimal() and ":" not in host else _Place(address)
    if address.startswith("unix://"):
        return _find_at_path(Path(address.removeprefix("unix://")))
    try:
        url = urlsplit(address)
        return _Place(url.hostname or "", str(url.port) if url.port else None)
    except ValueError:
        return _Place("")


def _describe(
    kind: str,
    places: list[_Place],
    policy: Policy,
    environ: Mapping[str, str],
    port: str | None = None,
    database: str | None = None,
) -> TargetData:
    """Return the target; several hosts are one environment only if all of them are."""
    hosts = tuple(place.host for place in places)
    path = next((str(place.path) for place in places if place.path), None) if kind != "PostgreSQL" else None
    lab = all(_is_lab(place, environ) for place in places)
    found = {_find_environment(each, policy) for each in hosts}
    names = sorted(str(each) for each in found if each)
    production = not lab and (None in found or any(policy.environments[name].production for name in names))
    environment = _LAB if lab else names[0] if len(names) == 1 and None not in found else None
    where = f"{join_words(list(hosts))} port {port}" if port else join_words(list(hosts))
    where = f"{path} on {where}" if path else where
    where = f"database '{database}' on {where}" if database else where
    words = f"{kind}, {where}, {_describe_environment(environment, production=production)}"
    return TargetData(
        words=one_line(words),
        kind=kind,
        host=join_words(list(hosts)),
        hosts=hosts,
        path=path,
        port=port,
        database=database,
        environment=environment,
        production=production,
    )


def _describe_environment(environment: str | None, *, production: bool) -> str:
    if environment is None:
        return "which matches no environment of the policy and so counts as PRODUCTION"
    return f"environment '{environment}': PRODUCTION" if production else f"environment '{environment}'"


def _is_lab(place: _Place, environ: Mapping[str, str]) -> bool:
    if place.path is not None:
        return is_lab_path(place.path, environ)
    return (
        place.host != socket.gethostname() and not _normalise(place.host) and is_lab_port(place.port, environ)
    )


def _find_environment(host: str, policy: Policy) -> str | None:
    """Return the policy's environment of a host, or None; what means this machine has its name as well."""
    own = _match_environment(socket.gethostname(), policy)
    named = _match_environment(host, policy)
    if not _normalise(host) and own is not None and (named is None or policy.environments[own].production):
        return own
    return named


def _match_environment(host: str, policy: Policy) -> str | None:
    """Return the environment with a pattern that fits a name, without regard to capitals and a final dot."""
    name = host.lower().rstrip(".")
    for environment, rule in policy.environments.items():
        if any(fnmatchcase(name, pattern.lower().rstrip(".")) for pattern in rule.hosts):
            return environment
    return None
