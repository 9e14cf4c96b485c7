"""The fingerprint sees what a plan must not do, and nothing else."""

from __future__ import annotations

import pytest

from outage.lab.fingerprint import take_fingerprint


def changed(lab, before):
    after = take_fingerprint(lab)
    return {part for part in before.keys() | after.keys() if before.get(part) != after.get(part)}


def test_looking_changes_nothing(lab):
    before = take_fingerprint(lab)
    with lab.server.connect("outage_monitor") as monitor:
        monitor.execute("select * from pg_stat_activity").fetchall()
    assert changed(lab, before) == set()


CHANGES = {  # the part that it changes: what is done, and how it is taken back
    "table public.stock": (
        "update stock set price = 9 where sku = 'TIN-L'",
        "update stock set price = 7.10 where sku = 'TIN-L'",
    ),
    "indexes": ("create index spare on orders (placed)", "drop index spare"),
    "columns": (
        "alter table orders alter placed set default now()",
        "alter table orders alter placed drop default",
    ),
    "roles": ("create role spare", "drop role spare"),
    "memberships": ("grant pg_monitor to shop", "revoke pg_monitor from shop"),
    "prepared transactions": ("begin; prepare transaction 'spare'", "rollback prepared 'spare'"),
    "settings": (
        "alter role shop in database shop set work_mem = '5MB'",
        "alter role shop in database shop reset all",
    ),
}


@pytest.mark.parametrize("part", CHANGES)
def test_it_names_the_part_that_changed(lab, part):
    statement, undo = CHANGES[part]
    before = take_fingerprint(lab)
    with lab.server.connect("postgres") as admin:
        admin.execute(statement)
        try:
            assert changed(lab, before) == {part}
        finally:
            admin.execute(undo)
    assert changed(lab, before) == set()


def test_an_ended_session_of_the_application_is_a_change(lab):
    session = lab.server.connect("shop")
    before = take_fingerprint(lab)
    session.close()
    assert changed(lab, before) == {"sessions"}


def test_a_locked_table_is_said_not_waited_for(lab):
    with lab.server.connect("shop") as shop, shop.transaction():
        shop.execute("lock table stock in access exclusive mode")
        assert take_fingerprint(lab)["table public.stock"] == "locked"
