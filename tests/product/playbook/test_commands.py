"""``outage playbook``: our playbook followed in a terminal, from the first alarm to the review."""

from __future__ import annotations

import json
from pathlib import Path

from outage.incident.record import load


def test_our_playbook_is_followed_to_its_end_in_the_terminal(outage, root):
    outage.said("declare", "Checkout is down", "--severity", "highest", "--at", "5h ago")
    printed = outage.said("playbook", "start", "customer-outage", "--at", "295m ago")
    assert (
        "0 of 48 steps settled" in printed
    )  # five hours later, those who join after one and four are due too
    while "Next:" in printed:
        step, commands = _told(printed)
        if step == "merge":  # the cause was a setting: no release is needed
            step = "release"
            printed = outage.said("playbook", "skip", step, "--why", "A setting, taken back")
        else:
            for command in commands:
                if command.startswith("outage stage"):
                    outage.said(*command.split()[1:], "--incident", "checkout")
            printed = outage.said("playbook", "done", step, "--incident", "checkout")
        assert f"Playbook customer-outage: {step} " in printed
    assert "48 of 48 steps settled (42 done, 6 skipped). Nothing is left to do." in printed
    assert "[ ]" not in outage.said("playbook", "list", "customer-outage", "--incident", "checkout")
    incident = load(next((root / "incidents").glob("2*")))
    assert incident.stage == "closed"
    reasons = [entry.data["why"] for entry in incident.entries if entry.data.get("state") == "skipped"]
    assert reasons == ["A setting, taken back"]


def _told(printed: str) -> tuple[str, list[str]]:
    """The step that the terminal says is next, and the commands that it says to type for it."""
    *lines, last = printed.splitlines()
    return last.split()[-1], [line.strip() for line in lines if line.startswith("    outage ")]


def test_what_is_next_is_said_after_each_step_with_what_to_type(outage):
    outage.said("declare", "Checkout is down", "--severity", "highest")
    outage.said("playbook", "start", "customer-outage")
    printed = outage.said("playbook", "done", "declare", "open-channel", "--by", "Tariq")
    assert "Playbook customer-outage: declare done\n" in printed
    assert "2 of 46 steps settled. Next:\n  gather-people: Get the people you need, by name" in printed
    assert 'outage role operations-lead "Their name"' in printed
    assert "outage playbook show gather-people      outage playbook done gather-people" in printed


def test_status_tells_where_a_playbook_stands(outage):
    outage.said("declare", "Checkout is down", "--severity", "highest", "--at", "12m ago")
    assert "Playbook:" not in outage.said("status")
    outage.said("playbook", "start", "customer-outage")
    printed = outage.said("status")
    assert "  customer-outage: 0 of 46 steps settled, 4 overdue, started" in printed
    assert (
        "    declare: Declare an incident, and start this checklist (Incident commander); LATE by 7 min"
        in printed
    )


def test_a_step_is_shown_with_all_there_is_to_know_even_without_an_incident(outage):
    printed = outage.said("playbook", "show", "review-slow-queries")
    assert printed.startswith(
        "Analyse the slow query log\n  Subject matter expert; within 30 minutes of beginning"
    )
    assert "[30 minutes: incident.time_box]" in printed
    assert "Good: The few statements" in printed
    assert "  - Group by type: the same statement with different values." in printed
    assert "Post:\n  QUERIES:" in printed


def test_the_list_names_every_playbook_and_says_which_cannot_be_used(outage, root):
    (root / "playbooks/broken.yml").write_text("name: Broken\n", encoding="utf-8")
    printed = outage.said("playbook", "list")
    assert "customer-outage  Major outage  From the first alert" in printed
    assert "broken\n  cannot be used:\n    playbooks/broken.yml:1: summary: this is required" in printed
    rows = {row["id"]: row for row in json.loads(outage.said("playbook", "list", "--json"))}
    assert rows["customer-outage"]["steps"] == 48
    assert rows["customer-outage"]["problem"] is None
    assert "this is required and is missing" in rows["broken"]["problem"]


def test_a_playbook_that_another_company_s_policy_makes_wrong_is_refused_with_its_line(outage, root):
    path = root / "playbooks/customer-outage.yml"
    text = path.read_text(encoding="utf-8").replace("due: severity.commander", "due: severity.comander", 1)
    path.write_text(text, encoding="utf-8")
    outage.said("declare", "Checkout is down")
    line = text[: text.index("severity.comander")].count("\n") + 1
    refused = outage.said("playbook", "start", "customer-outage", ends=2)
    assert refused.startswith(
        f"playbooks/customer-outage.yml:{line}: phases.escalate.steps.gather-people.due: "
    )
    assert "did you mean 'commander'?" in refused
    assert refused in outage.said("check", ends=1)


def test_what_cannot_be_is_refused_and_nothing_is_written(outage, root):
    assert "no incident is open" in outage.said("playbook", "start", "customer-outage", ends=2)
    outage.said("declare", "Checkout is down", "--severity", "highest")
    assert "no playbook was started in this incident" in outage.said("playbook", "done", "declare", ends=2)
    assert "did you mean 'customer-outage'?" in outage.said("playbook", "start", "customer-outag", ends=2)
    outage.said("playbook", "start", "customer-outage")
    before = _record(root)
    assert "did you mean 'declare'?" in outage.said("playbook", "done", "open-channel", "declre", ends=2)
    assert "Missing option '--why'" in outage.said("playbook", "skip", "declare", ends=2)
    assert "needs a why that is not empty" in outage.said("playbook", "skip", "declare", "--why", " ", ends=2)
    assert _record(root) == before


def _record(root: Path) -> bytes:
    return next((root / "incidents").glob("*/record.jsonl")).read_bytes()


def test_hostile_words_are_shown_and_never_sent_to_the_terminal(outage):
    outage.said("declare", "Checkout is down", "--severity", "highest")
    outage.said("playbook", "start", "customer-outage", "--by", "Eve\x1b[2J")
    printed = outage.said("playbook", "skip", "declare", "--why", "\x1b]0;owned\x07 {role}`x` <script>")
    listed = outage.said("playbook", "list", "customer-outage")
    for text in (printed, listed, outage.said("status")):
        assert "\x1b" not in text
        assert "\x07" not in text
    assert "\\x1b]0;owned\\x07 {role}`x` <script>" in listed


def test_check_reads_the_words_of_playbooks(outage, root):
    path = root / "playbooks/customer-outage.yml"
    text = path.read_text(encoding="utf-8").replace(
        "Look for settings that", "Within 20 minutes look for what", 1
    )
    path.write_text(text, encoding="utf-8")
    line = text[: text.index("Within 20 minutes")].count("\n") + 1
    printed = outage.said("check", ends=1)
    at = "phases.review-data.steps.review-settings.text"
    assert (
        f"playbooks/customer-outage.yml:{line}: {at}: the length of time '20 minutes' is written" in printed
    )
