"""The runs of an incident, as MyST text."""

from __future__ import annotations

import pytest

from outage.incident.record.model import Run
from outage.render.incident.runs import MOST_ACTIONS, RUN_CHARS, TEXT_CHARS, write_runs
from outage.render.incident.snapshot import SnapshotRun
from tests.product.render.journal import ACTION, PNG, ended, looked, planned, run, text
from tests.product.render.story import at, case, told


def shown(*lines, alive=False, **began):
    return write_runs(case(told(), runs=(SnapshotRun("r1", None, run(*lines, alive=alive, **began)),)))


def test_a_plan_shows_its_state_its_facts_and_what_it_proposed():
    words = write_runs(case(told(), runs=(planned(),)))
    assert words.startswith(r"### blocked\-queries\, plan at 09\:57 UTC")
    assert "{here}`run-r1`{chip}`Succeeded <run good>`" in words
    assert "by Tariq Aziz against **PostgreSQL shop at db1**" in words
    assert r"With min\_wait = 5s and blocker = null" in words
    assert "1 action proposed:" in words
    assert "select pg_terminate_backend(4311)" in words
    assert "Undo: not possible" in words
    assert "{dropdown} 2 steps: 1 passed and 1 planned, with outputs" in words


def test_every_step_has_its_number_its_tag_and_its_state():
    words = write_runs(case(told(), runs=(planned(),)))
    assert "**Cell 2** {chip}`read <step read>` {chip}`passed <run good>`, 0.2 s" in words
    assert "**Cell 3** {chip}`change <step change>` {chip}`planned <run going>`" in words
    assert "Cell 1" not in words


def test_a_run_that_failed_says_so_first_and_lies_open():
    failed = ("cell", {"cell": 1, "state": "failed", "seconds": 0.1, "error": {"name": "E", "value": "no"}})
    words = shown(failed, ended("failed", "the step in cell 2 failed"))
    assert "{chip}`Failed <run bad>` **The step in cell 2 failed**" in words
    assert ":open:" in words
    assert "1 failed and 1 never" in words


def test_a_run_whose_process_vanished_here_is_abandoned(monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "here")
    words = shown(("cell", {"cell": 1, "state": "running"}), host="here")
    assert "{chip}`Abandoned <run bad>` **Its process vanished" in words
    assert r"started\-unknown" in words or "started-unknown" in words


def test_a_run_on_another_machine_is_not_said_to_be_abandoned(monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "the build server")
    words = shown(("cell", {"cell": 1, "state": "running"}))
    assert "{chip}`Running <run going>` **Last heard of from elsewhere" in words


def test_a_run_without_its_journal_is_told_from_the_record():
    recorded = Run("r1", "x", "apply", "db1", "running", None, at(1), at(2), "Ines", ("e",))
    words = write_runs(case(told(), runs=(SnapshotRun("r1", recorded, None, "it is not here"),)))
    assert r"### x\, apply at 09\:41 UTC" in words
    assert "{chip}`Running <run going>`" in words
    assert "only the record's words are known: it is not here" in words


def test_faults_of_a_journal_are_told():
    words = shown(*looked(), ("weather", {}), ended())
    assert r"a line of the kind \'weather\'" in words


def test_text_is_shown_literally_in_a_fence_that_outgrows_it():
    words = shown(*looked(text("```{raw} html\n<script>x</script>\n```\n")), ended())
    assert "````text\n```{raw} html\n<script>x</script>\n```\n````" in words
    assert words.count("`````{dropdown}") == 1


def test_control_characters_are_shown_as_their_codes_and_colours_left_out_as_in_a_terminal():
    assert r"\x1b[2Jred\u202e" in shown(*looked(text("\x1b[2J\x1b[31mred\x1b[0m\u202e")), ended())


def test_a_progress_bar_is_shown_as_it_stood_in_the_end():
    steps = [text(f"\r{percent:3}% [{'#' * percent:100}]") for percent in range(101)]
    words = shown(*looked(*steps, text("\ndone\n")), ended())
    assert f"100% [{'#' * 100}]\ndone\n" in words
    assert "\\x0d" not in words
    assert " 50%" not in words


def test_long_text_keeps_its_ends():
    words = shown(*looked(text("a" * 9000 + "z" * 9000)), ended())
    assert f"… {18000 - TEXT_CHARS} characters are in the journal …" in words
    assert len(words) < TEXT_CHARS + 2000


def test_all_the_text_of_a_run_is_bounded():
    words = shown(*looked(*[text("x" * TEXT_CHARS) for _ in range(60)]), ended())
    assert len(words) < RUN_CHARS + 10_000


def test_a_picture_is_shown_when_it_is_a_png():
    words = shown(*looked({"output_type": "display_data", "data": {"image/png": PNG}}), ended())
    assert f"![An output of this step](data:image/png;base64,{PNG})" in words


@pytest.mark.parametrize("data", ["not base64!", "PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+", ") <script>", ["x"]])
def test_a_picture_that_is_no_png_is_not_shown(data):
    words = shown(*looked({"output_type": "display_data", "data": {"image/png": data}}), ended())
    assert "An image was no PNG, and is not shown." in words
    assert "data:image" not in words


def test_a_huge_picture_is_left_to_the_journal():
    words = shown(*looked({"output_type": "display_data", "data": {"image/png": "A" * 2_000_000}}), ended())
    assert "too large to be shown here" in words


def test_html_and_markdown_outputs_are_not_shown():
    data = {"text/html": "<b>x</b>", "text/markdown": "**x**", "text/plain": "just text"}
    words = shown(*looked({"output_type": "execute_result", "data": data}), ended())
    assert "just text" in words
    assert "<b>" not in words
    assert "**x**" not in words


def test_many_actions_are_counted_and_not_all_shown():
    actions = [ACTION | {"target": f"session {number}"} for number in range(MOST_ACTIONS + 7)]
    words = shown(*looked(), ("actions", {"cell": 1, "actions": actions, "digest": "d"}), ended())
    assert f"{MOST_ACTIONS + 7} actions proposed, of which 7 are not shown here" in words
    assert f"session {MOST_ACTIONS}" not in words


def test_what_nobody_reviewed_says_so_and_why():
    review = {"unreviewed": "the database was down"}
    assert "{chip}`Unreviewed <mark>` the database was down" in shown(*looked(), ended(), review=review)


def test_what_was_reviewed_names_the_commit_and_no_more():
    review = {"commit": "0123456789abcdef", "branch": "main"}
    assert "Its source is that of commit 0123456789ab on main" in shown(*looked(), ended(), review=review)


def test_a_gate_says_who_answered_it_and_when():
    gate = ("gate", {"cell": 2, "state": "confirmed", "by": "Ines", "reason": "looked at it"})
    words = shown(*looked(), gate, ended())
    assert "Gate before cell 3: confirmed by Ines at {moment}`09:57 UTC (10:57 BST)" in words
    assert "looked at it" in words


def test_a_hint_of_the_runbook_stands_by_the_error():
    error = {"name": "E", "value": "lock timeout", "hint": "Somebody holds that lock."}
    failed = ("cell", {"cell": 1, "state": "failed", "seconds": 0.1, "error": error})
    assert r"What it means: Somebody holds that lock\." in shown(failed, ended("failed", "no"))
