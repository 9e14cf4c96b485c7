"""Runbook kill-switch on a real Redis: who may do what, what is written down, and proof on every server."""

from __future__ import annotations

import json

import pytest

from outage.kit import CheckFailed, Guarded
from outage.kit.fleet import Host, Played
from outage.lab import control
from outage.lab.parts import redis
from outage.lab.shop.flags import LOYALTY_PRICE
from tests.content.runbooks.cells import advice, stage
from tests.content.runbooks.fakes import fleet, server

ABOUT = ("runbooks/kill-switch.ipynb",)
NAME = "kill-switch"
FLAG = f"flag={LOYALTY_PRICE}"


@pytest.fixture(scope="module")
def redis_alone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flags") / "run"
    lab, _ = control.up(folder, ["redis"])
    yield lab
    control.down(folder)


@pytest.fixture
def flags(redis_alone, monkeypatch):
    """A Redis with the shop's flags, the harmful one on, and the way to it."""
    for name, value in control.build_environment(redis_alone).items():
        monkeypatch.setenv(name, value)
    redis.set_flag(redis_alone, LOYALTY_PRICE, "on", by="marketing", why="from today")
    return redis_alone


def looked(*assignments, hosts=None):
    """The runbook's judgement, with servers made of data."""
    plan = stage(NAME, FLAG, *assignments).run("setup")
    hosts = hosts or fleet("4.2.0", "4.2.0")
    plan.scope["play"] = lambda *_, **__: Played({host.name: host for host in hosts})
    return plan.run("check", "read")


def effect(plan, **told):
    """Let the servers show this after the switch: name to (flag, checkouts, orders)."""
    hosts = {
        name: Host(name, told={"flag": flag, "after": 0.5, "checkouts": checkouts, "orders": orders})
        for name, (flag, checkouts, orders) in told.items()
    }
    plan.scope["play"] = lambda *_, **__: Played(hosts)


def reason(lab):
    with redis.connect(lab) as client:
        return json.loads(str(client.hget("flags:why", LOYALTY_PRICE)))


class TestPlan:
    def test_it_names_the_flag_who_switched_it_and_who_does_harm(self, flags):
        harm = server("web2", "4.1.0", flags={LOYALTY_PRICE: "on"}, counted={"checkouts": 2, "orders": 40})
        plan = looked(hosts=[*fleet("4.2.0"), harm])
        assert f"Flag {LOYALTY_PRICE} is ON, switched by marketing at " in plan.text
        row = next(line for line in plan.text.splitlines() if line.startswith("web2"))
        assert row.split() == ["web2", "on", "20.0", "4.1.0"]
        (action,) = plan.actions
        assert action.command == f"hset flags {LOYALTY_PRICE} off"

    def test_a_flag_that_is_off_gives_nothing_to_do(self, flags):
        redis.set_flag(flags, LOYALTY_PRICE, "off", by="x", why="y")
        plan = looked()
        assert plan.actions == []
        assert "The flag is off already." in plan.text

    def test_a_dead_host_is_named_and_the_flag_can_be_switched_all_the_same(self, flags):
        dead = Host("web3", "unreachable", why="No route to host")
        plan = looked(hosts=[*fleet("4.2.0", "4.2.0"), dead])
        assert "NOT LOOKED AT: web3: No route to host" in plan.text
        assert len(plan.actions) == 1

    def test_hostile_text_beside_the_flag_stays_text(self, flags):
        with redis.connect(flags) as client:
            client.hset("flags:why", LOYALTY_PRICE, "\x1b[2J<script>")
        assert "\x1b" not in looked().text

    def test_a_plan_changes_no_flag(self, flags):
        before = redis.list_flags(flags), reason(flags)
        looked()
        assert (redis.list_flags(flags), reason(flags)) == before


class TestCheck:
    def test_reading_is_enforced_by_redis(self, flags):
        text = stage(NAME, FLAG).run("setup", "check").text
        assert "looks as   the user of REDIS_URL: read-only is enforced by Redis" in text

    def test_a_reader_that_may_write_is_said(self, flags, monkeypatch):
        monkeypatch.setenv("REDIS_URL", redis.url(flags, redis.CHANGER))
        assert "NOT ENFORCED: this user may write" in stage(NAME, FLAG).run("setup", "check").text

    def test_a_flag_that_is_not_there(self, flags):
        with pytest.raises(CheckFailed, match="there is no flag loyalty-prise") as failed:
            stage(NAME, "flag=loyalty-prise").run("setup", "check")
        assert LOYALTY_PRICE in failed.value.hint
        assert "holds no flag of this name" in advice(NAME, failed.value)

    def test_no_redis_there(self, flags, monkeypatch):
        monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
        with pytest.raises(CheckFailed, match="Redis, by REDIS_URL: .*Connection refused") as failed:
            stage(NAME, FLAG).run("setup", "check")
        assert failed.value.hint == "look at REDIS_URL"

    def test_a_wrong_password(self, flags, monkeypatch):
        monkeypatch.setenv(
            "REDIS_CHANGE_URL", redis.url(flags, redis.CHANGER).replace("changer:", "changer:x")
        )
        with pytest.raises(CheckFailed, match="Redis, by change_url .*invalid username-password"):
            stage(NAME, FLAG).run("setup", "check")

    def test_no_address(self, flags, monkeypatch):
        monkeypatch.delenv("REDIS_URL")
        with pytest.raises(CheckFailed, match="REDIS_URL is not set"):
            stage(NAME, FLAG).run("setup", "check")


class TestSwitch:
    def test_who_when_and_why_is_written_beside_the_flag(self, flags):
        plan = looked("why=orders are repeated", "by=Ines Duarte")
        plan.apply_only_change()
        assert redis.list_flags(flags)[LOYALTY_PRICE] == "off"
        told = reason(flags)
        assert (told["by"], told["why"]) == ("Ines Duarte", "orders are repeated")
        assert told["at"].endswith("+00:00")

    def test_undo_switches_it_on_again_and_says_who_did(self, flags):
        plan = looked("by=Ines Duarte")
        plan.apply_only_change()
        plan.undo()
        assert redis.list_flags(flags)[LOYALTY_PRICE] == "on"
        assert reason(flags)["why"] == "taken back: it does harm"

    def test_a_user_who_may_not_switch_is_refused_by_redis(self, flags, monkeypatch):
        monkeypatch.setenv("REDIS_CHANGE_URL", redis.url(flags, redis.READER))
        plan = looked()
        with pytest.raises(CheckFailed, match="no permissions"):
            plan.apply_only_change()
        assert redis.list_flags(flags)[LOYALTY_PRICE] == "on"

    def test_the_other_flags_stay(self, flags):
        before = redis.list_flags(flags)
        looked().apply_only_change()
        assert redis.list_flags(flags) == before | {LOYALTY_PRICE: "off"}

    def test_run_all_stops_at_the_change(self, flags):
        with pytest.raises(Guarded, match="outage run kill-switch .*--apply"):
            looked().run("change")


class TestProof:
    @pytest.fixture
    def switched(self, flags):
        plan = looked()
        plan.apply_only_change()
        return plan

    def test_off_on_all(self, switched):
        effect(switched, web1=("off", 4, 4), web2=("off", 0, 0))
        text = switched.run("verify").text
        assert "nobody bought there meanwhile: web2" in text
        assert f"{LOYALTY_PRICE} is off on all 2 servers." in text

    @pytest.mark.parametrize(
        ("seen", "words", "means"),
        [
            (("on", 4, 4), r"web1 \(still reads it as on\)", "no longer follows the flags"),
            (("off", 1, 20), r"web1 \(still writes orders that nobody placed\)", "the flag is not the cause"),
        ],
    )
    def test_a_server_on_which_it_goes_on_is_named(self, switched, seen, words, means):
        effect(switched, web1=seen, web2=("off", 3, 3))
        with pytest.raises(CheckFailed, match=f"not proved on: {words}") as failed:
            switched.run("verify")
        assert means in advice(NAME, failed.value)

    def test_a_server_that_cannot_be_asked_is_not_proved(self, switched):
        switched.scope["play"] = lambda *_, **__: Played(
            {"web1": Host("web1", "unreachable", why="timed out")}
        )
        with pytest.raises(CheckFailed, match=r"not proved on: web1 \(timed out\)"):
            switched.run("verify")

    def test_somebody_who_switches_it_again_is_noticed(self, switched, flags):
        redis.set_flag(flags, LOYALTY_PRICE, "on", by="marketing", why="I need it")
        with pytest.raises(CheckFailed, match="Redis says that loyalty-price is on") as failed:
            switched.run("verify")
        assert failed.value.hint == "somebody has switched it again"
        assert "Tell the channel" in advice(NAME, failed.value)
