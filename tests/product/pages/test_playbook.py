"""A playbook's page on a small site: read again exactly when it says something else, refused in words."""

from __future__ import annotations

import json

import pytest

from outage.incident.folders import STUB
from tests.product.pages.playbooks import PAGE, PLAYBOOK
from tests.product.playbook.company import TEXT as POLICY
from tests.product.playbook.story import DECLARED, event

POLICY_PAGE = "process/policy"


@pytest.fixture
def built(site):
    site.write("playbooks/small.yml", PLAYBOOK)
    site.write("playbooks/small.md", PAGE)
    site.pages(a="Nothing of it here.")
    assert site.build().warnings == ""
    return site


def edit(site, old, new):
    path = site.root / "playbooks/small.yml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_page_is_a_list_of_tick_boxes_with_the_controls_above(built):
    page = built.page("playbooks/small")
    section = page.find(class_="body") or page
    order = [
        tag["class"][0] for tag in section.find_all(class_=["outage-playbook", "outage-tasks", "outage-bar"])
    ]
    assert order == ["outage-playbook", "outage-tasks", "outage-bar"]
    assert [box["id"] for box in page.find_all("input", type="checkbox")] == ["tick-look", "tick-tell"]
    label = page.find("label", attrs={"for": "tick-look"})
    assert label.get_text() == "Look in #outages"
    assert label.find("a") is None  # a tap on it ticks, and leads nowhere else
    assert "Expert" not in label.get_text()
    assert (
        page.find(id="who-look").get_text() == "Subject matter expert, within 10 minutes of the declaration"
    )


def test_its_data_cannot_leave_their_script(site):
    site.policy("name: Testers", "name: '</script><b>Testers'")
    site.write("playbooks/small.yml", PLAYBOOK)
    site.write("playbooks/small.md", PAGE)
    site.pages(a="x")
    site.build()
    script = site.page("playbooks/small").find("script", class_="outage-playbook-data")
    assert json.loads(script.string)["key"] == "outage-playbook/</script><b>Testers/small"


@pytest.mark.parametrize(
    ("old", "new", "read"),
    [
        ("Look in", "Look hard in", True),
        ("severity.commander", "incident.threshold", True),
        ("name: Small", "name: Smaller", True),
        ("phases:", "# a remark\nphases:", False),
    ],
)
def test_an_edit_of_the_playbook_is_read_when_it_says_something_else(built, old, new, read):
    edit(built, old, new)
    assert built.build().read == ({"playbooks/small"} if read else set())


@pytest.mark.parametrize(
    ("old", "new", "read"),
    [
        ("commander: 10m", "commander: 12m", True),
        ("threshold: 30m", "threshold: 40m", True),
        ("divisions:\n  north: {name: North}\n", "", True),
        ("Little is lost", "Less is lost", False),
        ("cadence: {responders: 2h}", "cadence: {responders: 3h}", False),
    ],
)
def test_an_edit_of_the_policy_reads_the_page_when_it_shows_that_value(built, old, new, read):
    built.policy(old, new)
    again = built.build()
    assert again.warnings == ""
    assert again.read - {POLICY_PAGE, "index"} == ({"playbooks/small"} if read else set())


def test_several_processes_note_what_one_notes(built):
    built.pages(**{f"filler{number}": "Nothing." for number in range(20)})
    built.build(parallel=2, freshenv=True)
    assert built.build(parallel=2).read == set()
    edit(built, "Look in", "Look hard in")
    assert built.build(parallel=2).read == {"playbooks/small"}


def test_a_wrong_playbook_stops_the_build_in_words(built, capsys):
    edit(built, "severity.commander", "10m")
    with pytest.raises(SystemExit) as stopped:
        built.build()
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("playbooks/small.yml:13: phases.first.steps.look.due: '10m' is a length of time")
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("name", "hint"), [("smal", "did you mean 'small'?"), ("database", "known here: small")]
)
def test_a_playbook_that_is_not_there_is_a_warning_that_names_what_is(built, name, hint):
    built.write("playbooks/other.md", f"# Other\n\n```{{playbook}} {name}\n```\n")
    assert f"there is no playbook '{name}': {hint}" in built.build().warnings


def test_elsewhere_than_on_a_web_page_it_is_a_list(built):
    built.build(builder="text")
    text = (built.root / "_build/text/playbooks/small.txt").read_text(encoding="utf-8")
    assert "* Look in #outages" in text
    assert "**Good:** Somebody has looked" in text
    assert "Start the clock" not in text


def test_an_incident_s_page_follows_the_playbook_that_it_uses(built):
    for name, events in {
        "uses": [DECLARED, event(1, "playbook", playbook="small", state="started")],
        "uses-none": [DECLARED],
    }.items():
        built.write(f"incidents/{name}/index.md", STUB)
        built.write(f"incidents/{name}/policy.yml", POLICY)
        built.write(f"incidents/{name}/record.jsonl", "".join(one.to_line().decode() for one in events))
    assert built.build().warnings == ""
    assert "Small: 0 of 1 steps settled" in built.words("incidents/uses/index")
    assert built.page("incidents/uses-none/index").find(id="playbook") is None
    edit(built, "Look in", "Look hard in")
    assert built.build().read == {"playbooks/small", "incidents/uses/index"}
    assert "Look hard in" in built.words("incidents/uses/index")
