"""Pages of incidents: made from their folders, and read again exactly when those change."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from pathlib import Path

import pytest

from outage.incident.folders import STUB
from outage.text import one_line
from tests.product.pages.hostile import HOSTILE
from tests.product.pages.incidents import hostile_incident, incident, record, run
from tests.product.render.journal import ended, looked, text
from tests.product.render.story import POLICY, at, event, told

ROOT = Path(__file__).parents[3]
INDEX = "# Incidents\n\n```{incidents}\n```\n\n```{toctree}\n:hidden:\n:glob:\n\n*/index\n```\n"
ONE, TWO = "incidents/one/index", "incidents/two/index"


def add(site, name, one):
    with record(site, name).open("ab") as file:
        file.write(one.to_line())


@pytest.fixture
def incidents(site, monkeypatch):
    """Two incidents and their list, seen at a fixed time."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(at(60).timestamp())))
    site.write("incidents/index.md", INDEX)
    incident(site, "one", told())
    incident(site, "two", told()[:4])
    assert site.build().warnings == ""
    return site


def test_the_stub_becomes_a_page_with_a_title_and_sections(incidents):
    page = incidents.page(ONE)
    assert page.find("h1").get_text().startswith("Orders wait behind a lock")
    titles = [heading.get_text().rstrip("¶") for heading in page.find_all("h2")]
    assert titles[:3] == ["Due next", "Who does what", "Latest updates"]
    assert page.find("title").get_text().startswith("Orders wait behind a lock")


def test_times_are_there_for_scripts_and_for_people(incidents):
    due = {
        time["datetime"]: time.get_text()
        for time in incidents.page(TWO).find_all("time", class_="outage-due")
    }
    assert due["2026-06-17T09:55:00Z"] == "09:55 UTC (10:55 BST)"


def test_each_sign_of_the_drawing_leads_to_an_entry(incidents):
    page = incidents.page(ONE)
    links = {link["href"] for link in page.find(class_="outage-drawing").find_all("a")}
    assert len(links) > 15
    assert all(page.find(id=link.removeprefix("#")) for link in links)


def test_the_drawing_has_words_for_who_cannot_see_it(incidents):
    drawings = incidents.page(ONE).find_all("svg", class_="outage-timeline")
    assert drawings
    for drawing in drawings:
        named = drawing["aria-labelledby"], drawing["aria-describedby"]
        assert all(drawing.find(id=one).get_text(strip=True) for one in named)
        assert [link for link in drawing.find_all("a") if not link["aria-label"]] == []


def test_ids_are_unique_in_a_page(incidents):
    ids = [tag["id"] for tag in incidents.page(ONE).find_all(id=True)]
    assert len(ids) == len(set(ids))


def test_style_and_script_are_on_these_pages_only(incidents):
    assert "incident.js" in incidents.html(ONE)
    assert "incident.js" in incidents.html("incidents/index")
    assert "incident.js" not in incidents.html("index")


# ---------------------------------------------------------------- what is read again


def test_nothing_changed_reads_nothing(incidents):
    assert incidents.build().read == set()


def test_touching_files_reads_nothing(incidents):
    for path in (incidents.root / "incidents").rglob("*.[jy]*"):
        os.utime(path)
    assert incidents.build().read == set()


def test_a_new_entry_reads_its_page(incidents):
    add(incidents, "one", event(52, "note", text="one more thing"))
    assert incidents.build().read == {ONE}
    assert "one more thing" in incidents.words(ONE)


def test_a_new_severity_reads_its_page_and_the_list(incidents):
    add(incidents, "two", event(5, "severity", severity="sev1"))
    assert incidents.build().read == {TWO, "incidents/index"}


def test_another_policy_copy_reads_its_page(incidents):
    copy = POLICY.read_text(encoding="utf-8").replace("customers: 30m", "customers: 31m")
    incidents.write("incidents/one/policy.yml", copy)
    assert incidents.build().read == {ONE}


def test_the_handbooks_policy_does_not_matter_to_an_incident(incidents):
    incidents.policy("cadence: {responders: 15m}", "cadence: {responders: 20m}")
    assert not {ONE, TWO} & incidents.build().read


def test_a_new_run_reads_its_page(incidents):
    run(incidents, "one", *looked(text("4 sessions wait\n")), ended())
    assert incidents.build().read == {ONE}
    assert "4 sessions wait" in incidents.words(ONE)


def test_a_line_more_in_a_journal_reads_its_page(incidents):
    run(incidents, "one", *looked(text("first")))
    incidents.build()
    run(incidents, "one", *looked(text("first")), ended())
    assert incidents.build().read == {ONE}


def test_a_process_that_went_away_reads_the_page(incidents, monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "here")
    run(incidents, "one", ("cell", {"cell": 1, "state": "running"}), host="here")
    lock = (incidents.root / "incidents/one/runs/r1/alive.lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    incidents.build()
    assert "Abandoned" not in incidents.words(ONE)
    lock.close()
    assert incidents.build().read == {ONE}
    assert "Abandoned" in incidents.words(ONE)


def test_other_files_of_a_run_do_not_matter(incidents):
    run(incidents, "one", *looked(), ended())
    incidents.build()
    incidents.write("incidents/one/runs/r1/notebook.ipynb", "{}")
    assert incidents.build().read == set()


def test_a_new_incident_is_a_page_and_stands_in_the_list(incidents):
    incident(incidents, "three", told()[:1])
    built = incidents.build()
    assert built.warnings == ""
    assert {"incidents/three/index", "incidents/index"} <= built.read
    assert not {ONE, TWO} & built.read
    assert incidents.page("incidents/index").find("a", href="three/index.html")


def test_an_incident_that_goes_leaves_the_list(incidents):
    shutil.rmtree(incidents.root / "incidents/two")
    built = incidents.build()
    assert built.warnings == ""
    assert "two/index" not in incidents.html("incidents/index")


def test_several_processes_note_what_one_notes(site):
    site.write("incidents/index.md", INDEX)
    for number in range(8):
        incident(site, f"number{number}", told()[:4])
    assert site.build(parallel=2).warnings == ""
    add(site, "number3", event(6, "note", text="later"))
    assert site.build(parallel=2).read == {"incidents/number3/index"}
    assert site.build().read == set()


# ---------------------------------------------------------------- bad input


def assert_only_text(page, words):
    """The words are there to be read, and nothing came of them."""
    assert " ".join(one_line(words).split()) in " ".join(page.get_text().split())
    assert page.find_all(["script", "img", "iframe", "math", "b"]) == []
    assert not [link for link in page.find_all("a") if link.get("href", "").startswith("javascript")]
    assert not [tag for tag in page.find_all() for name in tag.attrs if name.startswith("on")]


def test_hostile_words_of_records_and_journals_are_shown_as_text(site):
    site.write("incidents/index.md", INDEX)
    for number, words in enumerate(HOSTILE):
        hostile_incident(site, f"h{number}", words)
    assert site.build().warnings == ""
    for number, words in enumerate(HOSTILE):
        assert_only_text(site.page(f"incidents/h{number}/index").find(class_="body"), words)
        assert_only_text(site.page("incidents/index").find(class_="body"), words)


def test_a_torn_record_is_told_and_no_warning(site):
    incident(site, "one", told())
    with record(site, "one").open("ab") as file:
        file.write(b'{"v":1,"id":"torn')
    built = site.build()
    assert built.warnings == ""
    assert "this line is torn" in site.words(ONE)
    assert "Orders wait behind a lock" in site.words(ONE)


def test_a_policy_copy_of_another_time_is_told_and_no_warning(site):
    incident(site, "one", told())
    site.write("incidents/one/policy.yml", "company: {name: x}\nseverities: {a: {name: A}}\nweather: rain\n")
    assert site.build().warnings == ""
    assert "nothing audited" in site.words(ONE)
    assert "unknown key" in site.words(ONE)


def test_an_incident_without_a_record_has_a_page(site):
    site.write("incidents/one/index.md", STUB)
    assert site.build().warnings == ""
    assert "Nobody has declared this incident" in site.words(ONE)


def test_a_journal_of_garbage_is_told(site):
    incident(site, "one", told())
    site.write("incidents/one/runs/r9/journal.jsonl", "\x00garbage\n")
    assert site.build().warnings == ""
    assert "no line that can be read" in site.words(ONE)


def test_a_timeline_belongs_to_an_incidents_page(site):
    site.pages(stray="```{timeline}\n```")
    assert "a timeline stands in the page of an incident" in site.build().warnings


@pytest.mark.parametrize("builder", ["text", "latex"])
def test_other_builders_leave_the_drawing_out(site, builder):
    incident(site, "one", told())
    assert site.build(builder=builder).warnings == ""


def test_two_builds_give_the_same_page(incidents):
    first = incidents.html(ONE)
    shutil.rmtree(incidents.root / "_build")
    incidents.build()
    assert re.sub(r"\?v=\w+", "", incidents.html(ONE)) == re.sub(r"\?v=\w+", "", first)


def test_a_company_without_incidents_builds_strictly(site):
    for name in ("incidents/index.md", "runbooks/index.md"):
        site.write(name, (ROOT / name).read_text(encoding="utf-8"))
    assert site.build().warnings == ""
    assert "No incident was ever declared here" in site.words("incidents/index")
    assert "no runbooks yet" in site.words("runbooks/index")


def test_what_a_run_printed_is_masked_and_what_it_did_is_not(incidents):
    said = "mail ada@example.org; select 1 where name = 'Ada'\n"
    action = {"target": "the order of ada@example.org", "command": "delete from orders where id = '7'"}
    run(
        incidents, "one",
        ("output", {"cell": 1, "output": {"output_type": "stream", "name": "stdout", "text": said}}),
        ("actions", {"cell": 1, "actions": [action], "digest": "sha256:0"}),
        ("ended", {"state": "failed", "code": 1, "reason": "no ada@example.org", "seconds": 1.0}),
        parameters={"who": "ada@example.org"},
    )  # fmt: skip
    incidents.build()
    html = incidents.html(ONE)
    assert "ada@example.org" not in html
    words = incidents.words(ONE)
    assert "mail [e-mail]; select 1 where name = '…'" in words
    assert "delete from orders where id = '7'" in words
