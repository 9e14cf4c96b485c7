"""The review is told which safeguards were gone around: who did it, why, and in which run."""

from __future__ import annotations

from typing import Any

from outage.incident.record.describe import describe_entry
from outage.incident.record.model import Run
from outage.render.incident.findings import write_safeguards
from outage.render.incident.page import write_page
from outage.render.incident.snapshot import SnapshotRun
from tests.product.render.journal import ended, looked, run
from tests.product.render.story import at, case, event, policy, told

ALONE = {"cell": 2, "state": "confirmed", "by": "Ines", "alone": True, "reason": "nobody <b>answers</b>"}


def shown(*lines, **began):
    return write_safeguards(case(told(), runs=(SnapshotRun("r1", None, run(*looked(), *lines, **began)),)))


def test_a_gate_that_was_passed_alone_is_listed_with_who_and_why():
    words = shown(("gate", ALONE), ended())
    assert r"the gate passed alone by Ines\: nobody \<b\>answers\<\/b\>" in words
    assert "{goto}`r1 <run-r1>`" in words


def test_so_is_source_that_nobody_had_reviewed():
    words = shown(ended(), review={"unreviewed": "the shop is closed"})
    assert r"Unreviewed source was applied by Tariq Aziz\: the shop is closed" in words


def test_a_run_that_went_by_the_rules_is_not_listed():
    by_two = {"cell": 2, "state": "confirmed", "by": "Bo", "second_person": True}
    assert shown(("gate", by_two), ended(), review={"commit": "b" * 40, "branch": "main"}) == ""


def test_names_that_policy_masks_are_masked_in_a_reason():
    assert "ana@example.org" not in shown(("gate", ALONE | {"reason": "asked ana@example.org"}), ended())


def test_they_are_masked_where_the_run_is_told_too():
    """The same words stand below the run's own heading."""
    said = ALONE | {"reason": "asked ana@example.org"}
    told_of = run(
        *looked(), ("gate", said), ended(), review={"unreviewed": "bo@example.org cannot be reached"}
    )
    words = write_page(case(told(), runs=(SnapshotRun("r1", None, told_of),)))
    assert "passed alone by Ines" in words
    assert "example.org" not in words.replace("\\", "")


def test_without_its_journal_the_record_tells_it_once():
    lines: dict[str, Any] = {
        "run": "r9",
        "runbook": "x",
        "mode": "apply",
        "target": "db1",
        "state": "waiting",
    }
    alone = [event(20 + n, "run", alone=["Ines: nobody is there"], **lines) for n in range(2)]
    recorded = Run("r9", "x", "apply", "db1", "waiting", None, at(20), at(21), "Ines", ("e",))
    shown = case([*told(), *alone], runs=(SnapshotRun("r9", recorded, None, "it is not here"),))
    assert write_safeguards(shown).count("passed alone by Ines") == 1
    assert "## For the review" in write_page(shown)


def test_the_timeline_says_it_where_it_happened():
    data: dict[str, Any] = {
        "run": "r9",
        "runbook": "x",
        "mode": "apply",
        "state": "waiting",
        "alone": ["Ines: nobody is there"],
    }
    entries = case([*told(), event(20, "run", **data)]).incident.entries
    words = [describe_entry(entry, policy()) for entry in entries if entry.data.get("run") == "r9"]
    alone = "a second person was asked for, and passed alone by Ines: nobody is there"
    assert words == [f"Runbook x, apply: waiting (run r9); {alone}"]
