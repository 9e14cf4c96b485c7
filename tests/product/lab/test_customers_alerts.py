"""Alerts that tell what customers meet: each fires when they meet it, and goes when they no longer do."""

from __future__ import annotations

import json
from contextlib import ExitStack
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from outage.lab import control
from outage.lab.alarms import Watch, list_firing
from outage.lab.faults import lock_blocker
from outage.lab.parts import prometheus
from tests.waiting import eventually

USUAL = "sum(rate(shop_requests_total[10s])) > 2"
SOON = 60.0  # seconds


@pytest.fixture
def shop(fleet):
    """The shop with customers, whom Prometheus has seen for a while."""
    control.require(fleet, "prometheus")

    def seen():
        with urlopen(f"{prometheus.url(fleet)}/api/v1/query?query={quote(USUAL)}", timeout=5) as answer:
            return json.load(answer)["data"]["result"]

    eventually(seen, "no customer is seen")
    yield fleet
    fleet.supervisor.start("haproxy")


def page(shop, name):
    """Where that alert leads, if it fires."""
    return [
        alarm.annotations["runbook_url"].partition("/runbooks/")[2]
        for alarm in list_firing(shop)
        if alarm.name == name
    ]


def test_a_table_that_is_locked_makes_the_shop_slow(shop):
    with Watch(shop, "ShopSlow") as slow:
        lock_blocker.begin(shop, hold="table")
        assert slow.until(fires=True, patience=SOON) is not None
        assert page(shop, "ShopSlow") == ["golden-signals.html"]
        lock_blocker.fix(shop)
        assert slow.until(fires=False, patience=SOON) is not None


def test_without_the_proxy_nobody_comes_in_and_both_are_told(shop):
    with ExitStack() as stack:
        down, quiet = (stack.enter_context(Watch(shop, name)) for name in ("ProxyDown", "ShopQuiet"))
        shop.supervisor.stop("haproxy")
        assert down.until(fires=True, patience=SOON) is not None
        assert page(shop, "ProxyDown") == ["dead-process.html?program=haproxy"]
        assert quiet.until(fires=True, patience=SOON) is not None
        assert page(shop, "ShopQuiet") == ["golden-signals.html"]
        shop.supervisor.start("haproxy")
        assert down.until(fires=False, patience=SOON) is not None
        assert quiet.until(fires=False, patience=SOON) is not None
