"""The cases that papermill's and nbclient's own tests pose, as notebooks of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from outage.errors import OutageError
from outage.run.model import Run
from outage.run.notebook import FILE
from tests.product.run.build import Handbook, code, reading
from tests.product.run.running import run, states, text

pytestmark = pytest.mark.usefixtures("nothing_is_left")
DISPLAY = "from IPython.display import display, clear_output, Markdown, HTML, Image\n"


def outputs(done: Run, cell: int) -> list[dict[str, Any]]:
    return list(done.cells[cell].outputs)


# One runbook holds all cells that pass, so that one kernel is enough.
PASSING: dict[str, tuple[str, str]] = {
    "text of every script": ("print('héllo — 日本語 ‮ 🙂 \\N{GREEK SMALL LETTER PI}')", "日本語"),
    "the last value": ("6 * 7", "42"),
    "None as the last value": ("print('none follows')\nNone", "none follows"),
    "a semicolon hides the value": ("'hidden value';\nprint('nothing else')", "nothing else"),
    "standard error": ("import sys\nprint('to stderr', file=sys.stderr)", "to stderr"),
    "output of a child": ("import os\nos.system('echo from a child')\nprint('and ours')", "and ours"),
    "logging": ("import logging\nlogging.getLogger().error('it is logged')", "it is logged"),
    "a warning": ("import warnings\nwarnings.warn('be warned')", "be warned"),
    "an update of what is shown": (
        f"{DISPLAY}shown = display('first look', display_id='one')\nshown.update('second look')",
        "second look",
    ),
    "output after a clear": (
        f"{DISPLAY}print('gone')\nclear_output()\nprint('in its place')",
        "in its place",
    ),
    "Markdown": (f"{DISPLAY}display(Markdown('**bold**'))", "Markdown object"),
    "top-level await": ("import asyncio\nawait asyncio.sleep(0.01)\nprint('awaited')", "awaited"),
    "an empty cell": ("", ""),
    "only a comment": ("# nothing to do", ""),
    "an exception that is caught": (
        "try:\n    1/0\nexcept ZeroDivisionError:\n    print('caught')",
        "caught",
    ),
    "a thread that prints": (
        "import threading\nt = threading.Thread(target=print, args=['from a thread'])\nt.start()\nt.join()",
        "from a thread",
    ),
    "a name of an earlier cell": ("print(type(sys).__name__)", "module"),
}


@pytest.fixture
def passed(handbook: Handbook) -> Run:
    handbook.write("cases", reading(*(source for source, _ in PASSING.values())))
    return run("cases")


def test_cells_that_pass_and_what_is_kept_of_them(passed: Run) -> None:
    assert (passed.state, passed.code) == ("succeeded", 0), passed.reason
    for at, (name, (_, wanted)) in enumerate(PASSING.items(), 1):
        said = json.dumps(outputs(passed, at), ensure_ascii=False)
        assert wanted in said, (name, said)
        assert "hidden value" not in said


def test_the_derived_notebook_is_a_valid_one_with_all_of_it(passed: Run) -> None:
    import nbformat

    content = json.loads((passed.folder / FILE).read_text())
    nbformat.validate(content)
    counts = [cell["execution_count"] for cell in content["cells"] if "read" in cell["metadata"]["tags"]]
    assert counts == sorted(counts)
    assert None not in counts


ENDINGS: dict[str, tuple[str, str, int, str]] = {
    "raises": ("raise ValueError('no')", "failed", 1, "ValueError"),
    "an error without words": ("raise RuntimeError", "failed", 1, "RuntimeError"),
    "an error whose words are no text": ("raise Exception(b'\\xff', {1: 2})", "failed", 1, "Exception"),
    "an error that cannot be shown": (
        "class Odd(Exception):\n    def __str__(self):\n        raise OSError\nraise Odd",
        *("failed", 1, "OSError"),  # as the kernel tells it
    ),
    "an assertion": ("assert 1 == 2, 'one is not two'", "failed", 1, "AssertionError"),
    "asks for input": ("input('your name? ')", "failed", 1, "StdinNotImplementedError"),
    "asks for a password": ("import getpass\ngetpass.getpass()", "failed", 1, "StdinNotImplementedError"),
    "interrupts itself": ("raise KeyboardInterrupt", "failed", 1, "KeyboardInterrupt"),
    "leaves by sys.exit": ("import sys\nsys.exit(0)", "failed", 1, "SystemExit"),
    "leaves by sys.exit with a reason": ("import sys\nsys.exit('enough')", "failed", 1, "SystemExit"),
    "recurses too deeply": ("def f():\n    f()\nf()", "failed", 1, "RecursionError"),
    "a group of errors": (
        "raise ExceptionGroup('two', [ValueError(1), OSError(2)])",
        "failed",
        1,
        "ExceptionGroup",
    ),
    "ends its process": ("import os\nos._exit(7)", "killed", 4, ""),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_cells_that_do_not_pass_end_the_run_and_say_why(handbook: Handbook, name: str) -> None:
    source, state, exit_code, error = ENDINGS[name]
    handbook.write("case", reading("print('before')", source, "print('after')"))
    done = run("case")
    assert (done.cells[2].state, done.state, done.code) == (state, "failed", exit_code)
    assert (done.cells[2].error or {"name": ""})["name"] == error
    assert states(done).endswith("read:never-ran")
    assert "after" not in text(done)


def test_widgets_are_kept_as_their_text(handbook: Handbook) -> None:
    mime = "application/vnd.jupyter.widget-view+json"
    data = {mime: {"model_id": "abc"}, "text/plain": "IntSlider(value=7)"}
    handbook.write("case", reading(f"{DISPLAY}display({data!r}, raw=True)"))
    done = run("case")
    assert "IntSlider(value=7)" in text(done)
    assert done.cells[1].cut == (f"{mime} is not kept",)


def test_a_comm_that_nobody_answers_stops_nothing(handbook: Handbook) -> None:
    source = "from comm import create_comm\ncomm = create_comm(target_name='x')\ncomm.send({'b': 2})"
    handbook.write("case", reading(source, "print('went on')"))
    assert "went on" in text(run("case"))


def test_many_outputs_are_bounded_and_counted(handbook: Handbook) -> None:
    handbook.write("case", reading(f"{DISPLAY}for n in range(500):\n    display(n)"))
    done = run("case")
    assert done.state == "succeeded"
    assert 100 <= len(outputs(done, 1)) <= 300
    assert any("left out" in cut for cut in done.cells[1].cut)


def test_interleaved_streams_keep_their_order(handbook: Handbook) -> None:
    both = "    print('o', n, flush=True)\n    print('e', n, file=sys.stderr, flush=True)"
    source = f"import sys\nfor n in range(3):\n{both}"
    handbook.write("case", reading(source))
    said = [(o["name"], o["text"]) for o in outputs(run("case"), 1)]
    assert "".join(t for name, t in said if name == "stdout") == "o 0\no 1\no 2\n"
    assert "".join(t for name, t in said if name == "stderr") == "e 0\ne 1\ne 2\n"


def test_an_interrupt_that_a_cell_swallows_does_not_let_it_pass(handbook: Handbook) -> None:
    source = "import time\ntry:\n    time.sleep(900)\nexcept KeyboardInterrupt:\n    print('swallowed')"
    handbook.write("case", reading(source, "print('after')"), {"limits": {"cell": "2s"}})
    done = run("case")
    assert (done.cells[1].state, done.code) == ("timed-out", 4)
    assert "after" not in text(done)


@pytest.mark.parametrize("tag", ["raises-exception", "skip-execution", "injected-parameters"])
def test_tags_by_which_other_engines_change_their_mind_are_refused(handbook: Handbook, tag: str) -> None:
    cells = [code("parameters", ""), {**code("read", "1/0"), "metadata": {"tags": ["read", tag]}}]
    handbook.write("case", cells)
    with pytest.raises(OutageError, match=f"the tag '{tag}' is unknown"):
        run("case")


def test_metadata_of_others_is_left_alone(handbook: Handbook) -> None:
    cells = [
        code("parameters", ""),
        {**code("read", "1"), "metadata": {"tags": ["read"], "slideshow": {"x": 1}}},
    ]
    path = handbook.write("case", cells)
    before = path.read_bytes()
    assert run("case").state == "succeeded"
    assert path.read_bytes() == before, "the runbook itself is never written to"
