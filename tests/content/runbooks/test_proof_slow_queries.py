"""Runbook slow-queries against a missing index: what it says, and what it does when things are otherwise."""

from __future__ import annotations

import dataclasses

import psycopg
import pytest

from outage.kit import CheckFailed
from outage.lab.faults import slow_query
from tests.content.runbooks.cells import assignments, stage

ABOUT = ("runbooks/slow-queries.ipynb",)
NAME = "slow-queries"
SHORT = "watch=1s"
INDEXES = "select indexname from pg_indexes where tablename = 'parcel_scans' order by 1"


def indexes(lab):
    with lab.server.connect("shop") as shop:
        return [name for (name,) in shop.execute(INDEXES).fetchall()]


@pytest.fixture
def slow(libpq):
    slow_query.begin(libpq)
    return libpq


def test_the_missing_index_is_found_built_proved_and_taken_back(slow):
    plan = stage(NAME, *assignments(slow, slow_query.FAULT), SHORT).plan()
    (action,) = plan.actions
    assert action.command.endswith('on "public"."parcel_scans" ("order")')
    assert "Seq Scan parcel_scans" in plan.text
    assert ", longest " in plan.text, "the slow-query log was read"
    done = plan.apply()
    assert "now it takes" in done.text
    assert "outage_parcel_scans_order_idx" in indexes(slow)
    done.undo()
    assert indexes(slow) == ["parcel_scans_pkey"]


def test_an_index_that_helps_and_not_enough_is_not_called_useless(slow):
    plan = stage(NAME, SHORT).plan()
    plan.scope["slow"] = plan.scope["timedelta"](microseconds=100)
    with pytest.raises(CheckFailed, match="it is faster, and not yet fast: .*, not below 0 ms") as failed:
        plan.apply()
    assert failed.value.hint == "keep the index, and look what else is slow"


def test_with_nothing_slow_it_proposes_nothing(libpq):
    plan = stage(NAME, "watch=1s").plan()
    assert plan.actions == []
    assert "No statement typically takes" in plan.text
    assert "No log was named" in plan.text


def test_an_index_of_that_name_that_somebody_else_built_is_left_alone(slow):
    done = stage(NAME, SHORT).plan()
    with slow.server.connect("shop") as shop:
        shop.execute("create index outage_parcel_scans_order_idx on parcel_scans (place)")
    with pytest.raises(CheckFailed, match="is there already"):
        done.apply()
    assert "outage_parcel_scans_order_idx" in indexes(slow)


def test_undo_leaves_an_index_that_is_another_by_now(slow):
    done = stage(NAME, SHORT).plan().apply()
    with slow.server.connect("shop") as shop:
        shop.execute("drop index outage_parcel_scans_order_idx")
        shop.execute("create index outage_parcel_scans_order_idx on parcel_scans (place)")
    assert "left alone" in done.undo().text
    assert "outage_parcel_scans_order_idx" in indexes(slow)


def test_a_build_that_somebodys_transaction_holds_up_says_what_is_left_and_how_to_remove_it(slow):
    done = stage(NAME, SHORT, "time_limit=1s").plan()
    with slow.server.connect("shop") as holder, holder.transaction(force_rollback=True):
        holder.execute("insert into parcel_scans values (0, 1, 'held', now())")
        with pytest.raises(
            CheckFailed, match="not built: canceling statement due to statement tim"
        ) as failed:
            done.apply()
    drop = failed.value.hint.partition("transactions: ")[2]
    assert drop == done.actions[0].undo
    with slow.server.connect("outage_maintainer") as maintainer:
        maintainer.execute(drop)
    assert indexes(slow) == ["parcel_scans_pkey"]


def test_a_build_that_fails_by_itself_leaves_nothing(slow):
    done = stage(NAME, SHORT).plan()
    done.actions[0] = dataclasses.replace(
        done.actions[0], command=done.actions[0].command.replace('("order")', "((1 / (id - id)))")
    )
    with pytest.raises(CheckFailed, match="not built: division by zero") as failed:
        done.apply()
    assert failed.value.hint == "nothing is left of it"
    assert indexes(slow) == ["parcel_scans_pkey"]


def test_a_statement_cannot_smuggle_a_second_one_into_the_plan(libpq):
    """What stands in pg_stat_activity is anybody's text; it is explained as one statement, or not at all."""
    explain = stage(NAME).run("setup", "check").scope["explain"]
    with libpq.server.connect("shop") as shop:
        shop.row_factory = psycopg.rows.namedtuple_row
        found, why_not = explain(shop, "select 1; drop table customers")
        assert found is None
        assert "cannot insert multiple commands" in why_not
        assert shop.execute("select count(*) from customers").fetchone() == (200,)


def test_hostile_text_stays_text(libpq, outage):
    with libpq.server.connect("shop", name="\x1b[31m") as shop:
        shop.pgconn.send_query(b"select /* \x1b[2J <script> */ pg_sleep(60)")
        done = outage("run", NAME, "-p", SHORT)
        shop.close()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\x1b" not in done.stdout
    assert "/* \\x1b[2J <script> */" in done.stdout


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("PGPORT", "1", "look at PGHOST and PGPORT"),
        ("PGUSER", "shop", "shop (PGUSER) may not see all sessions"),
    ],
)
def test_what_is_wrong_with_the_way_there_is_named(libpq, outage, monkeypatch, setting, value, words):
    monkeypatch.setenv(setting, value)
    failed = outage("run", NAME)
    assert failed.returncode == 1
    assert words in failed.stdout
    assert "Traceback" not in failed.stdout + failed.stderr


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("change_user=outage_maintaner", "no role outage_maintaner"),
        ("explain_user=outage_raeder", "no session as outage_raeder"),
        ("slow_log=/nowhere/log", "there is no log /nowhere/log"),
    ],
)
def test_a_role_or_log_that_is_not_there(libpq, assignment, words):
    with pytest.raises(CheckFailed, match=words):
        stage(NAME, assignment).run("setup", "check")


def test_a_role_that_may_not_build_is_refused_in_the_plan(slow):
    with pytest.raises(CheckFailed, match="may not build an index on parcel_scans") as failed:
        stage(NAME, SHORT, "change_user=outage_operator").plan()
    assert "grant shop to outage_operator" in failed.value.hint


def test_a_role_that_may_not_read_gives_no_plan_and_no_index(slow):
    plan = stage(NAME, SHORT, "explain_user=outage_monitor").plan()
    assert "No plan is to be had: permission denied" in plan.text
    assert plan.actions == []


def test_a_reader_that_may_write_is_said(libpq):
    text = stage(NAME, "explain_user=shop").run("setup", "check").text
    assert "explains as shop: read-only is NOT ENFORCED: it may write to tables" in text
