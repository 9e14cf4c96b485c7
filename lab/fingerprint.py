"""What a runbook's plan must leave alone, as digests: compare one before with one after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from lab.postgres import ADMIN

if TYPE_CHECKING:
    from lab.control import Lab
    from lab.postgres import Connection

_TABLES = """
select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema') order by 1, 2
"""
_PARTS = {
    "columns": """select table_schema, table_name, column_name, data_type, column_default
        from information_schema.columns where table_schema <> 'pg_catalog'""",
    "indexes": "select schemaname, tablename, indexdef from pg_indexes where schemaname <> 'pg_catalog'",
    "roles": "select rolname, rolsuper, rolcanlogin, rolconfig from pg_roles",
    "memberships": "select roleid::regrole, member::regrole from pg_auth_members",
    "settings": """select name, setting, null from pg_settings where source not in ('client', 'session')
        union all select setdatabase::text, setrole::text, setconfig from pg_db_role_setting""",
    "prepared transactions": "select gid, owner, database from pg_prepared_xacts",
    # Sessions come and go by themselves; those of the application must not.
    "sessions": "select pid, backend_start from pg_stat_activity where usename = 'shop'",
}


def fingerprint(lab: Lab) -> dict[str, str]:
    """Name of each part of the database server to a digest of it.

    It does not wait: what an exclusively locked table keeps from being read is ``"locked"``.
    """
    with lab.server.connect(ADMIN) as admin:
        admin.execute("set lock_timeout = '200ms'")
        parts = {name: _digest(admin, query.encode()) for name, query in _PARTS.items()}
        for schema, table in admin.execute(_TABLES).fetchall():
            query = sql.SQL("select * from {}").format(sql.Identifier(schema, table)).as_bytes(admin)
            parts[f"table {schema}.{table}"] = _digest(admin, query)
    return parts


def _digest(admin: Connection, query: bytes) -> str:
    from psycopg.errors import LockNotAvailable

    digest = b"select md5(coalesce(string_agg(part::text, '|' order by part::text), ''))"
    try:
        row = admin.execute(digest + b" from (" + query + b") as part").fetchone()
    except LockNotAvailable:
        return "locked"
    return "" if row is None else str(row[0])
