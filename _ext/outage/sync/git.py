"""Git as sync needs it: plain commands with a time limit, no questions asked, no hook run.

Nothing here checks out, rebases or resets: trees and commits are made beside the user's
branch, index and files.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from outage.errors import Failed

SECONDS = 30.0
"""How long one git command may take; only those that reach the remote come near."""
_LOCAL_VARIABLES = ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY")
_CREDENTIALS = re.compile(r"(\w+://)[^/\s@]+@")
_NOISE = ("hint:", "To ", "error: failed to push some refs", "From ")
_LONGEST = 400
_SSH = "ssh -o BatchMode=yes -o ConnectTimeout=10"


class GitFailed(Failed):
    """A git command failed; ``said`` is what it wrote, without credentials."""

    def __init__(self, command: str, said: str) -> None:
        self.said = _CREDENTIALS.sub(r"\1", said.strip())
        lines = [line.strip() for line in self.said.splitlines() if line.strip()]
        telling = [line for line in lines if not line.startswith(_NOISE)] or lines
        super().__init__(f"git {command} failed: {'; '.join(telling)[:_LONGEST] or 'it said nothing'}")


@dataclass(frozen=True, slots=True)
class Repository:
    """A git work tree.

    Attributes:
        top: its top folder.
        shared: the folder of git's own data that all its work trees share.
    """

    top: Path
    shared: Path

    @classmethod
    def around(cls, folder: Path) -> Repository | None:
        """The repository that holds a folder, or None (also when git is not installed)."""
        try:
            said = call(folder, "rev-parse", "--show-toplevel", "--path-format=absolute", "--git-common-dir")
        except Failed:
            return None
        top, shared = said.decode(errors="surrogateescape").splitlines()
        return cls(Path(top), Path(shared))

    def git(self, *arguments: str, index: Path | None = None, given: bytes | None = None) -> bytes:
        """What a git command writes; GitFailed if it fails. ``index`` is used in place of the user's."""
        return call(self.top, *arguments, index=index, given=given)

    def text(self, *arguments: str, index: Path | None = None) -> str:
        """One line that a git command writes."""
        return self.git(*arguments, index=index).decode(errors="surrogateescape").strip()

    def ask(self, *arguments: str) -> str | None:
        """One line that a git command writes, or None when it says no."""
        try:
            return self.text(*arguments)
        except GitFailed:
            return None

    def has_remote(self, remote: str) -> bool:
        """Whether a remote of this name is configured (or it is an address itself)."""
        return "/" in remote or ":" in remote or remote in self.text("remote").split()


def call(folder: Path, *arguments: str, index: Path | None = None, given: bytes | None = None) -> bytes:
    """Run git in a folder, with nobody to ask and ``SECONDS`` to live.

    Raises GitFailed: it failed, is not installed, or took too long (it is then ended).
    """
    try:
        process = subprocess.Popen(
            ["git", "-c", "core.quotePath=false", "-c", "advice.detachedHead=false", *arguments],
            cwd=folder,
            env=_environment(index),
            stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise GitFailed(arguments[0], "git is not installed") from error
    with process:
        try:
            out, said = process.communicate(given, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise GitFailed(arguments[0], f"no answer within {SECONDS:.0f} seconds") from None
    if process.returncode:
        raise GitFailed(arguments[0], (said + b"\n" + out).decode(errors="replace"))
    return out


def _environment(index: Path | None) -> dict[str, str]:
    environment = {key: value for key, value in os.environ.items() if key not in _LOCAL_VARIABLES}
    environment |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "SSH_ASKPASS": "true"}
    if index is not None:
        environment["GIT_INDEX_FILE"] = str(index)
    if not {"GIT_SSH", "GIT_SSH_COMMAND"} & environment.keys():
        environment["GIT_SSH_COMMAND"] = _SSH
    return environment
