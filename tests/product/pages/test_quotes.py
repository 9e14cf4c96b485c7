"""Roles: a page quotes the policy by role, and a wrong address is a warning that says where."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("written", "shown", "clause"),
    [
        ("{policy}`incident.threshold`", "30 minutes", "incident.threshold"),
        ("{policy}`severities.highest.commander`", "10 minutes", "severities.high.commander"),
        ("{severity}`lowest`", "Low", "severities.low"),
        ("{role}`scribe`", "Scribe", "roles.scribe"),
        ("{channel}`company`", "#outages", "channels.company"),
        ("{channel}`executives`", "#outages", "channels.company"),
        ("{audience}`customers`", "Customers", "audiences.customers"),
        ("{clause}`incident.threshold`", "incident.threshold", "incident.threshold"),
        ("[the limit](#incident.threshold)", "the limit", "incident.threshold"),
    ],
)
def test_a_quote_shows_its_words_and_leads_to_its_clause(site, written, shown, clause):
    site.pages(a=f"See {written}, now.")
    assert site.build().warnings == ""
    link = site.page("a").find("a", href=f"process/policy.html#{clause}")
    assert link.get_text() == shown
    assert site.page("process/policy").find(id=clause) is not None


@pytest.mark.parametrize(
    ("written", "shown"), [("{stage}`monitoring`", "Monitoring"), ("{scope}`area`", "Area")]
)
def test_words_of_ours_are_shown_without_a_clause(site, written, shown):
    site.pages(a=f"See {written}, now.")
    assert site.build().warnings == ""
    assert f"See {shown}, now." in site.words("a")


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("{policy}`incident.treshold`", "incident has no 'treshold' hint: did you mean 'threshold'?"),
        (
            "{policy}`severities.low.commander`",
            "the policy says none at 'severities.low.commander' hint: put the sentence into {when}",
        ),
        (
            "{policy}`soon <incident.threshold>`",
            "a value is quoted as it stands, not as 'soon' hint: write the",
        ),
        ("{severity}`hihg`", "severities has no 'hihg' hint: did you mean 'high'?"),
        ("{role}`scirbe`", "roles has no 'scirbe' hint: did you mean 'scribe'?"),
        ("{stage}`solved`", "there is no stage 'solved' here hint: did you mean 'resolved'?"),
        ("{runbook}`reboot`", "there is no runbook 'reboot': did you mean 'reboots'?"),
        ("{runbook}`failover`", "there is no runbook 'failover': known here: reboots"),
        ("[x](#incident.treshold)", "'myst' cross-reference target not found: 'incident.treshold'"),
    ],
)
def test_an_unknown_address_is_a_warning_with_its_place_and_the_nearest(site, written, reason):
    site.pages(a=f"First.\n\nSee {written}, now.")
    site.write("runbooks/reboots.md", "# Reboots")
    warnings = site.build().warnings
    assert warnings.count("\n") == 1
    assert warnings.startswith("a.md:5: WARNING: ")
    assert reason in warnings


def test_a_merged_role_shows_the_role_that_does_its_work(site):
    site.policy("incident:", "roles: {deputy: {merged_into: incident-commander}}\nincident:")
    site.pages(a="Ask the {role}`deputy`.")
    assert site.build().warnings == ""
    assert "Ask the Incident commander." in site.words("a")


def test_a_runbook_is_linked_by_the_title_of_its_page(site):
    site.write("runbooks/reboots.md", "# Reboot a thing")
    site.pages(a="Run {runbook}`reboots`.")
    assert site.build().warnings == ""
    assert site.page("a").find("a", href="runbooks/reboots.html").get_text() == "Reboot a thing"


def test_every_value_and_every_part_has_an_anchor(site):
    site.build()
    ids = {tag["id"] for tag in site.page("process/policy").find_all(id=True)}
    assert {"severities.high.cadence.responders", "severities.high", "severities", "escalations"} <= ids


def test_a_clause_that_stands_on_two_pages_is_warned_about(site):
    site.write("again.md", "# Again\n\n{anchor}`incident.threshold`\n")
    assert "clause incident.threshold stands in" in site.build().warnings


def test_the_clauses_are_in_the_inventory(site):
    from sphinx.util.inventory import InventoryFile

    site.build()
    inventory = InventoryFile.loads((site.root / "_build/html/objects.inv").read_bytes(), uri="")
    assert "incident.threshold" in inventory.data["outage:clause"]
