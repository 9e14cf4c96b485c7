"""A record that was committed with git's conflict markers fails the check, and the check says what to do."""

from pathlib import Path

from outage.check.records import check_records
from outage.incident.record import FILE, append
from outage.project import Project


def test_the_first_marker_of_each_record_is_named_with_the_command_that_repairs_it(tmp_path: Path) -> None:
    for name in ("2026-11-20-orders", "2026-11-21-mail"):
        folder = tmp_path / "incidents" / name
        folder.mkdir(parents=True)
        append(folder, "note", {"text": "x"}, by="x")
    with (tmp_path / "incidents" / "2026-11-20-orders" / FILE).open("ab") as file:
        file.write(b"<<<<<<< HEAD\n=======\n>>>>>>> main\n")
    (found,) = check_records(Project(tmp_path, tmp_path / "handbook.yml"))
    assert found.where == "incidents/2026-11-20-orders/record.jsonl:2"
    assert found.hint == "'outage sync --incident 2026-11-20-orders' takes them out and keeps every event"
