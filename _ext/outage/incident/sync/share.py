"""Commit, pull and push incident folders, and nothing else, whatever else is going on in the clone.

What is pushed is built straight on the remote's branch: a commit that holds the remote's
tree with the incident's folder in it. The user's branch, index and other files need not
be clean, up to date, or on any branch at all. Afterwards the local branch is brought
along where that touches nothing else (see ``settle``).
"""

from __future__ import annotations

import os
import random
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from outage import locks
from outage.errors import Failed, Refused
from outage.git import GitFailed, Repository
from outage.incident.folders import is_name, list_left_out
from outage.incident.record.store import FILE
from outage.incident.sync.merge import combine
from outage.incident.sync.settle import commit, settle

ATTEMPTS = 10
PATIENCE = 60.0
"""Seconds to wait for another sync of the same clone."""
_RACED = ("[rejected]", "[remote rejected]", "non-fast-forward", "fetch first", "cannot lock ref")
_SUBMODULE = "160000 "
_REFUSED_FOR_GOOD = ("protected branch", "pre-receive hook", "denied", "not permitted")


@dataclass(frozen=True, slots=True)
class Shared:
    """What a sync did.

    Attributes:
        commit: the commit that now holds the folders.
        remote: the remote that has it, or None when there is none and it is only committed here.
        pushed: whether there was something to push.
        folders: names of the incidents that were shared, those received included.
        notes: what the user should know besides.
    """

    commit: str
    remote: str | None
    pushed: bool
    folders: tuple[str, ...]
    notes: tuple[str, ...] = ()


def share(incidents: Path, names: list[str], remote: str, branch: str, *, receive: bool = False) -> Shared:
    """Commit, pull and push the folders of some incidents.

    Args:
        incidents: the folder of incident folders, inside a git work tree.
        names: ids of incidents; a folder need not exist here. One that is not read as an incident
            is left out, and the notes say so.
        remote: name of the remote. If the repository has none, the folders are only committed.
        branch: branch at the remote; it must exist there.
        receive: also fetch incidents that only the remote has.

    Raises:
        Refused: as :func:`find_repository`, or the remote has no such branch.
        Failed: git failed, or the checkout cannot be written to; the message says how, and nothing of
            the record is lost.
    """
    repo = find_repository(incidents)
    top = incidents.resolve().relative_to(repo.top.resolve())
    odd = [one for one in list_left_out(incidents) if one.folder.name in names]
    names = [name for name in names if name not in {one.folder.name for one in odd}]
    try:
        with _hold_lock(repo), tempfile.TemporaryDirectory(prefix="outage-") as temporary:
            index = Path(temporary) / "index"
            if repo.has_remote(remote):
                done = _exchange(repo, top, names, remote, branch, index, receive)
            else:
                done = _commit_here(repo, [(top / name).as_posix() for name in names], index, remote)
            return replace(done, notes=(*done.notes, *map(str, odd)))
    except OSError as error:
        where = error.filename or repo.top
        hint = "may you write there? nothing is lost; run 'outage sync' where the clone can be written to"
        raise Failed(f"{where} cannot be written: {error.strerror or error}", hint=hint) from None


def find_repository(incidents: Path) -> Repository:
    """Return the repository in which a folder of incidents is shared: its own, if it is a submodule.

    Raises:
        Refused: there is none, git cannot reach the folder, or a link leads out of the handbook's repository.
        GitFailed: git cannot say.
    """
    handbook, repo = Repository.around(incidents.parent), Repository.around(incidents.resolve())
    if handbook is None and repo is None:
        raise Refused(
            f"{incidents.parent} is not in a git repository",
            hint="the record is kept on this machine only; 'git init' and a remote would share it",
        )
    if repo is None or (incidents.is_symlink() and repo != handbook):
        raise Refused(
            f"{incidents.name} is a link to {incidents.resolve()}, which is not in the handbook's repository",
            hint="put the folder itself in the place of the link: git follows none",
        )
    if repo.text("ls-files", "--stage", "--", str(incidents.resolve())).startswith(_SUBMODULE):
        raise Refused(
            f"{incidents.name} is a submodule that is not checked out here",
            hint=f"move aside what is in it, then: git submodule update --init {incidents.name}",
        )
    return repo


def _exchange(
    repo: Repository, top: Path, names: list[str], remote: str, branch: str, index: Path, receive: bool
) -> Shared:
    """Fetch, combine, push; again when someone else pushed in between."""
    for attempt in range(ATTEMPTS):
        tip = _fetch(repo, remote, branch)
        wanted = [*names, *(_list_only_there(repo, tip, top) if receive else [])]
        wanted = list(dict.fromkeys(wanted))
        folders = [(top / name).as_posix() for name in wanted]
        if not folders:
            return Shared(tip, remote, False, ())
        bases = {folder: _find_base(repo, Path(folder), tip) for folder in folders}
        conflicts = combine(repo, tip, bases, index)
        new = commit(repo, tip, index, _write_message(wanted))
        if new == tip or _push(repo, remote, branch, new):
            for name in wanted:
                repo.git("update-ref", _name_marker(name), new)
            notes = (*conflicts, *settle(repo, new, folders, branch))
            return Shared(new, remote, new != tip, tuple(wanted), notes)
        time.sleep(random.uniform(0, 0.2 * (attempt + 1)))
    raise Failed(
        f"{remote} was pushed to by others {ATTEMPTS} times in a row",
        hint="nothing is lost; run 'outage sync' again",
    )


def _commit_here(repo: Repository, folders: list[str], index: Path, remote: str) -> Shared:
    """Commit the folders on whatever is checked out, where there is no remote."""
    alone = f"there is no remote '{remote}', so nobody else has it"
    head = repo.ask("rev-parse", "--verify", "--quiet", "HEAD")
    if not folders:
        return Shared(head or "", None, False, (), (alone,))
    bases: dict[str, str | None] = dict.fromkeys(folders, head)
    combine(repo, head, bases, index)
    names = tuple(Path(folder).name for folder in folders)
    new = commit(repo, head, index, _write_message(list(names)))
    notes = settle(repo, new, folders, None)
    return Shared(new, None, False, names, (alone, *notes))


def _write_message(names: list[str]) -> str:
    return f"Record of {', '.join(names[:3])}{' and others' if len(names) > 3 else ''}"


def _fetch(repo: Repository, remote: str, branch: str) -> str:
    """Return the remote's commit of the branch, fetched; no ref of the user's moves."""
    ours = f"refs/outage/fetched/{branch}"
    quiet = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-gc")
    try:
        repo.git("fetch", *quiet, remote, f"+refs/heads/{branch}:{ours}")
    except GitFailed as error:
        if "couldn't find remote ref" in error.said:
            raise Refused(
                f"{remote} has no branch '{branch}'",
                hint=f"push one first: git push {remote} HEAD:refs/heads/{branch} (or change sync.branch)",
            ) from None
        error.hint = f"is {remote} reachable? nothing is lost; 'outage sync' tries again"
        raise
    return repo.text("rev-parse", ours)


def _list_only_there(repo: Repository, tip: str, top: Path) -> list[str]:
    """Return incidents that the remote has and this clone has not."""
    listed = repo.git("ls-tree", "-r", "-z", "--name-only", tip, "--", str(top)).decode(
        errors="surrogateescape"
    )
    paths = [Path(path) for path in listed.split("\0") if path.endswith(f"/{FILE}")]
    found = [path.parent.name for path in paths if path.parent.parent == top]
    here = repo.top / top
    return [name for name in found if is_name(name) and not os.path.lexists(here / name / FILE)]


def _push(repo: Repository, remote: str, branch: str, new: str) -> bool:
    """Push one commit; False when someone was faster."""
    try:
        repo.git("push", "--quiet", "--no-verify", remote, f"{new}:refs/heads/{branch}")
    except GitFailed as error:
        raced = any(word in error.said for word in _RACED)
        if raced and not any(word in error.said.lower() for word in _REFUSED_FOR_GOOD):
            return False
        error.hint = f"may you push to {branch} at {remote}? nothing is lost; sync.branch may name another"
        raise
    return True


def _name_marker(name: str) -> str:
    """Return the ref that remembers, for each work tree, what was last shared of an incident.

    Git allows fewer names for refs than a disk does for folders: a name that might not do is hashed.
    """
    plain = re.fullmatch(r"[A-Za-z0-9_-]{1,200}", name)
    return f"refs/worktree/outage/{name if plain else '%' + sha256(os.fsencode(name)).hexdigest()}"


def _find_base(repo: Repository, folder: Path, tip: str) -> str | None:
    """Return what both sides last had in common; nothing, where the incident is not here at all.

    A sparse checkout leaves folders out, and that deletes nothing of them.
    """
    if not (repo.top / folder / FILE).exists():
        return None
    marked = repo.ask("rev-parse", "--verify", "--quiet", _name_marker(folder.name))
    return marked or repo.ask("merge-base", "HEAD", tip)


@contextmanager
def _hold_lock(repo: Repository) -> Iterator[None]:
    """Allow one sync of a clone at a time, its other work trees included."""
    with locks.hold(repo.shared / "outage-sync.lock", wait=PATIENCE) as is_ours:
        if not is_ours:
            raise Failed("another sync of this clone does not end", hint="look for it with ps")
        yield
