"""After sharing: bring the local branch along, as far as that touches nothing else.

- Nothing but the incident differs: the branch moves forward.
- The remote also has other news: the incident's files are staged as the remote has them,
  so that the next ``git pull`` finds them in place.
- The branch has commits of its own: the incident is committed on it as well.
- Another branch, a detached head, or a merge under way: nothing is done.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from outage.git import GitFailed, Repository, call

_UNDER_WAY = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD")


def commit(repo: Repository, parent: str | None, index: Path, message: str) -> str:
    """Return a commit of an index on top of ``parent``; ``parent`` itself when nothing changed."""
    tree = repo.text("write-tree", index=index)
    if parent and tree == repo.text("rev-parse", f"{parent}^{{tree}}"):
        return parent
    parents = ("-p", parent) if parent else ()
    made = call(repo.top, "commit-tree", tree, *parents, "-m", message, settings=_choose_identity(repo))
    return made.decode().strip()


def _choose_identity(repo: Repository) -> tuple[str, ...]:
    """Return a name for commits where the user has set none: no one should have to during an outage."""
    if repo.ask("var", "GIT_COMMITTER_IDENT") and repo.ask("var", "GIT_AUTHOR_IDENT"):
        return ()
    return ("user.name=outage sync", "user.email=outage@localhost")


def settle(repo: Repository, new: str, folders: list[str], branch: str | None) -> list[str]:
    """Bring what is checked out to ``new``, for the folders only; says what it could not do.

    ``branch`` is the branch to which ``new`` was pushed; None takes whatever is checked out.
    """
    checked_out = repo.ask("symbolic-ref", "--quiet", "HEAD")
    if branch is not None and checked_out != f"refs/heads/{branch}":
        return []
    if any(repo.ask("rev-parse", "--verify", "--quiet", name) for name in _UNDER_WAY):
        return ["a merge is under way here, so the local branch was left as it is"]
    try:
        head = repo.ask("rev-parse", "--verify", "--quiet", "HEAD")
        forward = new if head is None else _forward(repo, head, new, folders)
        if forward and forward != head:
            repo.git("update-ref", "-m", "outage sync", "HEAD", forward, head or "")
        _stage(repo, new, folders)
    except GitFailed as error:
        return [f"the local branch was left as it is: {' '.join(error.message.split())}"]
    return []


def _forward(repo: Repository, head: str, new: str, folders: list[str]) -> str | None:
    """Return the commit that the branch may move to, or None when it may not move."""
    others = [".", *(f":(exclude,literal){folder}" for folder in folders)]
    if repo.ask("merge-base", "--is-ancestor", head, new) is not None:
        same_elsewhere = repo.ask("diff", "--quiet", "--no-ext-diff", head, new, "--", *others) is not None
        return new if same_elsewhere else None
    if repo.ask("merge-base", "--is-ancestor", new, head) is not None:
        return None
    return _commit_on_top(repo, head, new, folders)


def _commit_on_top(repo: Repository, head: str, new: str, folders: list[str]) -> str:
    """Return the head with the folders as ``new`` has them."""
    with tempfile.TemporaryDirectory(prefix="outage-") as temporary:
        index = Path(temporary) / "index"
        repo.git("read-tree", head, index=index)
        for folder in folders:
            repo.git("rm", "-r", "--cached", "--quiet", "--ignore-unmatch", "--", folder, index=index)
            if repo.ask("rev-parse", "--verify", "--quiet", f"{new}:{folder}"):
                repo.git("read-tree", f"--prefix={folder}/", f"{new}:{folder}", index=index)
        return commit(repo, head, index, f"Record of {Path(folders[0]).name}")


def _stage(repo: Repository, new: str, folders: list[str]) -> None:
    """Bring the user's index to what ``new`` says of the folders; another git command may hold it a while."""
    for attempt in range(20):
        try:
            repo.git("reset", "--quiet", new, "--", *folders)
            return
        except GitFailed as error:
            if "index.lock" not in error.said or attempt == 19:
                raise
            time.sleep(0.05)
