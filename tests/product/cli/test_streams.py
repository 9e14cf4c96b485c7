"""Standard streams that are closed, full or missing, and a full disk: words, and the right exit code."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from outage import cli
from tests.product.cli.processes import OUTAGE
from tests.product.run.build import Handbook, code, reading

FULL = "standard output cannot be written: No space left on device"


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of a shell in which ``outage`` is the command."""
    words = " ".join(f"'{word}'" for word in OUTAGE)
    script = f'outage() {{ {words} "$@"; }}\n{line}'
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False)


def incidents(handbook: Handbook) -> list[Path]:
    return list((handbook.root / "incidents").glob("[0-9]*"))


@pytest.mark.parametrize(
    ("gone", "reason"), [("> /dev/full", "No space left on device"), (">&-", "it is closed")]
)
def test_what_was_declared_counts_although_it_could_not_be_shown(
    handbook: Handbook, gone: str, reason: str
) -> None:
    done = shell(f"outage declare 'Orders wait' --drill {gone}")
    assert done.returncode == 0, done.stderr
    assert f"standard output cannot be written: {reason}" in done.stderr
    assert "was carried out all the same, so don't repeat it" in done.stderr
    (folder,) = incidents(handbook)
    lines = (folder / "record.jsonl").read_text().splitlines()
    assert [json.loads(line)["kind"] for line in lines][:1] == ["declared"]


@pytest.mark.parametrize("command", ["runs", "runbooks", "--help"])
def test_what_only_shows_has_failed_if_it_could_not_be_shown(handbook: Handbook, command: str) -> None:
    handbook.write("book", reading("print(1)"))
    done = shell(f"outage {command} > /dev/full")
    assert done.returncode == 1
    assert FULL in done.stderr
    assert "nothing was changed" in done.stderr


def test_a_reader_who_leaves_is_no_failure(handbook: Handbook) -> None:
    handbook.write("book", reading("print(1)"))
    done = shell("set -o pipefail; outage runbooks | true")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", "> /dev/full 2> /dev/full"])
def test_a_run_goes_on_whichever_stream_is_gone(handbook: Handbook, closed: str) -> None:
    handbook.write("book", reading("print('tea')"))
    assert shell(f"outage run book {closed}").returncode == 0
    (run,) = handbook.runs()
    journal = [json.loads(line) for line in (run / "journal.jsonl").read_text().splitlines()]
    assert journal[-1]["data"]["state"] == "succeeded"
    outputs = [line["data"]["output"]["text"] for line in journal if line["kind"] == "output"]
    assert outputs == ["tea\n"]


def test_a_run_that_fails_keeps_its_exit_code(handbook: Handbook) -> None:
    handbook.write("book", [code("parameters", "# none"), code("read", "raise ValueError('tea')")])
    done = shell("outage run book > /dev/full")
    assert done.returncode == 1
    assert FULL in done.stderr
    assert "carried out" not in done.stderr


def test_a_disk_without_room_is_told_in_words(handbook: Handbook) -> None:
    done = shell("ulimit -f 0; outage declare 'Orders wait' --drill | cat; exit ${PIPESTATUS[0]}")
    assert done.returncode == 1
    assert "cannot be written: File too large" in done.stderr
    assert "fault in the tool" not in done.stderr


def test_a_fault_of_ours_is_told_where_no_file_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/nonexistent")
    try:
        raise KeyError("tea")
    except KeyError as error:
        said = cli._report_unexpected(error)
    assert "a fault in the tool itself: KeyError: 'tea'" in said
    assert "It happened at " in said
    assert "no file could be written (No such file or directory)" in said
