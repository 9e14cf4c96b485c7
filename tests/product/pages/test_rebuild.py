"""Editing the policy rebuilds exactly the pages that show what changed."""

from __future__ import annotations

import shutil

import pytest

POLICY_PAGE = "process/policy"

PAGES = {
    "threshold": "{policy}`incident.threshold`",
    "highest": "{policy}`severities.highest.cadence.responders`",
    "by-id": "{policy}`severities.low.cadence.responders`",
    "name": "{severity}`high`",
    "matrix": "```{severity-matrix}\n```",
    "cadence": "```{cadence-table}\n```",
    "when": "```{when} divisions\nIn your division.\n```",
    "inside": "```{when} divisions\nWithin {policy}`incident.threshold`.\n```",
    "form": "```{classify-form}\n```",
    "link": "[the threshold](#incident.threshold)",
    "nothing": "No rule here.",
}


@pytest.fixture
def built(site):
    site.pages(**PAGES)
    assert site.build().warnings == ""
    return site


@pytest.mark.parametrize(
    ("old", "new", "shown_on"),
    [
        ("threshold: 30m", "threshold: 40m", {"threshold", "inside"}),
        ("cadence: {responders: 15m}", "cadence: {responders: 20m}", {"highest", "cadence"}),
        ("cadence: {responders: 2h}", "cadence: {responders: 3h}", {"by-id", "cadence"}),
        ("commander: 10m", "commander: 12m", {"matrix"}),
        ("name: High", "name: Higher", {"name", "matrix", "cadence", "form"}),
        ("All is lost", "Most is lost", {"matrix", "form"}),
        ("threshold: 30m", "threshold: 30 minutes", set()),
    ],
)
def test_one_edit_rebuilds_the_pages_that_show_it(built, old, new, shown_on):
    built.policy(old, new)
    again = built.build()
    assert again.warnings == ""
    assert again.read - {POLICY_PAGE} == shown_on - {"nothing"}


def test_nothing_changed_reads_nothing(built):
    assert built.build().read == set()


def test_a_comment_moves_lines_and_rebuilds_what_shows_lines(built):
    built.policy("company:", "# A remark.\ncompany:")
    assert built.build().read == {POLICY_PAGE}


def test_a_new_worst_severity_rebuilds_what_says_highest(built):
    built.policy(
        "severities:\n", "severities:\n  worst: {name: Worst, meaning: x, cadence: {responders: 5m}}\n"
    )
    read = built.build().read
    assert {"highest", "matrix", "cadence", "form"} <= read
    assert {"by-id", "threshold", "when", "nothing"} & read == set()
    assert "5 minutes" in built.words("highest")


def test_a_part_that_goes_rebuilds_the_text_that_depended_on_it(built):
    built.policy("divisions:\n  north: {name: North}\n", "")
    again = built.build()
    assert {"when", "inside"} <= again.read
    assert "In your division." not in built.words("when")


def test_a_value_that_goes_is_warned_about_and_noticed_when_it_is_back(site):
    site.policy("incident:", "resources: {spares: In the cellar}\nincident:")
    site.pages(a="{policy}`resources.spares`", b="No rule here.")
    assert site.build().warnings == ""
    site.policy("resources: {spares: In the cellar}\n", "")
    assert "resources has no 'spares'" in site.build().warnings
    site.policy("incident:", "resources: {spares: In the attic}\nincident:")
    again = site.build()
    assert again.read == {"a", POLICY_PAGE}
    assert "In the attic" in site.words("a")


def test_another_company_is_another_setting(built):
    built.write("other.yml", (built.root / "handbook.yml").read_text().replace("30m", "50m"))
    again = built.build(outage_policy="other.yml")
    assert again.read == {"threshold", "inside", POLICY_PAGE}
    assert "50 minutes" in built.words("threshold")


def test_a_page_that_goes_takes_its_notes_with_it(built):
    (built.root / "threshold.md").unlink()
    built.build()
    assert "threshold" not in built.data["used"]
    (built.root / "process/policy.md").unlink()
    built.pages(name="x", highest="x", link="x", matrix="x", cadence="x", inside="x", form="x")
    built.write("by-id.md", "# x")
    assert built.build().warnings == ""
    assert built.data["anchors"] == {}


GOING = """# Going

![a picture](own.png) ![another](shared.png) {download}`a file <own.txt>`

(label-of-it)=

## A part of it
"""


@pytest.fixture
def linked(site):
    """Pages in every way of leading to one that will go, which has a picture and a download of its own."""
    for name in ("own.png", "shared.png", "own.txt"):
        site.write(f"cases/{name}", name)
    site.write("cases/going.md", GOING)
    site.write("cases/index.md", "# Cases\n\n```{toctree}\n:glob:\n*\n```\n")
    site.write("cases/staying.md", "# Staying\n\n![a picture](shared.png)\n")
    site.pages(
        doc="{doc}`/cases/going`",
        file="[words](cases/going.md)",
        label="{ref}`label-of-it`",
        listed="```{toctree}\ncases/going\n```",
        nothing="No link.",
    )
    assert site.build(html_copy_source=True).warnings == ""
    assert len([path for path in built_files(site) if "going" in path or "own" in path]) == 5
    return site


def built_files(site):
    """What is in the site and in what Sphinx keeps of it, page by page."""
    found = [path for path in (site.root / "_build").rglob("*") if path.is_file()]
    return {
        str(path.relative_to(site.root / "_build"))
        for path in found
        if path.suffix not in (".pickle", ".js", ".css") and "static" not in str(path)
    }


@pytest.mark.parametrize("forgotten", [False, True], ids=["with its notes", "after a failed build"])
def test_a_build_after_a_page_went_ends_as_one_from_nothing(linked, forgotten):
    for name in ("going.md", "own.png", "own.txt"):
        (linked.root / "cases" / name).unlink()
    if forgotten:  # the Makefile drops them when a build had warnings
        shutil.rmtree(linked.root / "_build/doctrees")
    again = linked.build(html_copy_source=True)
    pages = {name: linked.html(name) for name in ("nothing", "index", "cases/index", "cases/staying")}
    left, index = built_files(linked), (linked.root / "_build/html/searchindex.js").read_text()
    shutil.rmtree(linked.root / "_build")
    clean = linked.build(html_copy_source=True)
    assert sorted(again.warnings.splitlines()) == sorted(clean.warnings.splitlines())
    assert {line.split(":")[0] for line in again.warnings.splitlines()} == {
        "doc.md", "file.md", "label.md", "listed.md"
    }  # fmt: skip
    beside = {"html/_downloads", "html/_images"} if forgotten else set()
    assert {path for path in left - built_files(linked) if not path.startswith(tuple(beside))} == set()
    assert "going" not in index
    for name, text in pages.items():
        assert text == linked.html(name), name


def test_what_is_no_page_of_ours_stays_in_the_site(linked):
    for name in ("CNAME", "going.html", "cases/going.txt"):
        linked.write(f"_build/html/{name}", "x")
    (linked.root / "cases/going.md").unlink()
    linked.build()
    html = linked.root / "_build/html"
    assert [name for name in ("CNAME", "going.html", "cases/going.txt") if not (html / name).is_file()] == []
    assert not (html / "cases/going.html").exists()


def test_several_processes_note_what_one_notes(site):
    texts = list(PAGES.values())
    site.pages(**{f"page{n}": texts[n % len(texts)] for n in range(40)})
    assert site.build(parallel=2).warnings == ""
    in_two = site.data
    shutil.rmtree(site.root / "_build")
    site.build()
    assert set(in_two["used"]) > {"page0", "page33", POLICY_PAGE}
    assert in_two == site.data


def test_an_edit_after_a_parallel_build_rebuilds_the_same_pages(site):
    site.pages(**PAGES, **{f"filler{n}": "No rule here." for n in range(10)})
    site.build(parallel=2)
    site.policy("threshold: 30m", "threshold: 40m")
    assert site.build(parallel=2).read == {"threshold", "inside", POLICY_PAGE}


def test_nothing_of_the_policy_is_pickled(built):
    kept = [path.read_bytes() for path in (built.root / "_build/doctrees").rglob("*") if path.is_file()]
    assert len(kept) > len(PAGES)
    assert not any(b"outage.policy" in data for data in kept)


def test_pages_that_other_code_has_read_are_read_again(built, monkeypatch):
    monkeypatch.setattr("outage.pages._code", lambda: 7)
    assert built.build().read >= set(PAGES)
