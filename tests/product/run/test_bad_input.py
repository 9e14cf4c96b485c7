"""Files and outputs that are none: a clear refusal or a bounded result, and never a hang."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from outage.check import check
from outage.project import find_project
from tests.product.cli.processes import OUTAGE, outage
from tests.product.run.build import Handbook, code, notebook, reading, touching

GOOD = json.dumps(notebook(touching()))
OTHER = {"kernelspec": {"name": "ir", "language": "R"}, "runbook": {"summary": "s", "owner": "o"}}


def cells(*made: Any, **over: Any) -> str:
    return json.dumps(notebook(list(made), **over))


BAD: list[tuple[str, str | bytes, str]] = [
    ("no notebook", "# Just text", "this is not a notebook: it is not JSON"),
    ("binary", b"\x89PNG\r\n\x1a\n\x00\xff", "this is not a notebook: it is not UTF-8 text"),
    ("truncated", GOOD[: len(GOOD) // 2], "this is not a notebook: it is not JSON"),
    ("nested", "[" * 200_000, "nested too deeply"),
    ("no parameters", cells(code("read", "1")), "this notebook has no parameters cell"),
    ("two of them", cells(code("parameters", "# a"), code("parameters", "# b")), "a second parameters cell"),
    ("unknown tag", cells(code("parameters", "# a"), code("reed", "1")), "the tag 'reed' is unknown"),
    ("calls", cells(code("parameters", "x: int = int(input())  # x")), "would have to be executed"),
    ("calls alone", cells(code("parameters", "print(1)")), "print(...) is called here"),
    ("future", cells(code("parameters", "# a"), nbformat=5), "format is 5, and this outage reads format 4"),
    ("past", cells(code("parameters", "# a"), nbformat=3), "format is 3, and this outage reads format 4"),
    ("no such kernel", cells(*reading("1"), metadata=OTHER), "this notebook asks for the kernel 'ir'"),
]


@pytest.mark.parametrize(("content", "message"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_what_is_no_runbook_is_refused_before_anything_is_started(
    handbook: Handbook, content: str | bytes, message: str
) -> None:
    path = handbook.root / "runbooks" / "bad.ipynb"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    done = outage("run", "bad")
    assert (done.returncode, done.stdout, handbook.runs()) == (2, "", [])
    assert "runbooks/bad.ipynb" in done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert message in "\n".join(map(str, check(find_project()))), "outage check says it too"


def test_a_notebook_as_an_editor_left_it_is_run(handbook: Handbook) -> None:
    content = notebook([*reading("print('found')"), code(None, "")])
    content["cells"][2]["metadata"] = None
    path = handbook.root / "runbooks" / "book.ipynb"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(content).encode())
    done = outage("run", "book")
    assert (done.returncode, done.stderr) == (0, "")
    assert "found" in done.stdout


def test_a_file_that_is_too_large_is_not_read(handbook: Handbook) -> None:
    with (handbook.root / "runbooks" / "huge.ipynb").open("wb") as file:
        file.truncate(3_000_000_000)
    done = outage("run", "huge")
    assert done.returncode == 2
    assert "this file has 3000000000 bytes; a runbook has at most" in done.stderr


@pytest.mark.parametrize("name", ["../out", "/etc/passwd", "runbooks/../../out", "linked", "folder", "pipe"])
def test_nothing_outside_the_folder_is_run_by_name(handbook: Handbook, name: str) -> None:
    (handbook.root.parent / "out.ipynb").write_text(cells(*reading("1")))
    (handbook.root / "runbooks" / "linked.ipynb").symlink_to("../../out.ipynb")
    (handbook.root / "runbooks" / "folder.ipynb").mkdir()
    os.mkfifo(handbook.root / "runbooks" / "pipe.ipynb")
    done = outage("run", name)
    assert (done.returncode, handbook.runs()) == (2, [])
    assert "Traceback" not in done.stderr


def test_a_link_out_is_refused_by_the_check_and_not_read(handbook: Handbook) -> None:
    (handbook.root.parent / "out.ipynb").write_text("not to be read")
    (handbook.root / "runbooks" / "linked.ipynb").symlink_to("../../out.ipynb")
    os.mkfifo(handbook.root / "runbooks" / "pipe.ipynb")
    said = "\n".join(map(str, check(find_project())))
    assert "is a link that leads out of runbooks/" in said
    assert "there is no runbook 'pipe'" in said


# ---- outputs

# Not getrusage(): what that says of a process is at least the peak of the one that started it, which is
# this worker with all that its tests have imported.
MEASURE = """\
import sys
from pathlib import Path
from outage.cli import main
try:
    main(sys.argv[1:])
finally:
    status = Path("/proc/self/status").read_text()
    print("peak", int(status.split("VmHWM:")[1].split()[0]) // 1024, file=sys.stderr)"""


def measured(*arguments: str) -> tuple[int, str, int]:
    """Exit code, what was said, and the runner's own peak memory in MB."""
    command = [OUTAGE[0], "-c", MEASURE, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    return done.returncode, done.stdout, int(done.stderr.split("peak ")[1])


@pytest.mark.parametrize(
    "source",
    ["for n in range(1_000_000): print(f'{n:099}')", "print('x' * 100_000_000)"],
    ids=["a million lines", "one line"],
)
def test_a_hundred_megabytes_of_prints_are_bounded(handbook: Handbook, source: str) -> None:
    handbook.write("book", reading(f"{source}\nprint('the end')"))
    result, said, peak = measured("run", "book")
    assert result == 0, said
    assert len(said) < 30_000
    assert peak < 300, "MB"
    run = handbook.runs()[0]
    assert sum(path.stat().st_size for path in run.iterdir()) < 2_000_000
    assert "the end" in (run / "notebook.ipynb").read_text()
    assert "are left out here" in said


def test_binary_garbage_becomes_text_that_can_be_read(handbook: Handbook) -> None:
    source = (
        "import os, subprocess\nos.write(1, bytes(range(256)) * 40)\n"
        "subprocess.run(['printf', '\\\\377\\\\000\\\\033[2J'])\n"
        "print(bytes(range(256)).decode('latin-1'), '\\udcff')\nprint('after it')"
    )
    handbook.write("book", reading(source))
    done = outage("run", "book")
    assert "after it" in done.stdout
    assert "\x1b" not in done.stdout
    json.loads((handbook.runs()[0] / "notebook.ipynb").read_text())


BOMBS: dict[str, Callable[[], str]] = {
    "pixels": lambda: "head = struct.pack('>I4sII', 13, b'IHDR', 200_000, 200_000)",
    "bytes": lambda: "head = struct.pack('>I4sII', 13, b'IHDR', 10, 10) + bytes(30_000_000)",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_an_image_bomb_is_left_out_and_that_is_said(handbook: Handbook, bomb: str) -> None:
    source = (
        "import base64, struct\nfrom IPython.display import display\n" + BOMBS[bomb]() + "\n"
        "data = base64.b64encode(b'\\x89PNG\\r\\n\\x1a\\n' + head + bytes(9)).decode()\n"
        "display({'image/png': data, 'text/plain': 'a picture'}, raw=True)"
    )
    handbook.write("book", reading(source))
    done = outage("run", "book")
    assert done.returncode == 0
    assert "a picture" in done.stdout
    text = (handbook.runs()[0] / "journal.jsonl").read_text()
    assert "an image is not kept" in text
    assert len(text) < 100_000


def test_ten_thousand_lines_a_second_stay_readable(handbook: Handbook) -> None:
    thousand = "print('\\n'.join(f'line {n * 1000 + k}' for k in range(1000)))"
    source = f"import time\nfor n in range(30):\n    {thousand}\n    time.sleep(0.1)"
    handbook.write("book", reading(source))
    done = outage("run", "book")
    lines = done.stdout.splitlines()
    assert len(lines) < 70
    assert "    line 39" in lines
    assert "    … more: it goes into the notebook" in lines
    assert any(re.fullmatch(r"    \(\d+ characters of stdout are left out here\)", line) for line in lines)
