"""Runbook rolling-release: where to, in which order, and what happens when a server gives a bad signal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from outage.kit import CheckFailed
from outage.kit.fleet import Host, Played
from tests.content.runbooks.fakes import fleet, looked, release, server

ABOUT = ("runbooks/rolling-release.ipynb", "runbooks/fleet-drift.ipynb", "runbooks/golden-signals.ipynb")
NAME = "rolling-release"
TOO_MANY = "3 of 40 answers were errors in 10 s; 1 % may be"


@pytest.fixture
def judge(tmp_path, monkeypatch):
    """Gives the runbook's judgement of some hosts."""

    def run(hosts, *assignments, **more):
        return looked(NAME, hosts, tmp_path, monkeypatch, *assignments, **more)

    return run


def servers_of(plan):
    return [action.data["server"] for action in plan.actions if "server" in action.data]


def manifest(tmp_path: Path) -> list[str]:
    return list(json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))["history"])


class Deploys:
    """In Ansible's place: remembers what was deployed, and lets some servers fail."""

    def __init__(self, **failing: str) -> None:
        self.failing = failing
        self.done: list[tuple[str, list[str], list[object]]] = []

    def __call__(self, release, hosts, batches, watched):
        """Servers in their batches; a batch with a failure is the last, as with no budget."""
        self.done.append((release["version"], list(hosts), batches))
        played: dict[str, Host] = {}
        sizes = [size if isinstance(size, int) else len(hosts) for size in batches]
        rest = list(hosts)
        while rest:
            size = sizes.pop(0) if len(sizes) > 1 else sizes[0]
            turn, rest = rest[:size], rest[size:]
            for name in turn:
                why = self.failing.pop(name, "")
                played[name] = Host(name, "failed" if why else "done", why=why)
            if any(played[name].why for name in turn):
                break
        return Played(played)


class TestWhereTo:
    def test_away_from_a_bad_release_is_to_the_one_before_it(self, judge):
        plan = judge(fleet("4.3.1", "4.3.1"), "away_from=4.3.1", history=["4.1.0", "4.2.0", "4.3.1"])
        assert {action.data["to"]["version"] for action in plan.actions[:-1]} == {"4.2.0"}
        assert "rolled out before: 4.1.0, 4.2.0 and 4.3.1" in plan.text

    @pytest.mark.parametrize(
        ("assignments", "history", "words"),
        [
            ((), ["4.2.0"], "which release?"),
            (("version=9",), ["4.2.0"], "the manifest knows no release 9"),
            (("away_from=9",), ["4.2.0"], "the manifest knows no release 9"),
            (("away_from=4.2.0",), ["4.2.0"], "no release was rolled out before 4.2.0"),
            (("version=4.2.0", "away_from=4.2.0"), ["4.2.0"], "4.2.0 is the release to get away from"),
        ],
    )
    def test_a_release_that_cannot_be_meant(self, judge, assignments, history, words):
        with pytest.raises(CheckFailed, match=words.replace("?", r"\?")):
            judge(fleet("4.2.0"), *assignments, history=history)

    def test_servers_that_run_it_already_are_left_alone(self, judge):
        plan = judge(fleet("4.2.0", "4.3.1", "4.2.0"), "version=4.2.0")
        assert servers_of(plan) == ["web2"]
        assert len(plan.actions) == 1, "the manifest expects it already"

    def test_canary_then_batches(self, judge):
        plan = judge(fleet(*["4.3.1"] * 6), "away_from=4.3.1", "batch=2", history=["4.2.0", "4.3.1"])
        turns = [action.target.partition("(")[2].partition(")")[0] for action in plan.actions[:-1]]
        assert turns == ["canary", "batch 1", "batch 1", "batch 2", "batch 2", "batch 3"]
        assert plan.actions[-1].data["history"] == ["4.2.0", "4.3.1", "4.2.0"]

    def test_a_server_that_nobody_uses_is_no_canary(self, judge):
        plan = judge(fleet("4.1.0", "4.1.0", "4.1.0"), "version=4.2.0", statuses={"web1": "DRAIN"})
        assert servers_of(plan) == ["web2", "web3", "web1"]

    def test_errors_are_told_by_release(self, judge):
        bad = server("web2", "4.3.1", counted={"answers": 50, "errors": 5, "checkouts": 0, "orders": 0})
        text = judge([*fleet("4.2.0"), bad], "away_from=4.3.1", history=["4.2.0", "4.3.1"]).text
        assert "4.3.1 (cccccccccccc): 5 errors of 50 answers, 10.0 %" in text
        assert "4.2.0 (bbbbbbbbbbbb): 0 errors of 100 answers, 0.0 %" in text

    def test_batches_that_leave_too_few_are_warned_of(self, judge):
        text = judge(fleet(*["4.1.0"] * 5), "version=4.2.0", "batch=4").text
        assert "CAREFUL: 5 of 5 serve customers, and up to 4 at a time will be out." in text

    def test_a_dead_host_is_named_and_not_touched(self, judge):
        dead = Host("web3", "unreachable", why="No route to host")
        plan = judge([*fleet("4.1.0", "4.1.0"), dead], "version=4.2.0")
        assert "NOT LOOKED AT: web3: No route to host" in plan.text
        assert servers_of(plan) == ["web1", "web2"]


class TestRollOut:
    def plan(self, judge, *assignments, count=6, **failing):
        hosts = fleet(*["4.3.1"] * count)
        plan = judge(hosts, "away_from=4.3.1", *assignments, history=["4.2.0", "4.3.1"])
        deploys = plan.scope["deploy"] = Deploys(**failing)
        return plan, deploys, hosts

    def test_all_done_is_written_into_the_manifest(self, judge, tmp_path):
        plan, deploys, hosts = self.plan(judge)
        plan.apply_only_change()
        assert deploys.done == [("4.2.0", [host.name for host in hosts], [1, 3])]
        assert manifest(tmp_path) == ["4.2.0", "4.3.1", "4.2.0"]

    def test_a_bad_canary_ends_it_there(self, judge, tmp_path):
        plan, deploys, _ = self.plan(judge, web1=TOO_MANY)
        with pytest.raises(CheckFailed, match="rolled back: web1: 3 of 40 answers were errors"):
            plan.apply_only_change()
        assert len(deploys.done) == 1, "the canary went back by itself, and nobody else had it"
        assert "web6: not tried" in plan.text
        assert manifest(tmp_path) == ["4.2.0", "4.3.1"]

    def test_a_bad_signal_in_a_batch_takes_back_what_was_done_before(self, judge, tmp_path):
        plan, deploys, _ = self.plan(judge, web3=TOO_MANY)
        with pytest.raises(CheckFailed, match="rolled back: web3"):
            plan.apply_only_change()
        assert deploys.done[1] == ("4.3.1", ["web1", "web2", "web4"], ["50%"])
        assert manifest(tmp_path) == ["4.2.0", "4.3.1"]
        assert plan.saved["results"]["web1"] == "taken back"

    def test_a_roll_back_that_fails_names_where(self, judge):
        plan, deploys, _ = self.plan(judge, web3=TOO_MANY)
        first = deploys.__call__

        def then_fails(*words):
            played = first(*words)
            deploys.failing["web2"] = "it does not answer"
            return played

        plan.scope["deploy"] = then_fails
        with pytest.raises(CheckFailed, match="rolled back, but not on: web2") as failed:
            plan.apply_only_change()
        assert "fleet-drift" in failed.value.hint

    def test_undo_gives_back_what_each_server_had_and_the_manifest(self, judge, tmp_path):
        plan, deploys, hosts = self.plan(judge, count=3)
        plan.apply_only_change()
        plan.undo()
        assert deploys.done[-1] == ("4.3.1", [host.name for host in hosts], ["50%"])
        assert manifest(tmp_path) == ["4.2.0", "4.3.1"]

    def test_undo_takes_back_what_an_attempt_may_have_done_that_nobody_saw_end(self, judge):
        plan, deploys, hosts = self.plan(judge, count=3)

        def dies(*words):
            raise KeyboardInterrupt

        plan.scope["deploy"] = dies
        with pytest.raises(KeyboardInterrupt):
            plan.apply_only_change()
        plan.scope["deploy"] = deploys
        plan.undo()
        assert deploys.done == [("4.3.1", [host.name for host in hosts], ["50%"])]

    def test_undo_takes_back_what_an_earlier_attempt_did(self, judge):
        plan, deploys, _ = self.plan(judge, count=2)
        earlier = {"server": "web9", "was": release("4.3.1"), "to": release("4.2.0")}
        plan.saved |= {"todo": [earlier], "results": {"web9": "done"}}
        plan.apply_only_change()
        plan.undo()
        assert sorted(deploys.done[-1][1]) == ["web1", "web2", "web9"]

    def test_verify_fails_on_errors_that_the_release_before_has_too(self, judge):
        plan, _, _ = self.plan(judge, count=2)
        plan.apply_only_change()
        sick = {"answers": 40, "errors": 4, "checkouts": 0, "orders": 0}
        hosts = [server(f"web{number}", "4.2.0", counted=sick) for number in (1, 2)]
        plan.scope["play"] = lambda *_, **__: Played({host.name: host for host in hosts})
        with pytest.raises(CheckFailed, match="8 of 80 answers since then were errors") as failed:
            plan.run("verify")
        assert "golden-signals" in failed.value.hint

    def test_verify_fails_on_a_server_that_runs_something_else(self, judge):
        plan, _, _ = self.plan(judge, count=2)
        plan.apply_only_change()
        hosts = fleet("4.2.0", "4.3.1")
        plan.scope["play"] = lambda *_, **__: Played({host.name: host for host in hosts})
        with pytest.raises(CheckFailed, match=r"web2 runs 4\.3\.1"):
            plan.run("verify")

    def test_nothing_to_do_is_no_error(self, judge):
        plan = judge(fleet("4.2.0", "4.2.0"), "version=4.2.0")
        assert plan.apply().actions == []
        assert "Nothing to change." in plan.text
