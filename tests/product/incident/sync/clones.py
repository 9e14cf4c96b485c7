"""A bare remote and clones of it, all in temporary folders."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from outage.incident.record import append
from outage.incident.sync.share import Shared, share

INCIDENT = "2026-11-20-orders"


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
    return done.stdout.strip()


@dataclass(frozen=True)
class Clone:
    """A clone, and what a responder does in it."""

    root: Path

    def git(self, *arguments: str) -> str:
        return git(self.root, *arguments)

    @property
    def incident(self) -> Path:
        return self.root / "incidents" / INCIDENT

    @property
    def record(self) -> bytes:
        return (self.incident / "record.jsonl").read_bytes()

    def note(self, text: str) -> None:
        self.incident.mkdir(parents=True, exist_ok=True)
        append(self.incident, "note", {"text": text}, by=self.root.name)

    def share(self, *, receive: bool = False) -> Shared:
        names = [INCIDENT] if self.incident.exists() else []
        return share(self.root / "incidents", names, "origin", "main", receive=receive)

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text, encoding="utf-8")

    def commit(self, name: str, text: str) -> None:
        self.write(name, text)
        self.git("add", name)
        self.git("commit", "-q", "-m", f"write {name}")


@pytest.fixture(autouse=True)
def _a_git_of_our_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "gitconfig"
    config.write_text("[user]\nname = Ines\nemail = ines@larkfield.example\n", encoding="utf-8")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A bare repository whose branch main has one commit."""
    bare = tmp_path / "remote.git"
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(bare))
    git(tmp_path, "clone", "-q", str(bare), "first")
    first = Clone(tmp_path / "first")
    first.git("checkout", "-q", "-b", "main")
    first.write(".gitattributes", "incidents/**/record.jsonl merge=union\n")
    first.commit("handbook.yml", "company: {name: Larkfield}\n")
    first.git("add", ".gitattributes")
    first.git("commit", "-q", "-m", "attributes")
    first.git("push", "-q", "origin", "main")
    return bare


@pytest.fixture
def clone(tmp_path: Path, remote: Path) -> Callable[[str], Clone]:
    """Make another clone of the remote, by the name of who works in it."""

    def made(name: str) -> Clone:
        git(tmp_path, "clone", "-q", str(remote), name)
        return Clone(tmp_path / name)

    return made


def at_remote(remote: Path, path: str) -> bytes:
    """A file as the remote's main has it."""
    done = subprocess.run(["git", "show", f"main:{path}"], cwd=remote, capture_output=True, check=True)
    return done.stdout
