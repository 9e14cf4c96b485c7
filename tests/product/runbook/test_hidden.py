"""``outage check`` names the ways in which a cell passes although something in it failed, or never ran."""

from __future__ import annotations

from pathlib import Path

import pytest

from outage.errors import Problems
from outage.runbook.contract import examine, read_contract
from outage.runbook.notebook import find_notebook, list_runbooks, read_notebook
from tests.product.run.build import Handbook, code, reading

ROOT = Path(__file__).parents[3]


def named(handbook: Handbook, source: str, tag: str = "verify") -> list[str]:
    """What is said of a cell."""
    path = handbook.write("r", [code("parameters", "# none"), code(tag, source)])
    found = examine(read_notebook(path)).problems
    return [f"line {problem.line}: {problem.reason}" for problem in found if problem.line]


HIDDEN = [
    ("x = 1\nif x:\n    exit()", "line 3: exit() ends no run in words"),
    ("quit()", "line 1: quit() ends no run in words"),
    ("import sys\nsys.exit(0)", "line 2: sys.exit() ends no run in words"),
    ("from sys import exit as leave\nleave()", "line 2: sys.exit() ends no run in words"),
    ("raise SystemExit(1)", "line 1: SystemExit() ends no run in words"),
    ("import os\nos._exit(0)", "line 2: os._exit() ends no run in words"),
    ("import os\nos.kill(os.getpid(), 9)", "line 2: this ends the kernel, and no run in words"),
    ("get_ipython().ask_exit()", "line 1: get_ipython() goes around the runner"),
    ("get_ipython().run_cell_magic('script', 'false', '')", "line 1: get_ipython() goes around the runner"),
    ("import subprocess\nsubprocess.run(['false'])", "line 2: nobody looks at how subprocess.run() ended"),
    (
        "from subprocess import run\ndone = run(['false'])",
        "line 2: nobody looks at how subprocess.run() ended",
    ),
    ("import subprocess as sp\nsp.run(['a'], check=False)", "line 2: nobody looks at how subprocess.run()"),
    ("import subprocess\np = subprocess.Popen(['a'])\np.communicate()", "line 2: nobody looks at how"),
    ("import subprocess\nsubprocess.call(['a'])", "line 2: nobody looks at what subprocess.call() returns"),
    ("import os\nos.system('false')", "line 2: nobody looks at what os.system() returns"),
    ("import subprocess\nx = subprocess.getoutput('false')", "line 2: getoutput() hides whether"),
    ("import subprocess\nsubprocess.run('a | b', shell=True, check=True)", "line 2: of a pipe only the last"),
    (
        "import asyncio\nasyncio.create_task(f())",
        "line 2: nobody looks at what asyncio.create_task() returns",
    ),
    ("async def look():\n    assert False\nlook()", "line 3: look() is never awaited: nothing of it runs"),
    ("import asyncio\nawait asyncio.gather(f(), return_exceptions=True)", "line 2: gather(return_exceptions"),
    ("pool.submit(look)", "line 1: nobody looks at what pool.submit() returns"),
    ("pool.map(look, [1])", "line 1: nobody looks at what pool.map() returns"),
    ("map(print, [1])", "line 1: nobody looks at what map() returns"),
    ("(require(x) for x in [0])", "line 1: nothing of this generator runs"),
    ("try:\n    f()\nexcept Exception:\n    pass", "line 3: this hides whatever fails"),
    ("try:\n    f()\nexcept:\n    ...", "line 3: this hides whatever fails"),
    ("from contextlib import suppress\nwith suppress(Exception):\n    f()", "line 2: this hides whatever"),
    (
        "from multiprocessing import Process\np = Process(target=f)\np.start()\np.join()",
        "line 2: nobody looks",
    ),
]


@pytest.mark.parametrize(("source", "said"), HIDDEN, ids=[source for source, _ in HIDDEN])
def test_what_hides_a_failure_is_named_with_its_line(handbook: Handbook, source: str, said: str) -> None:
    (found,) = named(handbook, source)
    assert found.startswith(said)


@pytest.mark.parametrize(
    "source",
    [
        "import subprocess\nsubprocess.run(['a'], check=True)",
        "import subprocess\ndone = subprocess.run(['a'], check=False)\nrequire(done.returncode == 0, 'no')",
        "import subprocess\nrequire(subprocess.run(['a']).returncode == 0, 'no')",
        "import subprocess\nrequire(subprocess.call(['a']) == 0, 'no')",
        "import subprocess\nsubprocess.check_call(['a'])",
        "import subprocess\nsubprocess.run('set -o pipefail; a | b', shell=True, check=True)",
        "import subprocess\nsubprocess.run('a || b', shell=True, check=True)",
        "import asyncio\ntask = asyncio.create_task(f())\nawait task",
        "async def look(): ...\nawait look()",
        "future = pool.submit(look)\nfuture.result()",
        "try:\n    f()\nexcept FileNotFoundError:\n    pass",
        "try:\n    f()\nexcept Exception as error:\n    print(error)",
        "import os\nos.kill(other, 15)",
        "answer = map(str, [1])\nprint(*answer)",
    ],
)
def test_what_looks_at_how_it_went_is_not_named(handbook: Handbook, source: str) -> None:
    assert named(handbook, source) == []


def test_a_bare_exit_would_do_nothing_so_the_run_is_refused(handbook: Handbook) -> None:
    path = handbook.write("r", reading("unsafe = True\nif unsafe:\n    exit\nprint('on it goes')"))
    with pytest.raises(Problems, match="cell 2, line 3: 'exit' alone does nothing here"):
        read_contract(path)


def test_no_runbook_of_this_handbook_hides_a_failure() -> None:
    folder = ROOT / "runbooks"
    contracts = [examine(read_notebook(find_notebook(folder, name))) for name in list_runbooks(folder)]
    assert [str(error) for contract in contracts for error in contract.refusals()] == []


def test_a_cell_that_is_not_python_is_named_once(handbook: Handbook) -> None:
    path = handbook.write("r", reading("%%script false\nexit()"))
    problems = examine(read_notebook(path)).problems
    assert [problem.reason.split(":")[0] for problem in problems] == ["this is not Python"]
