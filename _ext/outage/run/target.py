"""What a run touches, in words: host, database and, by the policy's patterns, the environment.

It is read before anything is started, from where the client library will read it too. A host
that matches no pattern counts as production: being too careful costs a question.
"""

from __future__ import annotations

import os
import re
import socket
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from outage.errors import Refused
from outage.run.lines import TargetData
from outage.runbook.types import to_text
from outage.text import joined, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from outage.policy import Policy
    from outage.runbook.meta import RunbookMeta, Target

_PLACE = re.compile(r"\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)")


def find_target(
    meta: RunbookMeta, values: Mapping[str, Any], policy: Policy, environ: Mapping[str, str] | None = None
) -> TargetData:
    """The target of a run.

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
        return _in_words("this machine", [socket.gethostname()], policy)
    if meta.target == "postgres":
        hosts, port, database = _libpq(environ)
        return _in_words("PostgreSQL", hosts, policy, port, database)
    return _described(meta.target, values, policy, environ)


def _libpq(environ: Mapping[str, str]) -> tuple[list[str], str | None, str]:
    """Hosts, port (None: the usual one) and database that libpq will use, found in its own order."""
    service = _service(environ)
    named = environ.get("PGHOST") or environ.get("PGHOSTADDR") or service.get("host") or ""
    hosts = [host.strip() for host in named.split(",") if host.strip()]
    hosts = ["localhost" if host.startswith(("/", "@")) else host for host in hosts] or ["localhost"]
    user = environ.get("PGUSER") or service.get("user") or _login()
    port = environ.get("PGPORT") or service.get("port")
    database = environ.get("PGDATABASE") or service.get("dbname") or user
    return hosts, None if port == "5432" else port, database


def _login() -> str:
    """The name that libpq connects as where nobody says another."""
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _service(environ: Mapping[str, str]) -> dict[str, str]:
    """The settings of ``$PGSERVICE``, as libpq finds them; empty where there are none."""
    from pathlib import Path

    name = environ.get("PGSERVICE")
    if not name:
        return {}
    home = Path(environ.get("HOME", "/nonexistent")) / ".pg_service.conf"
    system = Path(environ.get("PGSYSCONFDIR", "/etc/postgresql-common")) / "pg_service.conf"
    for path in (Path(environ.get("PGSERVICEFILE") or home), system):
        if found := _section(path, name):
            return found
    return {}


def _section(path: Path, name: str) -> dict[str, str]:
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


def _described(
    target: Target | str, values: Mapping[str, Any], policy: Policy, environ: Mapping[str, str]
) -> TargetData:
    """A target that the metadata describes with parameters and variables."""
    assert not isinstance(target, str)

    def filled(text: str) -> str:
        def value(match: re.Match[str]) -> str:
            if match[1] is not None:
                if match[1] not in values:
                    raise Refused(f"metadata runbook.target: there is no parameter '{match[1]}'")
                return to_text(values[match[1]])
            if match[2] not in environ:
                hint = f"export {match[2]}=..."
                raise Refused(f"the target is named by ${match[2]}, which is not set", hint=hint)
            return environ[match[2]]

        return _PLACE.sub(value, text)

    host = filled(target.host).strip()
    if not host:
        raise Refused("the target has no host", hint=f"it is named by {target.host}")
    database = filled(target.database) if target.database else None
    return _in_words(target.kind, [host], policy, None, database)


def _in_words(
    kind: str, hosts: list[str], policy: Policy, port: str | None = None, database: str | None = None
) -> TargetData:
    """The target; several hosts are one environment only if all of them are."""
    host = joined(hosts)
    found = {_environment(each, policy) for each in hosts}
    names = sorted(str(each) for each in found if each)
    production = None in found or any(policy.environments[name].production for name in names)
    environment = names[0] if len(names) == 1 and None not in found else None
    where = f"{host} port {port}" if port else host
    where = f"database '{database}' on {where}" if database else where
    words = f"{kind}, {where}, {_meaning(environment, production=production)}"
    return TargetData(
        words=one_line(words),
        kind=kind,
        host=host,
        port=port,
        database=database,
        environment=environment,
        production=production,
    )


def _meaning(environment: str | None, *, production: bool) -> str:
    if environment is None:
        return "which matches no environment of the policy and so counts as PRODUCTION"
    return f"environment '{environment}': PRODUCTION" if production else f"environment '{environment}'"


def _environment(host: str, policy: Policy) -> str | None:
    """The policy's environment of a host, or None; patterns are compared without regard to case."""
    name = host.lower().rstrip(".")
    for environment, rule in policy.environments.items():
        if any(fnmatchcase(name, pattern.lower()) for pattern in rule.hosts):
            return environment
    return None
