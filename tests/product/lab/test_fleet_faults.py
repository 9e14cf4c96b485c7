"""Faults of the web servers: what customers and servers really show, and that each can be fixed."""

from __future__ import annotations

import json
import urllib.request

import pytest

from outage.lab.faults import bad_release, flag_reused, one_server_down, stale_server
from outage.lab.faults import fleet as servers
from outage.lab.parts import haproxy, redis, web
from outage.lab.shop import manifest, releases
from outage.lab.shop.flags import LOYALTY_PRICE
from tests.waiting import eventually


def ask(lab, name, path):
    """The answer of one server, past HAProxy."""
    with urllib.request.urlopen(web.url(lab, name, path), timeout=5) as answer:
        return json.load(answer)


class TestStaleServer:
    def test_one_server_of_eight_really_runs_the_old_code(self, fleet):
        stale_server.begin(fleet)
        symptom = stale_server.measure(fleet)
        assert symptom.sick
        assert symptom.signals == {"different_artefacts": 2, "servers_that_answer": 8}
        related = {name: "related" in ask(fleet, name, "/search?q=tea") for name in web.SERVERS}
        assert [name for name, has in related.items() if not has] == [stale_server.STALE]

    def test_the_others_run_what_the_manifest_expects(self, fleet):
        stale_server.begin(fleet)
        versions = servers.list_versions(fleet)
        assert versions.pop(stale_server.STALE) == releases.OLD
        assert set(versions.values()) == {manifest.read_history(fleet)[-1]} == {releases.CURRENT}

    def test_it_can_be_fixed_without_a_runbook(self, fleet):
        stale_server.begin(fleet)
        assert stale_server.fix(fleet)
        assert not stale_server.measure(fleet).sick
        assert not stale_server.fix(fleet)


class TestFlagReused:
    def test_old_code_takes_the_flag_for_another_and_repeats_orders(self, fleet):
        flag_reused.begin(fleet)
        assert flag_reused.measure(fleet).signals["repeated_orders"] >= 19
        with fleet.server.connect("postgres") as admin:
            rows = admin.execute(
                "select server, max(n) from (select server, xmin::text, count(*) n from traffic.orders"
                " where at > now() - interval '5 s' group by 1, 2) as one group by 1"
            ).fetchall()
        repeated = {name for name, most in rows if most > 1}
        assert repeated == {stale_server.STALE}, "new code takes the flag for what it is"

    def test_who_switched_it_and_why_stands_beside_it(self, fleet):
        flag_reused.begin(fleet)
        with redis.connect(fleet) as client:
            told = json.loads(str(client.hget("flags:why", LOYALTY_PRICE)))
        assert told["by"] == "marketing"

    def test_it_can_be_fixed_without_a_runbook(self, fleet):
        flag_reused.begin(fleet)
        assert flag_reused.fix(fleet)
        assert eventually(lambda: not flag_reused.measure(fleet).sick)
        assert redis.list_flags(fleet)[LOYALTY_PRICE] == "off"
        assert not flag_reused.fix(fleet)


class TestBadRelease:
    def test_a_third_of_the_customers_cannot_buy_and_every_server_is_healthy(self, fleet):
        bad_release.begin(fleet, servers=["web1", "web2"])
        assert bad_release.measure(fleet).sick
        assert [servers.buy(fleet, "web1", customer) for customer in (1, 2, 3)] == [200, 200, 500]
        assert servers.buy(fleet, "web3", 3) == 200
        assert eventually(
            lambda: all(state.startswith("UP") for state in haproxy.list_servers(fleet).values())
        )

    def test_the_manifest_says_that_it_was_rolled_out(self, fleet):
        bad_release.begin(fleet, servers=["web1"])
        assert manifest.read_history(fleet) == [releases.OLD, releases.CURRENT, releases.BAD]

    def test_it_can_be_fixed_without_a_runbook(self, fleet):
        bad_release.begin(fleet, servers=["web1"])
        assert bad_release.fix(fleet)
        assert not bad_release.measure(fleet).sick
        assert manifest.read_history(fleet)[-1] == releases.CURRENT
        assert not bad_release.fix(fleet)


class TestOneServerDown:
    def test_it_stays_down_and_customers_are_served_by_the_others(self, fleet):
        one_server_down.begin(fleet)
        assert one_server_down.measure(fleet).signals == {"servers_that_answer": 7}
        assert eventually(lambda: haproxy.list_servers(fleet)[one_server_down.DOWN] == "DOWN")
        served = set()
        for _ in range(16):
            with urllib.request.urlopen(haproxy.url(fleet), timeout=5) as answer:
                served.add(answer.headers["x-server"])
        assert served == set(web.SERVERS) - {one_server_down.DOWN}
        assert fleet.supervisor.state(one_server_down.DOWN).state == "STOPPED"

    def test_it_can_be_fixed_without_a_runbook(self, fleet):
        one_server_down.begin(fleet)
        assert one_server_down.fix(fleet)
        assert not one_server_down.measure(fleet).sick
        assert not one_server_down.fix(fleet)


@pytest.mark.parametrize("fault", [stale_server, flag_reused, bad_release, one_server_down])
def test_a_fleet_that_is_well_shows_no_symptom(fleet, fault):
    assert eventually(lambda: not fault.measure(fleet).sick)
