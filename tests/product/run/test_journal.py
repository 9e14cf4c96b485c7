"""The journal: what is written stays, what is torn is told, what was changed shows."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jsonschema
import nbformat
import pytest

from outage.errors import Failed
from outage.run import lines
from outage.run.fold import fold
from outage.run.history import load_run
from outage.run.journal import FILE, Journal, is_alive, parse_journal, read_journal
from outage.run.model import Run
from outage.run.notebook import derive_notebook
from outage.schemas import make_journal_schema

GOLDEN = Path(__file__).parent / "golden"
VALIDATOR = jsonschema.Draft202012Validator(make_journal_schema())


def golden_run() -> Run:
    reading = parse_journal((GOLDEN / FILE).read_bytes())
    return fold(Path("20261120-093000-touch-1a2b"), reading.lines, reading.troubles, alive=False)


def note(number: int) -> lines.SavedLine:
    return lines.SavedLine(cell=0, name=f"n{number}", value=number)


def write(folder: Path, count: int) -> bytes:
    journal = Journal(folder)
    for number in range(count):
        journal.append(note(number))
    journal.close()
    return (folder / FILE).read_bytes()


# ---- the format


def test_the_schema_accepts_every_golden_line_and_they_have_every_kind() -> None:
    raw = [json.loads(line) for line in (GOLDEN / FILE).read_text().splitlines()]
    for line in raw:
        VALIDATOR.validate(line)
    assert set(lines.KINDS) <= {line["kind"] for line in raw}


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "cell", "data": {"cell": 1, "step": "read", "state": "fine"}},
        {"prev": "0"},
        {"v": 2},
        {"at": 3},
    ],
)
def test_the_schema_refuses_what_is_no_line(change: dict[str, Any]) -> None:
    line = {"v": 1, "at": "2026-11-20T09:30:00Z", "kind": "x", "prev": "0" * 64, "data": {}}
    VALIDATOR.validate(line)
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate({**line, **change})


def test_the_golden_journal_folds_into_the_golden_run() -> None:
    folded = json.loads(json.dumps(asdict(golden_run()), default=str))
    assert folded == json.loads((GOLDEN / "run.json").read_text())


def test_the_golden_journal_gives_the_golden_notebook_which_is_a_valid_one() -> None:
    made = derive_notebook(golden_run())
    assert made == json.loads((GOLDEN / "notebook.json").read_text())
    nbformat.validate(nbformat.from_dict(made))


def test_kinds_that_we_do_not_know_are_kept_and_told() -> None:
    assert any("'heard', which this version does not know" in t.message for t in golden_run().troubles)


# ---- the chain


def test_a_sound_journal_has_no_trouble(tmp_path: Path) -> None:
    write(tmp_path, 3)
    reading = read_journal(tmp_path)
    assert [line.data["value"] for line in reading.lines] == [0, 1, 2]
    assert reading.troubles == ()


def test_the_chain_goes_on_where_another_process_left_it(tmp_path: Path) -> None:
    first = Journal(tmp_path)
    first.append(note(0))
    assert not first.was_added_to()
    second = Journal(tmp_path, runner=False)  # as an approver does, while the first has the file open
    second.append(note(1))
    second.close()
    assert first.was_added_to()
    first.append(note(2))
    first.close()
    reading = read_journal(tmp_path)
    assert [line.data["value"] for line in reading.lines] == [0, 1, 2]
    assert reading.troubles == ()


@pytest.mark.parametrize("edited", [0, 1])
def test_an_edited_line_shows_at_the_next_one(tmp_path: Path, edited: int) -> None:
    content = write(tmp_path, 3).replace(f'"value":{edited}'.encode(), b'"value":9')
    troubles = parse_journal(content).troubles
    assert [trouble.line for trouble in troubles] == [edited + 2]
    assert "the chain is broken here" in troubles[0].message


def test_a_removed_line_shows(tmp_path: Path) -> None:
    first, _, third = write(tmp_path, 3).splitlines(keepends=True)
    assert [trouble.line for trouble in parse_journal(first + third).troubles] == [2]


def test_an_inserted_line_shows(tmp_path: Path) -> None:
    first, second = write(tmp_path, 2).splitlines(keepends=True)
    assert [trouble.line for trouble in parse_journal(first + first + second).troubles] == [2]


def test_every_torn_tail_costs_its_line_only(tmp_path: Path) -> None:
    content = write(tmp_path, 2)
    start = content.index(b"\n") + 1
    for end in range(start + 1, len(content) - 1):
        reading = parse_journal(content[:end])
        assert [line.data["value"] for line in reading.lines] == [0]
        assert [trouble.line for trouble in reading.troubles] == [2]
    assert parse_journal(content[:-1]).troubles == ()


def test_a_journal_goes_on_behind_a_torn_tail_with_the_chain_whole(tmp_path: Path) -> None:
    content = write(tmp_path, 2)
    (tmp_path / FILE).write_bytes(content[:-20])
    journal = Journal(tmp_path)
    journal.append(note(5))
    journal.close()
    reading = read_journal(tmp_path)
    assert [line.data["value"] for line in reading.lines] == [0, 5]
    assert [trouble.message for trouble in reading.troubles] == [
        "this line is torn or is no line of a journal, and is left out"
    ]


@pytest.mark.parametrize(
    "junk", [b"\n", b"[]\n", b'"x"\n', b"\xff\xfe\n", b'{"at": 1}\n', b"[" * 9999 + b"\n"]
)
def test_junk_between_lines_is_trouble_and_never_an_error(tmp_path: Path, junk: bytes) -> None:
    first, second = write(tmp_path, 2).splitlines(keepends=True)
    reading = parse_journal(first + junk + second)
    assert [line.data["value"] for line in reading.lines] == [0, 1]
    assert reading.troubles[0].line == 2


def test_a_line_is_safe_to_cat_and_reads_back_as_it_was(tmp_path: Path) -> None:
    hostile = "\x1b[2J\x7f\x9b31m\u202e é 🙂"
    journal = Journal(tmp_path)
    journal.append(lines.SavedLine(cell=0, name="x", value=hostile))
    journal.append(lines.SavedLine(cell=0, name="x", value="lone \ud800"))
    journal.close()
    content = (tmp_path / FILE).read_text()
    assert content.replace("\n", "").isprintable()
    assert read_journal(tmp_path).lines[0].data["value"] == hostile


def test_a_full_disk_is_a_failure_in_words(tmp_path: Path) -> None:
    (tmp_path / FILE).symlink_to("/dev/full")
    journal = Journal(tmp_path)
    with pytest.raises(Failed, match="the journal cannot be written: No space left on device"):
        journal.append(note(0))
    journal.close()


def test_reading_what_is_not_there_is_a_failure_in_words(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="the journal cannot be read: No such file"):
        load_run(tmp_path)
    (tmp_path / FILE).write_bytes(b"{")
    with pytest.raises(Failed, match="holds no line that can be read"):
        load_run(tmp_path)


# ---- who lives


def test_a_run_lives_as_long_as_its_process_holds_the_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert is_alive(tmp_path)
    journal.close()
    assert not is_alive(tmp_path)


def cut_before(kind: str) -> bytes:
    content = (GOLDEN / FILE).read_bytes().splitlines(keepends=True)
    first = next(number for number, line in enumerate(content) if f'"kind":"{kind}"'.encode() in line)
    return b"".join(content[: first + 1]) if kind == "cell" else b"".join(content[:first])


def test_a_run_whose_process_vanished_reads_as_abandoned_its_started_cell_as_unknown(tmp_path: Path) -> None:
    content = cut_before("cell").replace(b'"host":"db-admin"', f'"host":"{os.uname().nodename}"'.encode())
    (tmp_path / FILE).write_bytes(content)
    run = load_run(tmp_path)
    assert run.state == "abandoned"
    assert [cell.state for cell in run.cells if cell.step][:2] == ["started-unknown", "never-ran"]


def test_a_run_of_another_machine_is_not_called_abandoned_here(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(cut_before("cell"))
    run = load_run(tmp_path)
    assert run.state == "running"
    assert "last heard of from db-admin" in run.reason


def test_a_run_whose_process_went_while_it_waited_waits_still(tmp_path: Path) -> None:
    content = (GOLDEN / FILE).read_bytes().splitlines(keepends=True)
    waiting = next(number for number, line in enumerate(content) if b'"state":"waiting"' in line)
    here = f'"host":"{os.uname().nodename}"'.encode()
    (tmp_path / FILE).write_bytes(b"".join(content[: waiting + 1]).replace(b'"host":"db-admin"', here))
    run = load_run(tmp_path)
    assert (run.state, run.reason) == ("waiting", "waiting at cell 4")
