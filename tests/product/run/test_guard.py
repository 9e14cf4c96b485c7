"""A change cell stops everywhere but under ``outage run --apply``, with the command to type."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from outage import kit
from tests.product.run.build import Handbook, touching


@pytest.fixture
def book(handbook: Handbook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A runbook whose Run All would touch a file, its parameter set as by a person in JupyterLab."""
    cells = touching()
    cells[1]["source"] = (
        "from pathlib import Path\n"
        f"path: Path = Path({str(tmp_path / 'default')!r})  # what to touch\n"
        "hours: int = 24  # look-back window"
    )
    for name, folder in (("IPYTHONDIR", "ipython"), ("JUPYTER_CONFIG_DIR", "jupyter"), ("HOME", "home")):
        monkeypatch.setenv(name, str(tmp_path / folder))
    return handbook.write("touch", cells)


def run_all(path: Path, **parameters: Any) -> str:
    """What JupyterLab's Run All does: every code cell, in order, until one raises; its error's text."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if "check" in cell.metadata.get("tags", []):
            cell.source = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    with pytest.raises(CellExecutionError) as caught:
        NotebookClient(notebook, resources={"metadata": {"path": str(path.parent)}}, timeout=60).execute()
    return str(caught.value)


def test_run_all_stops_at_the_change_with_the_command_to_type(book: Path, tmp_path: Path) -> None:
    said = run_all(book)
    assert "this cell changes something, and only 'outage run --apply' may run it. Type:" in said
    assert "\n  outage run touch --apply\n" in f"{said}\n"
    assert not (tmp_path / "default").exists()


def test_the_command_has_the_parameters_that_differ_from_the_defaults(book: Path) -> None:
    assert "\n  outage run touch --apply -p hours=3\n" in f"{run_all(book, hours=3)}\n"


def test_papermill_stops_at_the_change(book: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", str(book), str(tmp_path / "out.ipynb")]
    done = subprocess.run([*command, "-p", "hours", "5"], capture_output=True, text=True, timeout=100)
    assert done.returncode != 0
    assert "outage run touch --apply -p hours=5" in done.stderr
    assert not (tmp_path / "default").exists()


def test_nbval_stops_at_the_change(book: Path, tmp_path: Path) -> None:
    command = [
        *(sys.executable, "-m", "pytest", "-p", "no:xdist", "-p", "no:cacheprovider", "-c", os.devnull),
        *("--rootdir", str(book.parent), "-x", "-q", "--nbval-lax", "--nbval-cell-timeout=60"),
        *("--nbval-kernel-startup-timeout=60", "--nbval-kernel-name=python3", str(book)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, cwd=book.parent)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "outage run touch --apply" in done.stdout
    assert "1 failed" in done.stdout
    assert not (tmp_path / "default").exists()


# ---- the kit, in this process


def test_the_kit_imports_nothing_that_takes_time() -> None:
    script = (
        "import sys; import outage.kit\n"
        "heavy = {'pydantic', 'yaml', 'IPython', 'nbformat', 'outage.policy'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_guard_and_proposed_raise_without_a_token_and_pass_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kit, "_session", kit._Session())
    with pytest.raises(kit.Guarded):
        kit.guard()
    with pytest.raises(kit.Guarded):
        kit.proposed()
    action = {"target": "a", "command": "b", "undo": "", "data": {"n": 1}}
    kit._issue(json.dumps({"run": "r", "token": "t", "actions": [action], "saved": {"x": 1}}))
    kit.guard()
    assert kit.proposed() == [kit.Action("a", "b", "", {"n": 1})]
    assert (kit.saved("x"), kit.saved("x", []), kit.saved("y", [])) == (1, 1, [])
    kit._revoke()
    with pytest.raises(kit.Guarded):
        kit.guard()


def test_what_is_proposed_is_told_as_text_that_cannot_deceive(capsys: pytest.CaptureFixture[str]) -> None:
    kit.propose([kit.Action("a\x1b[2J\nb", "select '|' -- `x`", data={"pid": 1})])
    out = capsys.readouterr().out
    assert out == "1 action proposed:\n1. a\\x1b[2J b\n   do:   select '|' -- `x`\n   undo: not possible\n"
    kit.propose([])
    assert capsys.readouterr().out == "Nothing to change.\n"


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: kit.propose(["rm -rf /"]), TypeError, "takes a list of Action, not str"),  # type: ignore[list-item]
        (lambda: kit.propose([kit.Action("a", "b", data={"x": object()})]), TypeError, "must be JSON"),
        (lambda: kit.propose([kit.Action("a", "b")] * 1001), ValueError, "1001 actions"),
        (lambda: kit.propose([kit.Action("a", "b" * 1_000_000)]), ValueError, "1000000 is the most"),
        (lambda: kit.save("x", {1, 2}), TypeError, "must be JSON"),
        (lambda: kit.save("x", float("nan")), TypeError, "must be JSON"),
        (lambda: kit.save("x", "y" * 1_000_001), ValueError, "1000000 is the most"),
        (lambda: kit.saved("never"), kit.NotSaved, "saved nothing as 'never'"),
        (lambda: kit.require([], "it is empty"), kit.CheckFailed, "it is empty"),
        (lambda: kit.secret("hunter2"), kit.RunbookError, "not a secret reference"),
        (lambda: kit.secret("secret://env/NO_SUCH_THING"), kit.RunbookError, "holds nothing here"),
    ],
)
def test_misuse_is_told_in_words(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)
