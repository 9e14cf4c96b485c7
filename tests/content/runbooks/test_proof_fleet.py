"""The fleet's runbooks against servers that are really broken: what they say, and what they take back."""

from __future__ import annotations

import json
import threading

import pytest

from outage.kit import CheckFailed
from outage.lab.faults import bad_release, flag_reused, stale_server
from outage.lab.faults import fleet as servers
from outage.lab.parts import haproxy, redis, web
from outage.lab.shop import manifest, releases
from outage.lab.shop.flags import LOYALTY_PRICE
from tests.content.runbooks.cells import assignments, last_run, stage

ABOUT = ("runbooks/fleet-drift.ipynb", "runbooks/kill-switch.ipynb", "runbooks/rolling-release.ipynb")


def test_a_straggler_is_found_brought_back_and_put_back_by_undo(fleet):
    stale_server.begin(fleet)
    plan = stage("fleet-drift", *assignments(fleet, stale_server.FAULT), "watch=1s").plan()
    (action,) = plan.actions
    assert action.target.startswith(f"server {stale_server.STALE}, ")
    assert "The majority, 7 of 8, runs 4.2.0" in plan.text
    done = plan.apply()
    assert f"{stale_server.STALE}: out of the rotation, nobody on it" in done.text
    assert "No server is odd." in done.text
    assert haproxy.list_servers(fleet)[stale_server.STALE].startswith("UP")
    done.undo()
    assert servers.list_versions(fleet)[stale_server.STALE] == releases.OLD


def test_a_harmful_flag_is_switched_off_everywhere_and_on_again_by_undo(fleet):
    flag_reused.begin(fleet)
    said = ("watch=1s", "by=Ines Duarte", "why=orders are repeated")
    plan = stage("kill-switch", *assignments(fleet, flag_reused.FAULT), *said).plan()
    assert f"flag {LOYALTY_PRICE} in Redis" in plan.actions[0].target
    assert redis.url(fleet, redis.CHANGER) not in plan.text
    done = plan.apply()
    assert f"{LOYALTY_PRICE} is off on all 8 servers." in done.text
    with redis.connect(fleet) as client:
        told = json.loads(str(client.hget("flags:why", LOYALTY_PRICE)))
    assert (told["by"], told["why"]) == ("Ines Duarte", "orders are repeated")

    done.undo()
    assert redis.list_flags(fleet)[LOYALTY_PRICE] == "on"


@pytest.mark.timeout(240)
def test_a_bad_release_goes_back_in_batches_and_nobody_is_left_out_of_the_rotation(fleet):
    bad_release.begin(fleet, servers=web.SERVERS[:3])
    plan = stage("rolling-release", f"away_from={releases.BAD}", "watch=1s", "least=0").plan()
    assert [action.data.get("server") for action in plan.actions] == ["web1", "web2", "web3", None]
    assert bad_release.measure(fleet).sick
    plan.apply()
    assert not bad_release.measure(fleet).sick
    assert set(servers.list_versions(fleet).values()) == {releases.CURRENT}
    assert manifest.read_history(fleet)[-1] == releases.CURRENT
    assert all(state.startswith("UP") for state in haproxy.list_servers(fleet).values())


@pytest.mark.timeout(240)
def test_a_canary_that_fails_its_customers_goes_back_and_the_others_never_get_it(fleet):
    over = threading.Event()

    def customers():
        """Somebody who keeps trying to buy at the canary, and cannot when the release is bad."""
        while not over.is_set():
            try:
                servers.buy(fleet, "web1", 3)
            except OSError:
                over.wait(0.2)
            over.wait(0.05)

    thread = threading.Thread(target=customers)
    plan = stage("rolling-release", f"version={releases.BAD}", "watch=20s", "least=5").plan()
    thread.start()
    try:
        with pytest.raises(CheckFailed, match=r"rolled back: web1: \d+ of \d+ answers were errors"):
            plan.apply_only_change()
    finally:
        over.set()
        thread.join()
    assert set(servers.list_versions(fleet).values()) == {releases.CURRENT}
    assert manifest.read_history(fleet)[-1] == releases.CURRENT
    assert all(state.startswith("UP") for state in haproxy.list_servers(fleet).values())


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("ANSIBLE_INVENTORY", "/nowhere", "look at ANSIBLE_INVENTORY"),
        ("HAPROXY_SOCKET", "/nowhere", "look at HAPROXY_SOCKET"),
        ("RELEASE_MANIFEST", "/nowhere", "look at RELEASE_MANIFEST"),
    ],
)
def test_what_is_not_there_fails_in_words_that_name_the_setting(
    fleet, outage, handbook, monkeypatch, variable, value, words
):
    monkeypatch.setenv(variable, value)
    failed = outage("run", "fleet-drift")
    assert failed.returncode == 1
    assert words in failed.stdout
    assert "Traceback" not in failed.stdout + failed.stderr
    assert last_run(handbook, "fleet-drift").state == "failed"


def test_a_fleet_without_a_name_is_refused_before_anything_starts(fleet, outage, handbook, monkeypatch):
    monkeypatch.delenv("FLEET_HOST")
    refused = outage("run", "fleet-drift")
    assert refused.returncode == 2
    assert "$FLEET_HOST, which is not set" in refused.stderr
    assert not (handbook / "runs").exists()
