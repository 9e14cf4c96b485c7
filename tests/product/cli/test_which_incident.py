"""Which incident is meant: ids that nobody else can have, and the words by which one is found."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from outage.check.handbook import check
from outage.incident import folders
from outage.incident.folders import CODE, draw_code
from outage.incident.record import FILE, append, load
from outage.project import find_project
from tests.product.cli.desk import Terminal

TITLES = [
    "\u6570\u636e\u5e93\u5b95\u673a",
    "\u041d\u0435 \u0440\u0430\u0431\u043e\u0442\u0430\u0435\u0442",
    "\U0001f525\U0001f525",
    "Disk full",
    "Disk full!",
]


# ---------------------------------------------------------------- ids


def test_two_declarations_never_share_an_id_whatever_their_titles(outage: Terminal) -> None:
    long = "Customers in Germany and Austria cannot"
    for title in [*TITLES, *TITLES, f"{long} pay by card", f"{long} log in"]:
        outage.ok("declare", title)
    assert len({folder.name for folder in outage.folders}) == 12
    assert [len(load(folder).entries) for folder in outage.folders] == [1] * 12


def test_a_title_without_ascii_makes_an_incident_with_a_name_of_its_own(outage: Terminal) -> None:
    outage.ok("declare", TITLES[0])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d-incident-[a-z0-9]{4}", outage.folder.name)


def test_the_end_of_an_id_is_no_word_and_no_number() -> None:
    for code in (draw_code() for _ in range(500)):
        assert re.fullmatch(r"[2-9b-df-hj-np-tv-z]{4}", code)
        assert not code.isalpha()
        assert not code.isdigit()


def test_an_id_that_is_taken_is_drawn_again(outage: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = iter(["k3f7", "k3f7", "w2x9"])
    monkeypatch.setattr(folders, "draw_code", lambda: next(codes))
    outage.ok("declare", "Disk full")
    outage.ok("declare", "Disk full")
    assert [folder.name[-CODE:] for folder in outage.folders] == ["k3f7", "w2x9"]


def test_ids_from_before_stay_valid(outage: Terminal) -> None:
    old = outage.root / "incidents" / "2026-01-05-checkout-is-down"
    old.mkdir(parents=True)
    append(old, "declared", {"title": "Checkout is down"}, by="Ines")
    outage.ok("note", "x")
    outage.ok("note", "y", "--incident", "2026-01-05-checkout-is-down")
    assert [entry.text for entry in load(old).entries] == ["Checkout is down", "x", "y"]


# ---------------------------------------------------------------- found


def test_the_last_four_characters_are_enough(outage: Terminal) -> None:
    outage.ok("declare", "Disk full")
    outage.ok("declare", "Disk full")
    for folder in outage.folders:
        assert folder.name in outage.ok("status", folder.name[-4:])
        assert folder.name in outage.ok("note", "x", "--incident", folder.name[-4:].upper())


def test_two_incidents_named_at_once_are_refused_but_a_text_wins_over_the_variable(
    outage: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage.ok("declare", "Disk full")
    outage.ok("declare", "Login is slow")
    for command in ("status", "timeline", "audit"):
        assert "two incidents are named" in outage.refused(command, "disk", "--incident", "login")
    monkeypatch.setenv("OUTAGE_INCIDENT", "login")
    assert "Disk full" in outage.ok("status", "disk")


def test_the_end_of_an_id_goes_before_what_stands_in_another(outage: Terminal) -> None:
    for name in ("2026-01-05-host-k3f7-is-down-w2x9", "2026-01-06-disk-full-k3f7"):
        (outage.root / "incidents" / name).mkdir(parents=True)
        append(outage.root / "incidents" / name, "declared", {"title": "x"}, by="Ines")
    assert "2026-01-06-disk-full-k3f7" in outage.ok("status", "k3f7")
    assert "2026-01-05-host-k3f7-is-down-w2x9" in outage.ok("status", "host-k3f7")


@pytest.mark.parametrize(
    ("title", "typed"),
    [
        ("\u6570\u636e\u5e93\u5b95\u673a", "\u5b95\u673a"),
        (
            "\u041d\u0435\u0442 \u043e\u043f\u043b\u0430\u0442\u0430",
            "\u041e\u041f\u041b\u0410\u0422\u0410",
        ),
        ("\U0001f525\U0001f525", "\U0001f525"),
        ("Zahlung schl\u00e4gt fehl", "schla\u0308gt"),  # the letter as two characters
        ("\uff21\uff30\uff29 is down", "api"),  # letters of double width
        ("Checkout is down", "OUT IS  DOWN"),
    ],
)
def test_any_part_of_a_title_in_any_script_finds_it(outage: Terminal, title: str, typed: str) -> None:
    outage.ok("declare", "Something else")
    outage.ok("declare", title)
    assert title in outage.ok("status", typed)
    assert title in outage.ok("status", *typed.split())
    assert title in outage.ok("timeline", typed)
    assert outage("audit", typed).code == 0
    outage.ok("note", "x", "--incident", typed)


def test_a_title_as_it_was_corrected_is_what_is_searched(outage: Terminal) -> None:
    outage.ok("declare", "First")
    outage.ok("correct", outage.incident.declared_event[:8], "Orders wait")
    assert "Orders wait" in outage.ok("status", "orders")


def test_words_that_fit_several_list_them_with_their_titles(outage: Terminal) -> None:
    outage.ok("declare", "\u6570\u636e \u4e00")
    outage.ok("declare", "\u6570\u636e \u4e8c")
    said = outage.refused("note", "x", "--incident", "\u6570\u636e")
    assert "fits several incidents" in said
    for folder in outage.folders:
        assert f"{folder.name}  {load(folder).title}" in said


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_name_is_no_name(outage: Terminal, monkeypatch: pytest.MonkeyPatch, blank: str) -> None:
    outage.ok("declare", "First")
    monkeypatch.setenv("OUTAGE_INCIDENT", blank)
    outage.ok("note", "x")
    assert outage.texts() == ["First", "x"]


def test_the_newest_is_the_one_declared_last_whatever_its_title(outage: Terminal) -> None:
    minutes = {"Alpha": 10, "Zulu": 30, "Mike": 20}
    now = datetime.now(UTC)
    for title, ago in minutes.items():
        outage.ok("declare", title, "--at", (now - timedelta(minutes=ago)).isoformat())
    listed = [one["title"] for one in outage("status", "--json").data]
    assert listed == ["Alpha", "Mike", "Zulu"]
    for title in minutes:
        outage.ok("stage", "closed", "--incident", title)
    newest = outage.named("alpha").name
    assert f"--incident {newest} names the newest of the closed ones" in outage.refused("note", "x")
    assert [one["title"] for one in outage("status", "--all", "--json").data] == ["Alpha", "Mike", "Zulu"]


# ---------------------------------------------------------------- what is not an incident


COPIES = ["{} (copy)", "{} - Copy", "{} copy", "{} 2", "Kopie von {}", "{}~", "{}?", "{}[1]", "-{}", ".{}"]


@pytest.mark.parametrize("pattern", COPIES)
def test_a_copy_by_a_file_manager_is_named_and_left_out(outage: Terminal, pattern: str) -> None:
    outage.ok("declare", "First")
    name = pattern.format(outage.folder.name)
    shutil.copytree(outage.folder, outage.root / "incidents" / name)
    outage.ok("note", "goes to the real one")
    said = outage.ok("status")
    assert f"incidents/{name} is not read as an incident: its name has other characters" in said
    assert "delete it if it is a copy" in said
    assert "is not read as an incident" in outage.refused("note", "x", "--incident", name)


def outside(outage: Terminal) -> Path:
    """A folder that is no part of the handbook, with files that somebody needs."""
    found = outage.root / ".elsewhere"
    found.mkdir()
    for name in (FILE, "index.md"):
        (found / name).write_text("precious\n")
    return found


def test_a_record_that_is_a_link_is_neither_read_nor_written(outage: Terminal) -> None:
    elsewhere = outside(outage)
    outage.ok("declare", "First")
    linked = outage.root / "incidents" / "2026-01-02-linked"
    linked.mkdir()
    (linked / FILE).symlink_to(elsewhere / FILE)
    assert "its record.jsonl is a link" in outage.refused("note", "x", "--incident", linked.name)
    assert f"incidents/{linked.name} is not read as an incident" in outage.ok("status")
    assert "precious" not in outage.ok("status") + outage.ok("note", "y")
    assert (elsewhere / FILE).read_text() == "precious\n"


def test_an_incident_that_is_a_link_is_not_written_through(outage: Terminal) -> None:
    elsewhere = outside(outage)
    outage.ok("declare", "First")
    (outage.root / "incidents" / "2026-01-02-linked").symlink_to(elsewhere)
    assert "it is a link" in outage.refused("note", "x", "--incident", "2026-01-02-linked")
    assert sorted(path.name for path in elsewhere.iterdir()) == sorted([FILE, "index.md"])


def test_a_page_that_is_a_link_is_not_written_through(outage: Terminal) -> None:
    outage.ok("declare", "First")
    (outage.folder / "index.md").unlink()
    (outage.folder / "index.md").symlink_to(outage.root / "not-there.md")
    outage.ok("note", "x")
    assert not (outage.root / "not-there.md").exists()


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_what_is_no_file_in_a_records_place_stops_nothing(
    outage: Terminal, make: Callable[[Path], None]
) -> None:
    outage.ok("declare", "First")
    (outage.root / "incidents" / "2026-01-02-odd").mkdir()
    make(outage.root / "incidents" / "2026-01-02-odd" / FILE)
    outage.ok("note", "x")
    assert "its record.jsonl is not a file" in outage.ok("status", "--all")


def test_what_is_not_an_incident_is_a_finding_of_check(outage: Terminal) -> None:
    outage.ok("declare", "First")
    shutil.copytree(outage.folder, outage.root / "incidents" / f"{outage.folder.name} (copy)")
    found = [str(problem) for problem in check(find_project())]
    assert [one for one in found if "(copy): this is not read as an incident" in one]


@pytest.mark.parametrize("name", [".outbox", ".sync"])
def test_what_is_kept_beside_a_record_is_written_through_no_link(
    outage: Terminal, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with (outage.root / "handbook.yml").open("a") as file:
        file.write("sync: {automatic: true}\n")
    subprocess.run(["git", "init", "-q"], cwd=outage.root, check=True)
    subprocess.run(
        ["git", "remote", "add", "origin", str(outage.root / "gone.git")], cwd=outage.root, check=True
    )
    elsewhere = outage.root / ".elsewhere"
    elsewhere.mkdir()
    folder = outage.root / "incidents" / "2026-01-05-x"
    folder.mkdir(parents=True)
    append(folder, "declared", {"title": "x"}, by="Ines")
    (folder / name).symlink_to(elsewhere)
    monkeypatch.setenv("INCIDENT_URL", "json://127.0.0.1:9/")
    outage.ok("stage", "identified")
    assert outage("sync").code == 1
    assert list(elsewhere.iterdir()) == []
