"""Runbook fleet-drift: who differs, in what, from whom, and when nothing may be done about it."""

from __future__ import annotations

from unittest import mock

import pytest

from outage.kit import CheckFailed, Guarded
from outage.kit.fleet import Host
from tests.content.runbooks.fakes import fleet, looked, release, server

ABOUT = ("runbooks/fleet-drift.ipynb",)
NAME = "fleet-drift"


@pytest.fixture
def judge(tmp_path, monkeypatch):
    """Gives the runbook's judgement of some hosts."""

    def run(hosts, *assignments, **more):
        return looked(NAME, hosts, tmp_path, monkeypatch, *assignments, **more)

    return run


def verdicts(text):
    """The last column of the table, by server."""
    lines = [line for line in text.splitlines() if line.startswith("web")]
    return {line.split()[0]: line.rsplit("  ", 1)[1] for line in lines}


class TestWhoDiffers:
    def test_one_straggler_is_named_and_would_be_brought_back_to_what_both_expect(self, judge):
        plan = judge(fleet("4.2.0", "4.2.0", "4.1.0", "4.2.0"))
        assert verdicts(plan.text)["web3"] == "another release runs; another release is on its disk"
        assert verdicts(plan.text)["web1"] == "as expected"
        assert "The majority, 3 of 4, runs 4.2.0 (bbbbbbbbbbbb)." in plan.text
        (action,) = plan.actions
        assert action.data == {
            "server": "web3",
            "to": release("4.2.0"),
            "was": release("4.1.0"),
            "served": True,
        }
        assert action.undo == "the same with 4.1.0 (aaaaaaaaaaaa)"

    def test_a_fleet_that_is_whole_gives_nothing_to_do(self, judge):
        plan = judge(fleet("4.2.0", "4.2.0", "4.2.0"))
        assert plan.actions == []
        assert "Nothing to change." in plan.text

    def test_two_releases_half_and_half_are_no_majority_and_that_is_said(self, judge):
        plan = judge(fleet("4.2.0", "4.2.0", "4.1.0", "4.1.0"))
        assert "There is NO MAJORITY: " in plan.text
        assert "2 of 4 run 4.1.0 (aaaaaaaaaaaa)" in plan.text
        assert "nothing is proposed" in plan.text
        assert plan.actions == []

    def test_a_majority_counts_servers_that_cannot_be_looked_at(self, judge):
        dead = [Host(f"web{number}", "unreachable", why="no route to host") for number in (3, 4)]
        plan = judge([*fleet("4.2.0", "4.2.0"), *dead])
        assert "NO MAJORITY: 2 of 4 run 4.2.0" in plan.text

    def test_a_manifest_that_the_majority_contradicts_is_not_followed_until_somebody_says_who_is_right(
        self, judge
    ):
        hosts = fleet("4.1.0", "4.1.0", "4.2.0")
        plan = judge(hosts)
        assert "DISAGREE" in plan.text
        assert plan.actions == []
        by_manifest = judge(hosts, "trust=manifest")
        assert [action.data["server"] for action in by_manifest.actions] == ["web1", "web2"]
        by_majority = judge(hosts, "trust=majority")
        assert [action.data["to"]["version"] for action in by_majority.actions] == ["4.1.0"]

    def test_many_odd_ones_are_no_stragglers(self, judge):
        hosts = fleet("4.2.0", "4.2.0", "4.2.0", "4.2.0", "4.1.0", "4.1.0", "4.1.0")
        plan = judge(hosts)
        assert plan.actions == []
        assert "3 servers are odd, and most is 2" in plan.text
        assert len(judge(hosts, "most=3").actions) == 3

    def test_a_server_that_was_deployed_and_never_restarted(self, judge):
        plan = judge([*fleet("4.2.0", "4.2.0"), server("web3", "4.1.0", disk=release("4.2.0"))])
        assert verdicts(plan.text)["web3"] == "another release runs"
        assert [action.data["server"] for action in plan.actions] == ["web3"]

    def test_the_same_version_with_other_files_is_another_release(self, judge):
        forged = {"version": "4.2.0", "digest": "ffffffffffff"}
        plan = judge([*fleet("4.2.0", "4.2.0"), _with(server("web3"), disk=forged, runs=forged)])
        assert verdicts(plan.text)["web3"].startswith("another release runs")

    def test_other_settings_and_flags_are_named_and_left_alone(self, judge):
        odd = server(
            "web3", config={"lock_timeout": "9999", "orders_shown": "2222"}, flags={"gift-wrap": "off"}
        )
        plan = judge([*fleet("4.2.0", "4.2.0"), odd])
        assert verdicts(plan.text)["web3"] == "other setting: lock_timeout; other flag: gift-wrap"
        assert "9999" not in plan.text, "not even a digest of the value is shown"
        assert plan.actions == []

    def test_a_server_that_does_not_answer_is_no_straggler(self, judge):
        plan = judge(fleet("4.2.0", "4.2.0", None))
        assert verdicts(plan.text)["web3"] == "does not answer: Connection refused"
        assert plan.actions == []

    def test_two_hundred_servers_and_one_that_differs(self, judge):
        plan = judge(fleet(*["4.2.0"] * 150, "4.1.0", *["4.2.0"] * 49))
        assert [action.data["server"] for action in plan.actions] == ["web151"]
        assert "The majority, 199 of 200" in plan.text


class TestWhoIsTouched:
    def test_one_server_can_be_chosen(self, judge):
        hosts = fleet("4.2.0", "4.1.0", "4.1.0", "4.2.0", "4.2.0", "4.2.0")
        assert [action.data["server"] for action in judge(hosts, "server=web3").actions] == ["web3"]
        with pytest.raises(CheckFailed, match="there is no server web9") as failed:
            judge(hosts, "server=web9")
        assert "web1, web2" in failed.value.hint

    def test_none_is_taken_out_when_too_few_serve_customers(self, judge):
        plan = judge(fleet("4.2.0", "4.2.0", "4.2.0", "4.1.0"), statuses={"web1": "DOWN", "web2": "MAINT"})
        assert "Only 2 of 4 servers serve customers" in plan.text
        assert plan.actions == []

    def test_a_dead_host_is_named_and_the_others_are_reported(self, judge):
        dead = Host("web4", "unreachable", why="ssh: connect to host web4: No route to host")
        plan = judge([*fleet("4.2.0", "4.2.0", "4.1.0"), dead], "trust=manifest")
        assert "NOT LOOKED AT: web4: ssh: connect to host web4" in plan.text
        assert [action.data["server"] for action in plan.actions] == ["web3"]

    def test_it_says_what_is_enforced_and_what_is_not(self, judge):
        text = judge(fleet("4.2.0")).text
        assert "HAProxy: read-only is enforced by HAProxy" in text
        assert "over ssh: read-only is NOT ENFORCED" in text
        assert "NOT ENFORCED: that socket may change" in judge(fleet("4.2.0"), may_change=lambda _: True).text

    def test_a_socket_that_may_not_change_the_rotation_stops_it_in_the_plan(self, judge):
        with pytest.raises(CheckFailed, match="HAPROXY_ADMIN_SOCKET may not take servers out"):
            judge(fleet("4.2.0"), may_change=lambda _: False)

    def test_hostile_text_from_a_server_stays_text(self, judge):
        hostile = {"version": "\x1b[2J<script>\n4", "digest": "x|y"}
        plan = judge([*fleet("4.2.0", "4.2.0"), _with(server("web3"), runs=hostile)])
        assert "\x1b" not in plan.text
        assert len([line for line in plan.text.splitlines() if line.startswith("web")]) == 3


class TestChange:
    def test_what_failed_is_named_and_undo_touches_only_what_was_done(self, judge):
        plan = judge(fleet("4.2.0", "4.2.0", "4.2.0", "4.1.0", "4.1.0"))
        plan.scope["deploy"] = lambda to, hosts, seconds: {"web4": "done", "web5": "0 of 3 answers: too few"}
        with pytest.raises(CheckFailed, match="not brought back: web5: 0 of 3 answers"):
            plan.apply()
        undone = mock.Mock(return_value={"web4": "done"})
        plan.scope["deploy"] = undone
        plan.undo()
        undone.assert_called_once_with(release("4.1.0"), ["web4"], 0)

    def test_run_all_stops_at_the_change(self, judge):
        plan = judge(fleet("4.2.0", "4.2.0", "4.1.0"))
        with pytest.raises(Guarded, match="outage run fleet-drift .*--apply"):
            plan.run("change")
        with pytest.raises(Guarded):
            plan.run("undo")


def _with(host, **told):
    host.told |= told
    return host
