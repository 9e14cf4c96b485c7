"""Every call of git goes through here: no question asked, no hook run, a time limit, git's own words.

What a variable of the environment says of another repository does not count, and settings that would sign,
push more than was asked for or write other words than we read are off. What git refuses is told as git says
it: that a folder is in no repository is one reason among many.
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
_OF_A_REPOSITORY = {  # as `git rev-parse --local-env-vars`, less what only configures; and how paths are read
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX"),
    *("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_GRAFT_FILE", "GIT_SHALLOW_FILE"),
    *("GIT_REPLACE_REF_BASE", "GIT_NO_REPLACE_OBJECTS", "GIT_NAMESPACE", "GIT_EXTERNAL_DIFF", "GIT_CONFIG"),
    *("GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"),
}
_SETTINGS = (
    "core.quotePath=false",
    f"core.hooksPath={os.devnull}",
    "core.sparseCheckout=false",
    "advice.detachedHead=false",
    "commit.gpgSign=false",
    "push.gpgSign=false",
    "push.followTags=false",
    "push.recurseSubmodules=no",
    "log.showSignature=false",
)
_CREDENTIALS = re.compile(r"(\w+://)[^/\s@]+@")
_NOISE = ("hint:", "To ", "error: failed to push some refs", "From ")
_NO_REPOSITORY = "not a git repository (or any"
_EXCEPT = "git config --global --add safe.directory"
_MOST_LINES = 20
_SSH = "ssh -o BatchMode=yes -o ConnectTimeout=10"


class GitFailed(Failed):
    """A git command failed; ``said`` is what it wrote, without credentials."""

    def __init__(self, command: str, said: str) -> None:
        self.said = _CREDENTIALS.sub(r"\1", said.strip())
        lines = [line.strip() for line in self.said.splitlines() if line.strip()]
        remedy = next((line for line in lines if line.startswith(_EXCEPT)), None)
        telling = [line for line in lines if not line.startswith((*_NOISE, _EXCEPT))] or lines
        super().__init__(f"git {command} failed:{_listed(telling)}", hint=remedy)


def _listed(lines: list[str]) -> str:
    """Show one line where it is, several below each other."""
    if len(lines) < 2:
        return f" {lines[0]}" if lines else " it said nothing"
    more = [f"and {len(lines) - _MOST_LINES} more lines"] if len(lines) > _MOST_LINES else []
    return "".join(f"\n    {line}" for line in [*lines[:_MOST_LINES], *more])


class GitMissing(GitFailed):
    """Git itself does not run on this machine."""

    def __init__(self, command: str, why: str) -> None:
        super().__init__(command, why)
        self.message = why
        self.hint = "install git; without it nothing is reviewed or shared, and what is recorded stays here"


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
        """Return the repository that holds a folder (which need not exist yet), or None if there is none.

        Raises:
            GitFailed: git cannot say, for a reason of its own: another owner's files, a wrong setting,
                a damaged repository, no git at all.
        """
        there = next(each for each in (folder, *folder.absolute().parents) if each.is_dir())
        try:
            said = call(there, "rev-parse", "--show-toplevel", "--path-format=absolute", "--git-common-dir")
        except GitFailed as error:
            if _NO_REPOSITORY in error.said:
                return None
            raise
        top, shared = said.decode(errors="surrogateescape").splitlines()
        return cls(Path(top), Path(shared))

    def git(self, *arguments: str, index: Path | None = None, given: bytes | None = None) -> bytes:
        """Return what a git command writes; GitFailed if it fails. ``index`` replaces the user's."""
        return call(self.top, *arguments, index=index, given=given)

    def text(self, *arguments: str, index: Path | None = None) -> str:
        """Return one line that a git command writes."""
        return self.git(*arguments, index=index).decode(errors="surrogateescape").strip()

    def ask(self, *arguments: str) -> str | None:
        """Return one line that a git command writes, or None when it says no."""
        try:
            return self.text(*arguments)
        except GitFailed:
            return None

    def has_remote(self, remote: str) -> bool:
        """Whether a remote of this name is configured (or it is an address itself)."""
        return "/" in remote or ":" in remote or remote in self.text("remote").split()


def call(
    folder: Path,
    *arguments: str,
    index: Path | None = None,
    given: bytes | None = None,
    settings: tuple[str, ...] = (),
) -> bytes:
    """Run git in a folder, with nobody to ask and ``SECONDS`` to live.

    Args:
        folder: where it runs.
        arguments: the command and what it takes.
        index: a file that takes the place of the user's index.
        given: its standard input.
        settings: more of git's settings, ``name=value``.

    Returns:
        What it wrote.

    Raises:
        GitMissing: it does not run here.
        GitFailed: it failed, or took too long (it is then ended).
    """
    options = [word for setting in (*_SETTINGS, *settings) for word in ("-c", setting)]
    try:
        process = subprocess.Popen(
            ["git", *options, *arguments],
            cwd=folder,
            env=_environment(index),
            stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        gone = f"there is no folder {folder}"
        raise GitMissing(arguments[0], "git is not installed" if folder.is_dir() else gone) from error
    except OSError as error:
        raise GitMissing(arguments[0], f"git cannot be run: {error.strerror}") from error
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
    environment = {key: value for key, value in os.environ.items() if key not in _OF_A_REPOSITORY}
    environment |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "SSH_ASKPASS": "true"}
    if index is not None:
        environment["GIT_INDEX_FILE"] = str(index)
    if not {"GIT_SSH", "GIT_SSH_COMMAND"} & environment.keys():
        environment["GIT_SSH_COMMAND"] = _SSH
    return environment
