"""What runbooks about PostgreSQL share: a session or a refusal in words, and texts for a reader.

It is imported in kernels. psycopg is imported when a session is asked for.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from outage.kit import require
from outage.text import one_line

if TYPE_CHECKING:
    import psycopg
    from psycopg.adapt import Loader

_LOOK_AT = {  # what the server or libpq says, and the setting in which the reason is; the first that fits
    "definition of service": "PGSERVICEFILE: it must have a section of that name",
    "service file": "PGSERVICEFILE: it must have a section of that name",
    "pg_hba.conf": "{host} and {user}: does the server accept this role from this machine?",
    "slots": "{user}: every connection is taken; a role with pg_use_reserved_connections still gets in",
    "clients": "{user}: every connection is taken; a superuser still gets in",
    'role "': "{user}: the server knows no such role",
    'database "': "PGDATABASE: is it the right one, and may this role use it?",
    "password": "PGPASSFILE: it must have this host, port and role, and be yours alone (chmod 600)",
}
_UNREACHABLE = "{host}: is the server up, and can this machine reach it?"


_NEEDED = {  # how we read what the server says; a role, a database or a variable may have it otherwise
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "standard_conforming_strings": "on",
    "row_security": "on",
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
    "statement_timeout": "10s",
    "lock_timeout": "0",  # statement_timeout ends a wait for a lock too
    "idle_in_transaction_session_timeout": "0",
}
_NEEDED_SINCE = {140000: {"idle_session_timeout": "0"}, 170000: {"transaction_timeout": "0"}}
_ANY_OTHER = 0  # the type that psycopg's loaders for all others are registered for
_CATALOGUE = {"pg_catalog", '"pg_catalog"'}


def connect(name: str, **where: Any) -> psycopg.Connection[Any]:
    """Open a session in autocommit that sets what it depends on, so that every server answers alike.

    Settings of the server, the database and the role stay in force where nothing here depends on them: tables
    are looked for where the role says, after PostgreSQL's own; and a server that was switched to read-only
    (``default_transaction_read_only``) stays so. In a runbook, use :func:`session`, which stops it in words.

    Args:
        name: what ``pg_stat_activity`` shows as its program.
        where: what libpq is given beside its variables.

    Raises:
        psycopg.Error: the server can't be reached, or refuses.

    Example:
        >>> with connect("my runbook") as db:
        ...     db.execute("select 6 * 7").fetchone()
        (42,)
    """
    import psycopg

    db = psycopg.connect(
        application_name=name, autocommit=True, client_encoding="utf8", **{"connect_timeout": 5} | where
    )
    for kind in ("text", "varchar", "bpchar", "name", _ANY_OTHER):
        db.adapters.register_loader(kind, _tolerant())
    try:
        later = [words for since, words in _NEEDED_SINCE.items() if db.info.server_version >= since]
        needed = {key: value for words in (_NEEDED, *later) for key, value in words.items()}
        needed["client_encoding"] = _encoding(db)
        db.execute("; ".join(f"set {key} = '{value}'" for key, value in needed.items()).encode())
        _put_catalogue_first(db)
    except BaseException:
        db.close()
        raise
    return db


def _encoding(db: psycopg.Connection[Any]) -> str:
    """Choose how texts are sent: as they are where the server has no encoding; it refuses invalid UTF-8."""
    return "sql_ascii" if db.info.parameter_status("server_encoding") == "SQL_ASCII" else "utf8"


def _put_catalogue_first(db: psycopg.Connection[Any]) -> None:
    """PostgreSQL looks into its own catalogue first, unless a search_path names it at another place."""
    row = db.execute("select pg_catalog.current_setting('search_path')").fetchone()
    assert row is not None
    path = [name.strip() for name in row[0].split(",")]
    if _CATALOGUE & set(path):
        kept = ", ".join(name for name in path if name not in _CATALOGUE)
        db.execute("select pg_catalog.set_config('search_path', %s, false)", [kept])


@cache
def _tolerant() -> type[Loader]:
    """Read texts that may not be UTF-8: those of a database in SQL_ASCII, and other people's statements."""
    from psycopg.adapt import Loader

    class Tolerant(Loader):
        """Shows each byte that is none of UTF-8 as a sign of its own."""

        def load(self, data: Any) -> str:
            return bytes(data).decode("utf-8", "replace")

    return Tolerant


def session(
    name: str, *, user: str | None = None, user_from: str = "PGUSER", service: str | None = None
) -> psycopg.Connection[Any]:
    """Open a session as :func:`connect` does, whose rows have names, or stop the runbook in words.

    Args:
        name: what ``pg_stat_activity`` shows as its program.
        user: the role; None takes libpq's own (``PGUSER``, or the service's).
        user_from: the parameter or variable that names ``user``, for the message.
        service: a section of ``PGSERVICEFILE``; None takes ``PGHOST`` and ``PGPORT``.

    Raises:
        CheckFailed: the server can't be reached, or refuses; the hint names the variable to look at.

    Example:
        >>> with session("my runbook") as db:
        ...     row = db.execute("select current_database() as name").fetchone()
        >>> row.name
        'shop'
    """
    import psycopg
    from psycopg.rows import namedtuple_row

    given: dict[str, Any] = {key: value for key, value in (("user", user), ("service", service)) if value}
    try:
        return connect(name, row_factory=namedtuple_row, **given)
    except psycopg.Error as error:
        told = [line for line in str(error).splitlines() if "Is the server running" not in line]
        reason = one_line(" ".join(told)).removeprefix("connection failed: ")
        said = reason.rpartition("failed: ")[2]
        host = f"service '{service}' in PGSERVICEFILE" if service else "PGHOST and PGPORT"
        look_at = next((words for sign, words in _LOOK_AT.items() if sign in said), _UNREACHABLE)
        where = f" at service {one_line(service)}" if service else ""
        require(
            False,
            f"no session as {one_line(user or user_from)}{where}: {reason}",
            f"look at {look_at.format(host=one_line(host), user=user_from)}",
        )
    raise AssertionError("unreachable")


def too_much(db: psycopg.Connection[Any]) -> list[str]:
    """List what the role of a session may do beyond looking, as words behind "it"; empty: only look.

    It asks the server for the role's rights; nothing is tried.

    Example:
        >>> with session("my runbook") as db:
        ...     too_much(db)
        []
    """
    row = db.execute(_RIGHTS).fetchone()
    assert row is not None
    held = {
        "is a superuser": row.superuser,
        "may create roles": row.makes_roles,
        "may end sessions": row.ends_sessions,
        "may write to tables": row.writes,
        "may create tables": row.creates,
    }
    return [words for words, holds in held.items() if holds]


_RIGHTS = """
select me.rolsuper as superuser, me.rolcreaterole as makes_roles,
       pg_has_role('pg_signal_backend', 'member') as ends_sessions,
       pg_has_role('pg_write_all_data', 'member')
       or exists (select from pg_class c where c.relkind in ('r', 'p')
                  and c.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
                  and has_table_privilege(c.oid, 'insert, update, delete, truncate')) as writes,
       has_database_privilege(current_database(), 'create')
       or exists (select from pg_namespace n where n.nspname !~ '^pg_'
                  and has_schema_privilege(n.oid, 'create')) as creates
from pg_roles me where me.rolname = current_user
"""


def enforced(db: psycopg.Connection[Any], *also: str) -> str:
    """Say, for the check's line, whether the server itself holds a session's role to looking.

    Args:
        db: a session of the role.
        also: what else it may do, found by the runbook; words as those of :func:`too_much`.

    Example:
        >>> with session("my runbook") as db:
        ...     print("reads:", enforced(db))
        ...     print("reads:", enforced(db, "may delete backups"))
        reads: enforced by the server
        reads: NOT ENFORCED: it may delete backups
    """
    more = [*too_much(db), *also]
    return f"NOT ENFORCED: it {' and '.join(more)}" if more else "enforced by the server"


def place(db: psycopg.Connection[Any]) -> str:
    """Name the host, port and database of a session, for a reader.

    Example:
        >>> with session("my runbook") as db:
        ...     place(db)
        '127.0.0.1:..., database shop'
    """
    return f"{db.info.host}:{db.info.port}, database {one_line(db.info.dbname)}"


def short(text: str | None, width: int) -> str:
    r"""Put someone else's text on one line of at most ``width`` characters; control characters become codes.

    Example:
        >>> short("select *\n  from orders\n where id = 4242", 22)
        'select * from orders …'
    """
    line = one_line(" ".join((text or "").split()))
    return line if len(line) <= width else f"{line[: width - 1]}…"


def exact(moment: datetime | None) -> str | None:
    """Write a moment as text that doesn't depend on anyone's time zone; None stays None.

    Example:
        >>> exact(datetime.fromisoformat("2026-11-29T12:00:00+02:00"))
        '2026-11-29T10:00:00+00:00'
    """
    return None if moment is None else moment.astimezone(UTC).isoformat()


def length(span: timedelta | float | None) -> str:
    """Write a duration (or seconds) for a reader: milliseconds, seconds, from two minutes on ``h:mm:ss``.

    Example:
        >>> [length(0.25), length(90), length(timedelta(minutes=75)), length(None)]
        ['250 ms', '90 s', '1:15:00', '–']
    """
    if span is None:
        return "–"
    seconds = span.total_seconds() if isinstance(span, timedelta) else float(span)
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 120 else str(timedelta(seconds=round(seconds)))


def size(count: float | None) -> str:
    """Write a number of bytes for a reader, in units of 1024.

    Example:
        >>> [size(512), size(5_000_000), size(None)]
        ['512 bytes', '4.8 MiB', '–']
    """
    if count is None:
        return "–"
    value = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if abs(value) < 1024:
            return f"{value:.0f} {unit}" if unit == "bytes" or value >= 10 else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"
