"""The file of a record: what was appended lasts, and what was torn costs only itself."""

import json
import multiprocessing
import os
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from outage.errors import Failed, Refused
from outage.incident.record import FILE, append, read
from outage.incident.record.event import Event, format_moment, parse_moment
from outage.incident.record.store import read_bytes, write

AT = datetime(2026, 6, 17, 9, 40, tzinfo=UTC)


def note(text: str, number: int = 0) -> Event:
    name = f"{number:08d}-0000-4000-8000-000000000000"
    return Event(1, name, AT, AT, "Ines", "outage", "note", {"text": text})


def texts(content: bytes) -> list[str]:
    return [str(event.data.get("text")) for event in read_bytes(content, Path(FILE)).events]


def test_what_is_appended_is_read_back(tmp_path: Path) -> None:
    event = append(tmp_path, "note", {"text": "  queue is full "}, by="Ines", at=AT)
    assert read(tmp_path).events == (event,)
    assert event.data == {"text": "queue is full"}
    assert (event.at, event.v, event.writer) == (AT, 1, "outage")
    assert event.recorded > event.at


def test_a_line_is_one_json_object_with_these_keys_in_this_order(tmp_path: Path) -> None:
    append(tmp_path, "note", {"text": "x"}, by="Ines")
    line = (tmp_path / FILE).read_text()
    assert line.count("\n") == 1
    assert list(json.loads(line)) == ["v", "id", "at", "recorded", "n", "by", "writer", "kind", "data"]


def test_an_empty_or_missing_record_holds_nothing(tmp_path: Path) -> None:
    assert read(tmp_path).events == ()
    (tmp_path / FILE).touch()
    assert read(tmp_path) == read(tmp_path / "nowhere")


def test_reading_never_writes(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(note("x").to_line() + b"torn")
    before = (tmp_path / FILE).stat()
    read(tmp_path)
    after = (tmp_path / FILE).stat()
    assert (after.st_mtime_ns, after.st_size, after.st_ino) == (
        before.st_mtime_ns,
        before.st_size,
        before.st_ino,
    )


def test_a_record_cut_anywhere_loses_only_the_line_that_was_cut() -> None:
    lines = [note(f"note {n}, with 'quotes' \" and ünïcödé \u202e", n).to_line() for n in range(3)]
    content = b"".join(lines)
    for cut in range(len(content) + 1):
        whole = [f"note {n}, with" for n in range(3) if cut >= len(b"".join(lines[: n + 1])) - 1]
        found = read_bytes(content[:cut], Path(FILE))
        assert [str(event.data["text"])[:12] for event in found.events] == whole
        torn = cut not in {0, *(len(b"".join(lines[: n + 1])) - end for n in range(3) for end in (0, 1))}
        assert len(found.problems) == torn


def test_an_event_appended_after_a_cut_anywhere_is_never_swallowed(tmp_path: Path) -> None:
    line, path = note("first").to_line(), tmp_path / FILE
    for cut in range(len(line) + 1):
        path.write_bytes(line[:cut])
        write(tmp_path, note("second", 2))
        assert texts(path.read_bytes())[-1] == "second"


def test_a_hole_anywhere_in_the_middle_costs_at_most_its_line() -> None:
    lines = [note(f"note {n}", n).to_line() for n in range(3)]
    start, end = len(lines[0]), len(lines[0]) + len(lines[1])
    content = b"".join(lines)
    for first in range(start, end - 1):
        for last in range(first + 1, end, 7):
            found = texts(content[:first] + content[last:])
            assert found[0] == "note 0"
            assert found[-1] == "note 2"


def test_two_lines_joined_by_another_program_are_both_read() -> None:
    joined = note("a", 1).to_line()[:-1] + note("b", 2).to_line()
    assert texts(joined) == ["a", "b"]
    assert texts(note("torn", 1).to_line()[:40] + note("b", 2).to_line()) == ["b"]
    (problem,) = read_bytes(joined, Path(FILE)).problems
    assert "2 whole event(s)" in problem.message


def test_a_text_that_looks_like_an_event_is_only_a_text() -> None:
    fake = note("forged", 9).to_line().decode()
    torn = note(fake, 1).to_line()[:-5]
    assert texts(torn) == []
    assert texts(note(fake, 1).to_line()) == [fake]


@pytest.mark.parametrize(
    "line",
    [
        b"\x00\x00\x00\x00",
        b"\xff\xfe\xfa",
        b"[]",
        b"null",
        b"NaN",
        b"1e999",
        b'{"v":1}',
        b'{"v":true,"id":"x"}',
        b"[" * 100_000,
        b'{"v":' * 3000,
        b"9" * 5000,
        note("x").to_line().replace(b"2026-06-17", b"2026-13-45"),
        note("x").to_line().replace(b"09:40:00Z", b"09:40:00"),
        note("x").to_line().replace(b'"data":{', b'"data":[{')[:-2] + b"]}",
        note("x").to_line().replace(b'"Ines"', b"7"),
        note("x").to_line().replace(b'"kind":"note"', b'"kind":""'),
        note("x").to_line().replace(b"2026-06-17T09:40:00Z", b"0001-01-01T00:00:00+23:59"),
    ],
    ids=lambda line: line[:30].decode(errors="replace"),
)
def test_a_line_that_is_no_event_is_reported_with_its_place(line: bytes) -> None:
    content = note("before", 1).to_line() + line.rstrip(b"\n") + b"\n" + note("after", 2).to_line()
    found = read_bytes(content, Path("incidents/x/record.jsonl"))
    assert [event.data["text"] for event in found.events] == ["before", "after"]
    (problem,) = found.problems
    assert str(problem).startswith("incidents/x/record.jsonl:2: ")


def test_blank_lines_carriage_returns_and_a_byte_order_mark_do_no_harm() -> None:
    content = b"\xef\xbb\xbf" + note("a", 1).to_line()[:-1] + b"\r\n\r\n\n" + note("b", 2).to_line()
    assert texts(content) == ["a", "b"]
    assert not read_bytes(content, Path(FILE)).problems


def test_unknown_kinds_and_keys_are_kept_as_they_are() -> None:
    values = json.loads(note("x").to_line())
    values |= {"kind": "weather", "data": {"sky": "grey", "deep": [1, {"x": None}]}, "later": {"k": 1}}
    (event,) = read_bytes(json.dumps(values).encode(), Path(FILE)).events
    assert event.kind == "weather"
    assert event.data == values["data"]
    assert event.extra == {"later": {"k": 1}}
    assert json.loads(event.to_line()) == values


def test_what_does_not_print_is_escaped_in_the_file_and_whole_when_read(tmp_path: Path) -> None:
    hostile = "a\nb\r\x1b[31m\x07\x7f\x9b\u2028\u202e\u200b\ufeff é 漢 🔥"
    append(tmp_path, "note", {"text": hostile}, by="\x1b]0;x\x07Ines")
    content = (tmp_path / FILE).read_text(encoding="utf-8")
    assert content[:-1].isprintable()
    assert "é 漢 🔥" in content
    (event,) = read(tmp_path).events
    assert event.data["text"] == hostile
    assert event.by == "\x1b]0;x\x07Ines"


def test_bytes_that_are_no_text_do_not_break_the_record(tmp_path: Path) -> None:
    argument = os.fsdecode(b"caf\xe9")
    append(tmp_path, "note", {"text": argument}, by=argument)
    (event,) = read(tmp_path).events
    assert event.data["text"] == event.by == "caf?"
    raw = note("x").to_line().replace(b'"x"', b'"\\udce9"')
    assert texts(raw) == ["?"]


def _write_thousand(folder: str, name: str) -> None:
    for number in range(1000):
        append(Path(folder), "note", {"text": f"{name} {number}"}, by=name)


def test_two_processes_appending_a_thousand_events_each_give_two_thousand(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_thousand, args=(str(tmp_path), name)) for name in ("a", "b")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    found = read(tmp_path)
    assert not found.problems
    assert len({event.id for event in found.events}) == 2000
    for name in ("a", "b"):
        own = [event.data["text"] for event in found.events if event.by == name]
        assert own == [f"{name} {number}" for number in range(1000)]


def test_a_writer_killed_at_any_moment_leaves_a_record_that_goes_on(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from outage.incident.record import append\n"
        "n = 0\n"
        "while True:\n"
        "    append(Path(sys.argv[1]), 'note', {'text': 'x' * 5000}, by='a'); n += 1; print(n, flush=True)"
    )
    for _ in range(3):
        victim = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE)
        with victim:
            assert victim.stdout
            victim.stdout.readline()
            time.sleep(0.03)
            victim.kill()
            said = victim.stdout.read().split()
        confirmed = int(said[-1]) if said else 1
        before = len(read(tmp_path).events)
        assert before >= confirmed
        append(tmp_path, "note", {"text": "after"}, by="b")
        assert len(read(tmp_path).events) == before + 1


def test_an_append_follows_a_file_that_is_replaced_while_it_waits(tmp_path: Path) -> None:
    import threading

    from outage.incident.record.store import lock_record
    from outage.incident.sync.merge import replace

    append(tmp_path, "note", {"text": "first"}, by="a")
    with lock_record(tmp_path / FILE):
        waiting = threading.Thread(
            target=append, args=(tmp_path, "note", {"text": "second"}), kwargs={"by": "b"}
        )
        waiting.start()
        time.sleep(0.1)
        replace(tmp_path / FILE, (tmp_path / FILE).read_bytes())
    waiting.join()
    assert [event.data["text"] for event in read(tmp_path).events] == ["first", "second"]


@pytest.mark.parametrize(
    ("kind", "data", "said", "hint"),
    [
        ("nots", {"text": "x"}, "'nots' is not a kind of event", "did you mean 'note'?"),
        ("note", {}, "a note event needs a text", None),
        ("note", {"text": " \n "}, "a note event needs a text", None),
        ("note", {"text": "x" * 20_001}, "text: ", None),
        ("role", {"role": "comander", "person": "x"}, "'comander' is not a role", "'incident-commander'?"),
        ("role", {"role": "scribe", "person": ""}, "a role event needs a person", None),
        ("stage", {"stage": "Resolvd"}, "'Resolvd' is not a stage", "did you mean 'resolved'?"),
        ("update", {"audience": "custmers", "text": "x"}, "'custmers' is not an audience", "'customers'?"),
        ("scope", {"scope": "galaxy"}, "'galaxy' is not a scope", "known are: area, division, company"),
        ("declared", {"title": "x", "scope": "areas"}, "'areas' is not a scope", "did you mean 'area'?"),
        (
            "run",
            {"run": "r", "runbook": "b", "mode": "aply", "state": "x"},
            "'aply' is not a mode",
            "'apply'?",
        ),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(
    tmp_path: Path, kind: str, data: dict[str, str], said: str, hint: str | None
) -> None:
    with pytest.raises(Refused) as refusal:
        append(tmp_path, kind, data, by="Ines")
    assert said in refusal.value.message
    assert hint is None or hint in str(refusal.value.hint)
    assert not (tmp_path / FILE).exists()


def test_a_folder_that_is_not_there_fails_in_words(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="could not be written: No such file"):
        append(tmp_path / "nowhere", "note", {"text": "x"}, by="Ines")


def test_a_disk_that_takes_no_more_fails_in_words(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        with pytest.raises(Failed, match="could not be written: File too large") as failure:
            write(tmp_path, note("x"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "say it again" in str(failure.value.hint)


@pytest.mark.parametrize("there", [True, False], ids=["somewhere", "nowhere"])
def test_a_record_is_written_and_read_through_no_link(tmp_path: Path, there: bool) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "incident"
    if there:
        outside.write_bytes(note("of somebody else").to_line())
    folder.mkdir()
    (folder / FILE).symlink_to(outside)
    with pytest.raises(Failed, match="it is a link"):
        append(folder, "note", {"text": "x"}, by="Ines")
    with pytest.raises(Failed, match="it is a link"):
        read(folder)
    assert outside.exists() == there
    assert not there or outside.read_bytes() == note("of somebody else").to_line()


def test_times_are_utc_and_need_a_zone() -> None:
    assert parse_moment("2026-06-17T10:40:00+01:00") == AT
    assert format_moment(AT) == "2026-06-17T09:40:00Z"
    with pytest.raises(ValueError, match="without a zone"):
        format_moment(AT.replace(tzinfo=None))


def test_writing_a_line_imports_nothing_heavy() -> None:
    script = (
        "import sys, outage.incident.record\n"
        "sys.exit(str({'pydantic', 'yaml', 'apprise'} & set(sys.modules) or ''))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert not done.stderr.strip().strip("set()"), done.stderr


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_both_sides_of_a_conflict_that_was_committed_are_read_and_each_marker_is_named(
    tmp_path: Path, end: bytes
) -> None:
    for text in ("shared", "ours", "theirs"):
        append(tmp_path, "note", {"text": text}, by="x")
    shared, ours, theirs = (tmp_path / FILE).read_bytes().splitlines()
    lines = [shared, b"<<<<<<< HEAD", ours, b"||||||| 3f1c", b"=======", theirs, b">>>>>>> main", b""]
    reading = read_bytes(end.join(lines), tmp_path / FILE)
    assert [event.data["text"] for event in reading.events] == ["shared", "ours", "theirs"]
    assert [problem.line for problem in reading.problems] == [2, 4, 5, 7]
    assert "a conflict marker of git; both sides are read" in str(reading.problems[0])
