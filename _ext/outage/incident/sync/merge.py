"""An incident's folder here and at the remote, made one: append-only files by union, others by git.

An append-only file is never deleted; another is, when one side deleted what both had.
Nothing outside the folder is read or written.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from outage import files
from outage.git import GitFailed, Repository
from outage.incident.record.conflict_markers import find_markers, is_marker, strip_markers
from outage.incident.record.store import lock_record

_LEFT_OUT = "S "  # how git's listing marks it
_FILE_MODES = ("100644", "100755")


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that is not the same here and at the remote.

    Attributes:
        path: from the top of the repository.
        theirs: blob at the remote, or None when it has none.
        ours: blob here, or None when there is none.
    """

    path: str
    theirs: str | None
    ours: str | None


def combine(repo: Repository, tip: str | None, folders: Mapping[str, str | None], index: Path) -> list[str]:
    """Bring the folders and a private index to the union of what is here and at ``tip``.

    Args:
        repo: the repository.
        tip: the remote's commit, or None for none.
        folders: incident folders, from the top of the repository; to each the commit in which
            both sides last had it in common, if that is known.
        index: the private index, made here; afterwards it holds ``tip`` with the folders combined.

    Returns:
        A line about each file that was changed on both sides in ways that do not combine;
        ours stays, and theirs is in the history.
    """
    repaired = [note for folder in folders for note in _repair(repo.top / folder)]
    repo.git("read-tree", *([tip] if tip else ["--empty"]), index=index)
    for folder in folders:
        if (repo.top / folder).is_dir():
            repo.git("add", "--all", "--", folder, _but_unscrubbed(folder), index=index)
            _keep_left_out(repo, tip, folder, index)
        else:
            repo.git("rm", "-r", "--cached", "--quiet", "--ignore-unmatch", "--", folder, index=index)
    conflicts: list[str] = []
    for folder, base in folders.items():
        for found in _list_differences(repo, tip, folder, index):
            if found.path.endswith(".jsonl"):
                _unite(repo, found, index)
            else:
                conflicts += _merge_three_ways(repo, found, base, index)
    return repaired + conflicts


def _repair(folder: Path) -> Iterator[str]:
    """Take git's conflict markers out of append-only files that were committed with them."""
    for path in sorted(folder.rglob("*.jsonl")):
        if path.is_file() and not path.is_symlink() and find_markers(path.read_bytes()):
            with lock_record(path):
                replace(path, strip_markers(path.read_bytes()))
            yield f"{path.name} held git's conflict markers: they are taken out, both sides kept"


def _keep_left_out(repo: Repository, tip: str | None, folder: str, index: Path) -> None:
    """Keep what a sparse checkout leaves out of a folder as the remote has it, instead of deleting it."""
    listed = repo.git("ls-files", "-t", "-z", "--", folder).decode(errors="surrogateescape").split("\0")
    left_out = [line[2:] for line in listed if line.startswith(_LEFT_OUT)]
    absent = [path for path in left_out if not (repo.top / path).exists()]
    if tip and absent:
        repo.git("reset", "--quiet", tip, "--", *(f":(literal){path}" for path in absent), index=index)


def _list_differences(repo: Repository, tip: str | None, folder: str, index: Path) -> Iterator[Difference]:
    tree = tip or repo.text("hash-object", "-t", "tree", "-w", os.devnull)
    listed = repo.git("diff-index", "--cached", "--no-renames", "-z", tree, "--", folder, index=index)
    fields = listed.decode(errors="surrogateescape").split("\0")[:-1]
    for meta, path in zip(fields[::2], fields[1::2], strict=True):
        their_mode, our_mode, theirs, ours, _ = meta.removeprefix(":").split(" ")
        if _is_ours_to_write(repo, path, folder) and {their_mode, our_mode} & set(_FILE_MODES):
            yield Difference(path, _parse_blob(theirs), _parse_blob(ours))


def _parse_blob(name: str) -> str | None:
    """Return a blob's name; git writes zeros for none."""
    return name if name.strip("0") else None


def _is_ours_to_write(repo: Repository, path: str, folder: str) -> bool:
    """Return whether a path lies inside the folder, links followed."""
    inside = (repo.top / path).parent.resolve().is_relative_to((repo.top / folder).resolve())
    return inside and ".." not in PurePosixPath(path).parts and not (repo.top / path).is_symlink()


def _unite(repo: Repository, found: Difference, index: Path) -> None:
    """Write their lines, then those of ours that they lack; both sides end with the same bytes."""
    theirs = repo.git("cat-file", "blob", found.theirs) if found.theirs else b""
    path = repo.top / found.path
    path.parent.mkdir(parents=True, exist_ok=True)
    with lock_record(path):  # of a record and of a run's journal alike: someone may be writing it now
        whole = _write_united(path, theirs)
    _stage(repo, found.path, whole, index)


def _write_united(path: Path, theirs: bytes) -> bytes:
    """Write the union where it differs, and return its whole lines; a line being written waits."""
    ours = path.read_bytes() if path.exists() else b""
    united = unite_lines(theirs, ours)
    if theirs and united != ours:
        replace(path, united)
    return united[: united.rfind(b"\n") + 1]


def unite_lines(theirs: bytes, ours: bytes) -> bytes:
    """Return the lines of both, each once, no conflict markers; only our last line may lack its newline."""
    known = dict.fromkeys(line for line in theirs.split(b"\n") if line and not is_marker(line))
    own = [line for line in ours.split(b"\n") if line and line not in known and not is_marker(line)]
    lines = [*known, *dict.fromkeys(own)]
    unfinished = bool(own) and not ours.endswith(b"\n") and ours.split(b"\n")[-1] == own[-1]
    return b"\n".join(lines) + (b"" if unfinished or not lines else b"\n")


def _take_theirs(repo: Repository, found: Difference, index: Path) -> None:
    if found.theirs is None:
        (repo.top / found.path).unlink(missing_ok=True)
        repo.git("update-index", "--force-remove", "--", found.path, index=index)
        return
    content = repo.git("cat-file", "blob", found.theirs)
    replace(repo.top / found.path, content)
    _stage(repo, found.path, content, index)


def _merge_three_ways(repo: Repository, found: Difference, base: str | None, index: Path) -> list[str]:
    """Return a file that is not append-only: the side that changed it wins, or both changes combine."""
    before = repo.ask("rev-parse", "--verify", "--quiet", f"{base}:{found.path}") if base else None
    if found.theirs == before or (found.theirs is None and before != found.ours):
        return []
    if found.ours == before or found.ours is None:
        _take_theirs(repo, found, index)
        return []
    merged = _merge(repo, found, before)
    if merged is None:
        name = PurePosixPath(found.path).name
        return [
            f"{name} was changed here and elsewhere; yours is kept, theirs is in git's history of the file"
        ]
    replace(repo.top / found.path, merged)
    _stage(repo, found.path, merged, index)
    return []


def _merge(repo: Repository, found: Difference, before: str | None) -> bytes | None:
    """Return both sides' changes together, or None where they touch the same lines."""
    with tempfile.TemporaryDirectory() as temporary:
        paths = []
        for name, blob in (("ours", found.ours), ("base", before), ("theirs", found.theirs)):
            path = Path(temporary) / name
            path.write_bytes(repo.git("cat-file", "blob", blob) if blob else b"")
            paths.append(str(path))
        try:
            return repo.git("merge-file", "-p", "-q", *paths)
        except GitFailed:
            return None


def _but_unscrubbed(folder: str) -> str:
    """Return what leaves out the files that a kernel wrote in the middle of a change.

    The runner has taken no secret out of them yet. The whole path is named: with ``**`` in its place,
    git 2.39 adds nothing of a folder whose parents it doesn't track either.
    """
    literal = re.sub(r"[\[\]*?\\]", r"\\\g<0>", folder)
    return f":(exclude,glob){literal}/runs/*/saved.jsonl"


def _stage(repo: Repository, path: str, content: bytes, index: Path) -> None:
    blob = repo.git("hash-object", "-w", "--stdin", "--path", path, given=content).decode().strip()
    repo.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", index=index)


def replace(path: Path, content: bytes) -> None:
    """Put a file in the place of another, and make its folder if there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    files.replace(path, content)
