"""The Dockerfile's steps, without Docker: each is tried as a script, in a folder with what COPY brings."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
STEPS = [line.split(None, 1) for line in TEXT.splitlines() if line and not line.startswith("#")]
RUN = [words for kind, words in STEPS if kind == "RUN"]
HELD_BACK = {"apt-get": 'echo "apt-get $*" >> "$CALLS"', "make": 'echo "make $*" >> "$CALLS"'}
"""What would change this machine, and what is done in its place."""


def words_of(name: str) -> list[str]:
    """The words of a file, without comments."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [word for line in lines for word in line.partition("#")[0].split()]


@pytest.fixture
def container(tmp_path):
    """A folder with the files that git knows, as COPY brings them, and stand-ins first in PATH."""
    known = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, known.split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("case-studies/", "library/", "tests/")):
            (tmp_path / "handbook" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / "handbook" / name)
    (tmp_path / "bin").mkdir()
    for name, body in HELD_BACK.items():
        program = tmp_path / "bin" / name
        program.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        program.chmod(0o755)
    return tmp_path


def run(container: Path, step: str) -> list[str]:
    """Run a step as Docker does, with ``sh -c`` in the working folder; what it asked of the stand-ins."""
    calls = container / "calls"
    calls.write_text("", encoding="utf-8")
    path = f"{container / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", step], cwd=container / "handbook", env={"PATH": path, "CALLS": str(calls)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return calls.read_text(encoding="utf-8").splitlines()


def test_its_steps_are_plain():
    kinds = [kind for kind, _ in STEPS]
    assert kinds[0] == "FROM"
    assert set(kinds) <= {"FROM", "ENV", "WORKDIR", "COPY", "RUN", "VOLUME", "CMD"}
    assert kinds.index("COPY") < max(at for at, kind in enumerate(kinds) if kind == "RUN"), (
        "make needs the files"
    )


@pytest.mark.parametrize("step", RUN)
def test_a_step_is_a_script_that_sh_can_read(step):
    assert subprocess.run(["sh", "-n", "-c", step], capture_output=True, check=False).stderr == b""


def test_what_it_installs_first_is_what_the_scripts_need_before_they_can_install_anything(container):
    calls = run(container, RUN[0])
    assert calls[0] == "apt-get update -qq"
    install = calls[1].split()
    assert install[:2] == ["apt-get", "install"]
    packages = {word for word in install[2:] if not word.startswith("-")}
    assert packages == {"ca-certificates", "make", "python3", "python3-venv"}


def test_the_rest_is_made_by_the_same_targets_as_outside(container):
    assert run(container, RUN[1]) == ["make packages venv"]
    makefile = (container / "handbook" / "Makefile").read_text(encoding="utf-8")
    for target in ("packages", "venv", "html"):
        assert re.search(rf"^{target}:", makefile, re.M)


def test_those_targets_install_the_packages_of_apt_txt(container):
    """``make packages`` for real, on a machine that has none of them; only apt-get itself is held back."""
    (container / "bin" / "make").unlink()
    for name, body in {"dpkg-query": "exit 1", "id": "echo 0", "dpkg": "exit 0"}.items():
        (container / "bin" / name).write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        (container / "bin" / name).chmod(0o755)
    step = f"POLICY_RC_D='{container}/policy-rc.d' {RUN[1].removesuffix(' venv')}"
    [update, install] = run(container, step)
    assert update == "apt-get update -qq"
    asked = [word for word in install.split()[2:] if not word.startswith("-") and "::" not in word]
    assert asked == words_of("apt.txt")


def test_everything_that_the_environment_is_made_from_is_copied_and_not_ignored(container):
    copied = container / "handbook"
    script = (copied / ".ci" / "venv").read_text(encoding="utf-8")
    needed = {"requirements.txt", "pyproject.toml", ".ci/venv", ".ci/packages", "apt.txt", "Makefile"}
    assert {name for name in needed if not (copied / name).is_file()} == set()
    assert "--require-hashes" in script
    assert (copied / "requirements.txt").read_bytes() == (ROOT / "requirements.txt").read_bytes()
    assert {".venv", "_build"} <= set(words_of(".dockerignore")), "what the machine made for itself is not"


def test_its_python_is_one_that_the_package_allows():
    """Debian 12 has Python 3.11; FROM and requires-python have to fit."""
    assert STEPS[0] == ["FROM", "debian:12"]
    assert 'requires-python = ">=3.11,' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_a_handbook_that_is_mounted_over_the_copy_does_not_hide_the_environment():
    assert ["VOLUME", "/handbook/.venv"] in STEPS
    assert ["WORKDIR", "/handbook"] in STEPS


def test_it_ends_with_the_command_that_builds_the_handbook():
    assert STEPS[-1] == ["CMD", '["make", "html"]']
