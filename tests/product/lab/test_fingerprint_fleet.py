"""What a plan must leave alone beside the database: each change of the fleet is named."""

from __future__ import annotations

import json

import pytest

from outage.lab.fingerprint import find_differences, take_fingerprint
from outage.lab.parts import haproxy, redis, web


def changed(lab, before: dict[str, str]) -> set[str]:
    """What differs now, without what moves while customers are in the shop: tables that they write."""
    found = find_differences(before, take_fingerprint(lab))
    return {name for name in found if not name.startswith(("table ", "sessions"))}


@pytest.fixture
def before(fleet) -> dict[str, str]:
    return take_fingerprint(fleet)


def test_at_rest_nothing_differs(fleet, before):
    assert changed(fleet, before) == set()


def test_a_flag_and_apart_from_it_its_reason(fleet, before):
    redis.set_flag(fleet, "gift-wrap", "off", by="a test", why="to see")
    assert changed(fleet, before) == {"flag gift-wrap", "reason of flag gift-wrap"}
    redis.set_flag(fleet, "gift-wrap", "on", by="a test", why="to fix")
    assert changed(fleet, before) == {"reason of flag gift-wrap"}


def test_a_server_that_is_drained(fleet, before):
    try:
        haproxy.say(haproxy.admin_socket(fleet), "set server web/web2 state drain")
        assert changed(fleet, before) == {"proxy web/web2"}
    finally:
        haproxy.say(haproxy.admin_socket(fleet), "set server web/web2 state ready")
    assert changed(fleet, before) == set()


def test_a_configuration_and_what_is_deployed(fleet, before):
    own = web.folder(fleet, "web3")
    config, current = own / "config.json", own / "current"
    kept, leads = config.read_text(encoding="utf-8"), current.readlink()
    try:
        config.write_text(json.dumps({"orders_shown": 9}), encoding="utf-8")
        current.unlink()
        current.symlink_to("releases/elsewhere")
        assert changed(fleet, before) == {"file web/web3/config.json", "file web/web3/current"}
    finally:
        config.write_text(kept, encoding="utf-8")
        current.unlink()
        current.symlink_to(leads)
    assert changed(fleet, before) == set()


def test_a_program_that_is_another_process(fleet, before):
    fleet.supervisor.restart("web5")
    assert changed(fleet, before) == {"program web5"}
