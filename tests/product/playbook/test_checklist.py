"""A playbook becomes one company's checklist: conditions decided, words filled in, lengths from policy."""

from pathlib import Path
from typing import Any

import pytest

from outage.playbook import Checklist, load_playbook, resolve
from outage.playbook.words import format_bare
from outage.policy import load_policy
from outage.render.policy.checklist import write_checklist as as_myst
from tests.product.playbook.company import policy
from tests.product.playbook.story import checklist, incident
from tests.sites import LARKFIELD

ROOT = Path(__file__).parents[3]
GOLDEN = Path(__file__).with_name("golden")
COMPANIES = {
    "larkfield": LARKFIELD,
    "small-team": "examples/small-team.yml",
    "large-group": "examples/large-group.yml",
}


def task(found: Checklist, step: str) -> Any:
    """The step of that id."""
    return found.task(step)


def ids(found):
    return [task.id for task in found.tasks]


def test_a_step_for_people_that_the_company_has_not_falls_away():
    assert "tell-customers" not in ids(checklist())
    with_customers = policy("audiences: {customers: none}", "audiences: {}")
    assert "tell-customers" in ids(checklist(own=with_customers))


def test_a_phase_of_which_no_step_is_left_is_left_out():
    text = (
        "name: X\nsummary: X.\nphases: {a: {name: A, goal: G, steps: {one: {when: divisions, text: T,"
        " owner: scribe, good: G}}}}"
    )
    assert checklist(text).phases == ()


def test_the_first_wording_that_fits_is_taken_and_every_hint_that_fits():
    found = checklist()
    assert found.phases[1].goal == "People can work."
    assert task(found, "look").how == ("Look twice", "Tell {audience}`executives`")


def test_a_merged_role_s_steps_go_to_the_role_that_does_its_work():
    assert task(checklist(), "name-lead").owner == "incident-commander"


def test_one_step_for_each_escalation_that_counts_while_it_is_open():
    call = task(checklist(), "call-ana-joins")
    assert call.text == "Call {contact}`ana`, then {contact}`ben` after {policy}`escalations.ana-joins.after`"
    assert (call.due.address, str(call.due.length)) == ("escalations.ana-joins.after", "1 hour")
    assert call.late_only.address == "escalations.ana-joins.after"
    assert not [one for one in ids(checklist()) if one.startswith("call-nobody")]


def test_at_a_lesser_severity_its_own_lengths_hold_and_fewer_are_called():
    found = checklist(severity="low")
    assert task(found, "declare").due.address == "severities.low.acknowledge"
    assert task(found, "name-lead").due is None  # its policy says none
    assert "call-ana-joins" not in ids(found)


@pytest.mark.parametrize(("severity", "stands"), [("high", True), ("low", False)])
def test_a_condition_on_the_severity_asks_for_at_least_that(severity, stands):
    text = (
        "name: X\nsummary: X.\nphases: {a: {name: A, goal: G, steps: {one: {when: {severity: high}, text: T,"
        " owner: scribe, good: G}}}}"
    )
    assert bool(checklist(text, severity=severity).tasks) == stands


def test_the_first_length_that_policy_has_counts():
    text = (
        "name: X\nsummary: X.\nphases: {a: {name: A, goal: G, steps: {one: {text: T, owner: scribe, good: G,"
        " due: [severity.cadence.customers, severity.cadence.executives]}}}}"
    )
    assert task(checklist(text), "one").due.address == "severities.high.cadence.executives"


def test_bare_words_have_the_company_s_names_and_no_markup():
    own = policy()
    look = task(checklist(), "look")
    assert format_bare(look.good, own) == "Somebody has looked, with top"
    assert format_bare(look.text, own) == "Look in #inc-\u2039incident\u203a"
    assert format_bare(look.text, own, incident()) == "Look in #inc-2026-06-19-all-is-lost"
    assert (
        format_bare("First {runbook}`Reboot it <reboot>`, or {runbook}`reboot`", own)
        == "First Reboot it, or runbook reboot"
    )


@pytest.mark.parametrize("company", COMPANIES)
def test_our_playbook_as_each_company_reads_it(company):
    own = load_policy(ROOT / COMPANIES[company])
    found = resolve(load_playbook(ROOT / "playbooks/customer-outage.yml", own, ROOT), own)
    lines = []
    for phase in found.phases:
        lines += [f"# {phase.name}: {format_bare(phase.goal, own)}"]
        for one in phase.tasks:
            due = f" | {one.due.length} from {one.due.since} ({one.due.address})" if one.due else ""
            late = f" | only after {one.late_only.length}" if one.late_only else ""
            lines.append(f"{one.id}: {format_bare(one.text, own)} | {one.owner}{due}{late}")
    assert "\n".join(lines) + "\n" == (GOLDEN / f"{company}.txt").read_text(encoding="utf-8")


def test_a_checklist_as_myst_text():
    assert as_myst(checklist()) + "\n" == (GOLDEN / "small.md").read_text(encoding="utf-8")


def test_every_step_of_ours_has_an_owner_a_due_time_and_what_good_looks_like():
    own = load_policy(ROOT / LARKFIELD)
    found = resolve(load_playbook(ROOT / "playbooks/customer-outage.yml", own, ROOT), own)
    assert len(found.phases) == 8
    assert [task.id for task in found.tasks if not (task.due and task.good and task.owner)] == []


@pytest.mark.parametrize("company", ["small-team", "large-group"])
def test_no_text_speaks_of_people_that_a_company_has_not(company):
    own = load_policy(ROOT / COMPANIES[company])
    found = resolve(load_playbook(ROOT / "playbooks/customer-outage.yml", own, ROOT), own)
    texts = [
        format_bare(text, own).lower()
        for task in found.tasks
        for text in (task.text, task.good, *task.how, *task.say)
    ]
    absent = {"small-team": ("executive", "division", "escalat"), "large-group": ("customer",)}[company]
    assert [text for text in texts for word in absent if word in text] == []
