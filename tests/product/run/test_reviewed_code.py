"""No file of the handbook runs unless it is in the digest of what is run, and nothing runs by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.product.run.build import Handbook, reading
from tests.product.run.running import run, text

pytestmark = pytest.mark.usefixtures("nothing_is_left")
TELL = "open(__import__('os').environ['RAN'], 'a').write(__name__ + ' ')\n"


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Holds what files that nobody reviewed said when they ran."""
    path = tmp_path / "ran"
    monkeypatch.setenv("RAN", str(path))
    return path


STRAY = [
    ("import importlib\nimportlib.import_module('str' + 'ay')", "stray.py"),
    ("__import__('st' + 'ray')", "stray.py"),
    ("exec(open('stray.py').read())", "stray.py"),
    ("from pathlib import Path\nexec(Path('stray.py').read_text())", "stray.py"),
    ("import runpy\nrunpy.run_path('stray.py')", "stray.py"),
    ("get_ipython().run_line_magic('run', 'stray.py')", "stray.py"),
    (
        "from importlib.util import module_from_spec as make, spec_from_file_location as find\n"
        "spec = find('s', 'stray.py')\nspec.loader.exec_module(make(spec))",
        "stray.py",
    ),
    ("import sys\nsys.path.insert(0, 'parts')\n__import__('in' + 'ner')", "parts/inner.py"),
    ("import subprocess, sys\nsubprocess.run([sys.executable, 'stray.py'], check=True)", "stray.py"),
    ("import os\nos.system('python3 stray.py')", "stray.py"),
    ("import os, sys\nsys.path.append(os.path.abspath('all.zip'))\n__import__('zip' + 'ped')", "all.zip"),
    ("try:\n    __import__('st' + 'ray')\nexcept Exception:\n    pass", "stray.py"),
]


@pytest.mark.parametrize(("source", "file"), STRAY, ids=[source[-40:] for source, _ in STRAY])
def test_a_file_that_is_not_in_the_digest_is_refused_by_name(
    handbook: Handbook, ran: Path, source: str, file: str
) -> None:
    import zipfile

    (handbook.root / "stray.py").write_text(TELL)
    (handbook.root / "parts").mkdir()
    (handbook.root / "parts/inner.py").write_text(TELL)
    with zipfile.ZipFile(handbook.root / "all.zip", "w") as archive:
        archive.writestr("zipped.py", TELL)
    handbook.write("r", reading(source))
    done = run("r")
    assert not ran.exists()
    assert done.code == 1
    what = "is not part of what was reviewed with this runbook, and was about to run"
    assert f"{file} {what}" in done.reason


def test_what_is_imported_or_listed_is_reviewed_and_runs(handbook: Handbook, ran: Path) -> None:
    for name in ("helper.py", "listed.py", "package/__init__.py", "package/part.py"):
        (handbook.root / name).parent.mkdir(exist_ok=True)
        (handbook.root / name).write_text(TELL)
    source = (
        "import helper\nfrom package import part\n"
        "import runpy, subprocess, sys\nrunpy.run_path('listed.py')\n"
        "subprocess.run([sys.executable, 'listed.py'], check=True)"
    )
    handbook.write("r", reading(source), {"files": ["listed.py"]})
    assert run("r").reason == "every step passed"
    assert ran.read_text() == "helper package package.part <run_path> __main__ "


def test_a_module_that_was_changed_after_the_run_began_is_refused(handbook: Handbook, ran: Path) -> None:
    (handbook.root / "helper.py").write_text("x = 1\n")
    change = f"from pathlib import Path\nPath('helper.py').write_text({TELL!r})"
    handbook.write("r", reading(change, "import helper"))
    assert "helper.py was changed while this run went on" in run("r").reason
    assert not ran.exists()


def test_what_was_compiled_before_does_not_stand_in_for_the_source(handbook: Handbook, ran: Path) -> None:
    import py_compile

    module = handbook.root / "helper.py"
    module.write_text(TELL)
    py_compile.compile(str(module), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    module.write_text("x = 1\n")
    handbook.write("r", reading("import helper\nprint(helper.x)"))
    assert text(run("r")) == "1\n"
    assert not ran.exists()


def test_a_stray_module_stands_in_for_none_of_pythons_own(handbook: Handbook, ran: Path) -> None:
    for name in ("psutil", "queue", "typing", "sitecustomize", "usercustomize", "runpy"):
        (handbook.root / f"{name}.py").write_text(TELL)
    (handbook.root / "stray.pth").write_text(f"import os; {TELL}")
    handbook.write("r", reading("import queue\nprint(queue.Queue.__name__)"))
    assert text(run("r")) == "Queue\n"
    assert not ran.exists()


@pytest.mark.parametrize("where", ["in-the-handbook", "relative"])
def test_a_python_path_does_not_lead_into_the_handbook(
    handbook: Handbook, ran: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    (handbook.root / "lib").mkdir()
    for name in ("sitecustomize.py", "usercustomize.py"):
        (handbook.root / "lib" / name).write_text(TELL)
    (handbook.root / "lib/stray.pth").write_text(f"import os; {TELL}")
    monkeypatch.setenv("PYTHONPATH", "lib" if where == "relative" else str(handbook.root / "lib"))
    handbook.write("r", reading("print('fine')"))
    assert text(run("r")) == "fine\n"
    assert not ran.exists()


def test_no_start_up_file_runs(
    handbook: Handbook, ran: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = tmp_path / "start.py"
    start.write_text(TELL)
    home = tmp_path / "ipython"
    (home / "profile_default/startup").mkdir(parents=True)
    (home / "profile_default/startup/00.py").write_text(TELL)
    config = "ipython_kernel_config.py"
    for folder in (home / "profile_default", handbook.root):
        (folder / config).write_text(f"c.InteractiveShellApp.exec_lines = [{TELL.strip()!r}]")
    monkeypatch.setenv("PYTHONSTARTUP", str(start))
    monkeypatch.setenv("IPYTHONDIR", str(home))
    handbook.write("r", reading("print('fine')"))
    assert text(run("r")) == "fine\n"
    assert not ran.exists()


def test_what_the_run_itself_wrote_it_may_use(handbook: Handbook) -> None:
    source = (
        "import subprocess, sys\nfrom pathlib import Path\n"
        "script = next(Path('runs').glob('2*')) / 'made.py'\nscript.write_text('print(1)')\n"
        "subprocess.run([sys.executable, script], check=True)"
    )
    handbook.write("r", reading(source))
    assert run("r").state == "succeeded"


def test_files_that_are_only_read_are_the_runbooks_business(handbook: Handbook) -> None:
    (handbook.root / "numbers.csv").write_text("1,2\n")
    source = (
        "import subprocess\nprint(open('numbers.csv').read())\n"
        "print(subprocess.check_output(['cat', 'numbers.csv'], text=True))"
    )
    handbook.write("r", reading(source))
    done = run("r")
    assert (done.state, text(done)) == ("succeeded", "1,2\n\n1,2\n\n")
