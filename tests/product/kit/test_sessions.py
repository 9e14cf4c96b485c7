"""Sessions of the kit say what they need: settings of a role, a database or a variable change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from outage.kit.postgres import session
from outage.lab.control import Lab
from outage.lab.postgres import ADMIN, MONITOR

SETTINGS = {
    "datestyle": "SQL, DMY",
    "intervalstyle": "iso_8601",
    "timezone": "America/St_Johns",
    "client_encoding": "SQL_ASCII",
    "bytea_output": "escape",
    "extra_float_digits": "-3",
    "standard_conforming_strings": "off",
    "search_path": "astray, pg_catalog",
    "statement_timeout": "60",
    "lock_timeout": "1",
    "idle_session_timeout": "200",
    "default_transaction_isolation": "serializable",
}
QUESTION = r"""
select timestamptz '2026-11-29 10:00+00' as moment, date '2026-02-01' as day,
       interval '1 day 2 hours' as span, '\x00ff'::bytea as bytes, 0.1::float8 + 0.2::float8 as number,
       'a\b' as text, pg_sleep(0.1)::text as slept, (select count(*) from pg_stat_activity) > 0 as seen,
       current_setting('transaction_isolation') as isolation
"""


@pytest.fixture
def astray(libpq: Lab) -> Iterator[Lab]:
    """A lab whose monitoring role has every setting otherwise, and a view in the catalogue's place."""
    with libpq.server.connect(ADMIN) as admin:
        admin.execute("create schema astray")
        admin.execute("create view astray.pg_stat_activity as select 1 as pid where false")
        admin.execute(f"grant usage on schema astray to {MONITOR}".encode())
        admin.execute(f"grant select on astray.pg_stat_activity to {MONITOR}".encode())
        for name, value in SETTINGS.items():
            words = value if name == "search_path" else f"'{value}'"
            admin.execute(f"alter role {MONITOR} set {name} = {words}".encode())
    yield libpq
    with libpq.server.connect(ADMIN) as admin:
        admin.execute(f"alter role {MONITOR} reset all".encode())
        admin.execute("drop schema astray cascade")


def _asked() -> tuple[object, ...]:
    with session("outage test") as db:
        row = db.execute(QUESTION.encode()).fetchone()
    assert row is not None
    return tuple(row)


EXPECTED = (
    *(
        datetime(2026, 11, 29, 10, tzinfo=UTC),
        datetime(2026, 2, 1, tzinfo=UTC).date(),
        timedelta(days=1, hours=2),
    ),
    *(b"\x00\xff", 0.30000000000000004, r"a\b", "", True, "read committed"),
)


def test_every_setting_of_the_role_may_be_otherwise(astray):
    assert _asked() == EXPECTED


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PGCLIENTENCODING", "SQL_ASCII"),
        ("PGDATESTYLE", "German"),
        ("PGTZ", "Asia/Kathmandu"),
        ("PGOPTIONS", "-c intervalstyle=sql_standard -c bytea_output=escape -c statement_timeout=60"),
    ],
)
def test_every_variable_of_libpq_may_be_otherwise(libpq, monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    assert _asked() == EXPECTED


def test_a_session_that_idles_between_cells_stays(astray):
    with session("outage test") as db:
        shown = db.execute("select current_setting('idle_session_timeout') as idle").fetchone()
    assert shown is not None
    assert shown.idle == "0"


def test_tables_are_looked_for_where_the_role_says(astray):
    with session("outage test") as db:
        shown = db.execute("select current_setting('search_path') as path").fetchone()
    assert shown is not None
    assert shown.path == "astray"


def test_a_text_that_is_not_utf8_is_shown_with_a_sign_for_what_is_not(libpq, monkeypatch):
    with libpq.server.connect(ADMIN, database="postgres") as admin:
        admin.execute("create database old encoding 'SQL_ASCII' locale 'C' template template0")
    try:
        monkeypatch.setenv("PGDATABASE", "old")
        with session("outage test") as db:
            row = db.execute("select convert_from('\\x636166e9'::bytea, 'SQL_ASCII') as word").fetchone()
        assert row is not None
        assert row.word == "caf\N{REPLACEMENT CHARACTER}"
    finally:
        with libpq.server.connect(ADMIN, database="postgres") as admin:
            admin.execute("drop database old with (force)")


def test_a_server_that_was_switched_to_read_only_stays_it(libpq):
    with libpq.server.connect(ADMIN) as admin:
        admin.execute(f"alter role {MONITOR} set default_transaction_read_only = on".encode())
    try:
        with session("outage test") as db:
            row = db.execute("select current_setting('transaction_read_only') as only").fetchone()
        assert row is not None
        assert row.only == "on"
    finally:
        with libpq.server.connect(ADMIN) as admin:
            admin.execute(f"alter role {MONITOR} reset all".encode())
