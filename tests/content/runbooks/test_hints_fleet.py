"""Every hint of the fleet's runbooks, met by the error that it is about."""

from __future__ import annotations

import functools
from unittest import mock

import pytest
import redis as client

from outage.kit import CheckFailed, RunbookError, haproxy, manifest
from outage.kit.fleet import Host, Played
from outage.runbook.contract import read_contract
from tests.content.runbooks.cells import RUNBOOKS, advice, stage
from tests.content.runbooks.fakes import fleet, looked

ABOUT = ("runbooks/fleet-drift.ipynb", "runbooks/kill-switch.ipynb", "runbooks/rolling-release.ipynb")
FLEET = ("fleet-drift", "kill-switch", "rolling-release")
ON_A_SERVER = [  # what a host's task says when it fails, and words of the hint that must come
    ("web/web1 is not drain after 10 s: 1 still on it", "would not end in time"),
    ("4.2.0 was not deployed: /r/4.2.0 has the digest a, not b: it is not what was released", "not those of"),
    ("4.2.0 is deployed, and after 20 s it does not run bb: it runs aa", "did not come up with it"),
    ("4.2.0 is deployed, and the restart failed: no such process", "did not come up with it"),
    ("3 of 40 answers were errors in 10 s; 1 % may be", "with errors"),
]
BY_SSH = [
    ("root@web1: Permission denied (publickey).", "do not accept your key"),
    ("Host key verification failed.", "another host key"),
    ("ssh: connect to host web1 port 22: Connection refused", "Not one server is reached"),
    ("ssh: connect to host web1 port 22: Connection timed out", "Not one server is reached"),
]
ELSEWHERE = [  # words of the hints that the tests below ask for
    "no machine of that group",
    "HAProxy's socket does not answer",
    "nobody can say which release",
    "Say where to",
    "There is no such release",
    "holds nothing older",
    "Too few customers",
    "still have the new release",
    "The release before has errors as well",
    "The address of Redis is missing",
    "holds no flag of this name",
    "no longer follows the flags",
    "the flag is not the cause",
    "Tell the channel",
]


def of_an_error(runbook, raised):
    with pytest.raises(RunbookError) as failed:
        raised()
    return advice(runbook, failed.value)


@pytest.fixture
def judge(tmp_path, monkeypatch):
    return lambda runbook, *words, **more: looked(
        runbook, *words[:1], tmp_path, monkeypatch, *words[1:], **more
    )


def check_way_to_the_servers(runbook, judge, assignment):
    """Inventory and ssh."""

    def nobody(*_, **__):
        raise RunbookError("the inventory has no such hosts", "look at ANSIBLE_INVENTORY: ...")

    hosts = fleet("4.1.0")
    assert "no machine of that group" in of_an_error(
        runbook, lambda: judge(runbook, hosts, assignment, play=nobody)
    )
    for why, expected in BY_SSH:
        dead = mock.Mock(return_value=Played({"web1": Host("web1", "unreachable", why=why)}))
        told = of_an_error(runbook, functools.partial(judge, runbook, hosts, assignment, play=dead))
        assert expected in told


def check_haproxy_and_manifest(runbook, judge, assignment, monkeypatch):
    def silent(variable):
        monkeypatch.setenv(variable, "/nowhere")
        return haproxy.may_change(variable)

    hosts = fleet("4.1.0")
    told = of_an_error(runbook, lambda: judge(runbook, hosts, assignment, may_change=silent))
    assert "HAProxy's socket does not answer" in told
    refused = of_an_error(runbook, lambda: judge(runbook, hosts, assignment, may_change=lambda _: False))
    assert "HAPROXY_ADMIN_SOCKET of level admin" in refused
    monkeypatch.setenv(manifest.VARIABLE, "/nowhere")
    assert "nobody can say which release" in of_an_error(runbook, manifest.read)


@pytest.mark.parametrize(
    ("runbook", "assignment"), [("fleet-drift", "most=2"), ("rolling-release", "version=4.2.0")]
)
def test_the_way_there(judge, monkeypatch, runbook, assignment):
    check_way_to_the_servers(runbook, judge, assignment)
    check_haproxy_and_manifest(runbook, judge, assignment, monkeypatch)
    for why, expected in ON_A_SERVER:
        plan = judge(runbook, fleet("4.2.0", "4.2.0", "4.1.0"), assignment)
        failed = Played({"web3": Host("web3", "failed", why=why)})
        plan.scope["play"] = mock.Mock(return_value=failed)
        assert expected in of_an_error(runbook, plan.apply_only_change)


def test_a_release_that_cannot_be_meant(judge):
    for words, assignments in {
        "Say where to": (),
        "There is no such release": ("version=9",),
        "holds nothing older": ("away_from=4.2.0",),
    }.items():
        meant = functools.partial(judge, "rolling-release", fleet("4.2.0"), *assignments, history=["4.2.0"])
        told = of_an_error("rolling-release", meant)
        assert words in told


def test_a_roll_out_that_stops(judge):
    few = "0 of 0 answers were errors in 30 s: too few to judge, 10 would do"
    plan = judge("rolling-release", fleet("4.1.0"), "version=4.2.0")
    plan.scope["play"] = lambda *_, **__: Played({"web1": Host("web1", "failed", why=few)})
    assert "Too few customers" in of_an_error("rolling-release", plan.apply_only_change)
    stuck = CheckFailed("rolled back, but not on: web2", "bring those back with fleet-drift")
    assert "still have the new release" in advice("rolling-release", stuck)
    sick = CheckFailed("4.2.0 (bb) runs, and 8 of 80 answers since then were errors, 10.0 %", "...")
    assert "The release before has errors as well" in advice("rolling-release", sick)


REDIS = [
    (
        client.exceptions.ConnectionError("Error 111 connecting to h:6379. Connection refused."),
        "does not answer",
    ),
    (client.exceptions.TimeoutError("Timeout connecting to server"), "does not answer"),
    (client.exceptions.AuthenticationError("invalid username-password pair"), "does not accept"),
    (client.exceptions.NoPermissionError("this user has no permissions to run 'hset'"), "may not do that"),
]


@pytest.mark.parametrize(("error", "expected"), REDIS)
def test_redis_refuses(monkeypatch, error, expected):
    def refuse(*_, **__):
        raise error

    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("REDIS_CHANGE_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(client.Redis, "hgetall", refuse)
    plan = stage("kill-switch", "flag=x")
    assert expected in of_an_error("kill-switch", lambda: plan.run("setup", "check"))


def test_what_kill_switch_finds(monkeypatch, judge):
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setenv("REDIS_CHANGE_URL", "redis://127.0.0.1:1/0")
    plan = stage("kill-switch", "flag=x")
    assert "The address of Redis is missing" in of_an_error("kill-switch", lambda: plan.run("setup", "check"))
    nobody = RunbookError("the inventory has no such hosts", "look at ANSIBLE_INVENTORY: ...")
    assert "no machine of that group" in advice("kill-switch", nobody)


def test_each_hint_stands_in_one_of_these_tests():
    told = [words for _, words in [*ON_A_SERVER, *BY_SSH, *REDIS]] + ELSEWHERE
    for runbook in FLEET:
        for hint in read_contract(RUNBOOKS / f"{runbook}.ipynb").meta.hints:
            assert any(words in hint.means for words in told), (runbook, hint.means)
