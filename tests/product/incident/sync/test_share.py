"""Sharing an incident: its folder reaches everybody, and nothing else moves."""

import contextlib
import shutil
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from outage.errors import Failed, OutageError, Refused
from outage.incident.record import read
from outage.incident.sync.share import share
from outage.run.history import SPOOL
from tests.product.incident.sync.clones import INCIDENT, Clone, at_remote, git

Clones = Callable[[str], Clone]
RECORD = f"incidents/{INCIDENT}/record.jsonl"


def texts(folder: Path) -> list[str]:
    reading = read(folder)
    assert not reading.problems
    return sorted(str(event.data["text"]) for event in reading.events)


def test_what_one_records_the_other_receives(clone: Clones) -> None:
    ines, bo = clone("ines"), clone("bo")
    ines.note("queue is full")
    assert ines.share().pushed
    assert bo.share(receive=True).folders == (INCIDENT,)
    assert bo.record == ines.record


def test_both_write_at_once_and_both_records_end_equal_and_complete(clone: Clones, remote: Path) -> None:
    ines, bo = clone("ines"), clone("bo")
    ines.note("declared")
    ines.share()
    bo.share(receive=True)

    def respond(who: Clone) -> None:
        for number in range(12):
            who.note(f"{who.root.name} {number:02d}")
            if number % 3 == 2:
                who.share()

    responders = [threading.Thread(target=respond, args=(who,)) for who in (ines, bo)]
    for responder in responders:
        responder.start()
    for responder in responders:
        responder.join()
    for who in (ines, bo, ines):
        who.share()

    assert ines.record == bo.record == at_remote(remote, RECORD)
    expected = ["declared", *(f"{name} {number:02d}" for name in ("bo", "ines") for number in range(12))]
    assert texts(ines.incident) == sorted(expected)


def test_an_event_written_while_a_sync_replaces_the_file_is_not_lost(clone: Clones) -> None:
    ines, bo = clone("ines"), clone("bo")
    ines.note("declared")
    ines.share()
    bo.share(receive=True)
    stop = threading.Event()
    written = ["declared"]

    def type_on() -> None:
        while not stop.is_set():
            text = f"typed {len(written)}"
            ines.note(text)
            written.append(text)

    typist = threading.Thread(target=type_on)
    typist.start()
    for number in range(4):
        bo.note(f"bo {number}")
        bo.share()
        ines.share()
    stop.set()
    typist.join()
    assert texts(ines.incident) == sorted([*written, *(f"bo {number}" for number in range(4))])


def test_nothing_new_pushes_nothing(clone: Clones, remote: Path) -> None:
    ines = clone("ines")
    ines.note("queue is full")
    ines.share()
    before = git(remote, "rev-parse", "main")
    assert not ines.share().pushed
    assert git(remote, "rev-parse", "main") == before


def test_other_changes_in_the_clone_stay_where_they_are(clone: Clones, remote: Path) -> None:
    ines = clone("ines")
    ines.write("handbook.yml", "company: {name: Changed}\n")
    ines.write("staged.md", "staged\n")
    ines.git("add", "staged.md")
    ines.write("untracked.md", "untracked\n")
    before = ines.git("status", "--porcelain")
    ines.note("queue is full")
    ines.share()
    assert ines.git("status", "--porcelain") == before
    assert git(remote, "ls-tree", "-r", "--name-only", "main").split() == [
        ".gitattributes",
        "handbook.yml",
        RECORD,
    ]
    assert at_remote(remote, "handbook.yml") == b"company: {name: Larkfield}\n"


def test_commits_that_were_not_pushed_are_not_pushed_now(clone: Clones, remote: Path) -> None:
    ines = clone("ines")
    ines.commit("draft.md", "half an idea\n")
    ines.note("queue is full")
    ines.share()
    assert "draft.md" not in git(remote, "ls-tree", "-r", "--name-only", "main")
    assert ines.git("status", "--porcelain") == ""
    ines.git("-c", "pull.rebase=false", "pull", "-q", "--no-edit")
    ines.git("push", "-q")
    assert ines.record == at_remote(remote, RECORD)


@pytest.mark.parametrize("where", ["another branch", "a detached head", "a branch without upstream"])
def test_it_works_from(where: str, clone: Clones, remote: Path) -> None:
    ines = clone("ines")
    if where == "a detached head":
        ines.git("checkout", "-q", "--detach")
    elif where == "another branch":
        ines.git("checkout", "-q", "-b", "feature")
    else:
        ines.git("branch", "--unset-upstream")
    head = ines.git("rev-parse", "HEAD")
    ines.note("queue is full")
    assert ines.share().pushed
    assert at_remote(remote, RECORD) == ines.record
    if where != "a branch without upstream":
        assert ines.git("rev-parse", "HEAD") == head, "the user's work is not moved"


def test_it_works_from_a_second_work_tree(clone: Clones, remote: Path, tmp_path: Path) -> None:
    ines = clone("ines")
    ines.git("worktree", "add", "-q", "--detach", str(tmp_path / "beside"))
    beside = Clone(tmp_path / "beside")
    beside.note("queue is full")
    assert beside.share().pushed
    assert at_remote(remote, RECORD) == beside.record
    assert not ines.incident.exists()


def test_a_branch_that_is_behind_can_be_pulled_afterwards(clone: Clones, remote: Path) -> None:
    ines, bo = clone("ines"), clone("bo")
    bo.commit("news.md", "news\n")
    bo.git("push", "-q")
    ines.note("queue is full")
    ines.share()
    assert not (ines.root / "news.md").exists(), "sync brings the incident, not other people's pages"
    ines.git("pull", "-q", "--ff-only")
    assert (ines.root / "news.md").exists()
    assert ines.git("status", "--porcelain") == ""


def test_an_up_to_date_branch_moves_along_and_is_clean(clone: Clones, remote: Path) -> None:
    ines = clone("ines")
    ines.note("queue is full")
    ines.share()
    assert ines.git("status", "--porcelain") == ""
    assert ines.git("rev-parse", "HEAD") == git(remote, "rev-parse", "main")


def test_a_merge_under_way_is_left_alone(clone: Clones, remote: Path) -> None:
    ines = clone("ines")
    ines.git("checkout", "-q", "-b", "side")
    ines.commit("side.md", "side\n")
    ines.git("checkout", "-q", "main")
    ines.git("merge", "-q", "--no-ff", "--no-commit", "side")
    head = ines.git("rev-parse", "HEAD")
    ines.note("queue is full")
    assert "a merge is under way" in " ".join(ines.share().notes)
    assert ines.git("rev-parse", "HEAD") == head
    assert at_remote(remote, RECORD) == ines.record


def test_messages_that_wait_are_never_committed(clone: Clones, remote: Path) -> None:
    ines = clone("ines")
    ines.note("queue is full")
    ines.write(f"incidents/{INCIDENT}/.outbox/.gitignore", "*\n")
    ines.write(f"incidents/{INCIDENT}/.outbox/1.json", "{}")
    ines.share()
    assert ".outbox" not in git(remote, "ls-tree", "-r", "--name-only", "main")


def test_what_a_change_saved_before_its_secrets_were_taken_out_stays_here(
    clone: Clones, remote: Path
) -> None:
    ines = clone("ines")
    ines.note("queue is full")
    for name in (SPOOL, "journal.jsonl"):
        ines.write(f"incidents/{INCIDENT}/runs/r1/{name}", '{"name":"key","value":"hunter2"}\n')
    ines.share()
    shared = git(remote, "ls-tree", "-r", "--name-only", "main")
    assert "runs/r1/journal.jsonl" in shared
    assert SPOOL not in shared
    assert (ines.incident / "runs/r1" / SPOOL).exists()


def test_a_torn_line_travels_no_further_than_it_must(clone: Clones) -> None:
    ines, bo = clone("ines"), clone("bo")
    ines.note("whole")
    with (ines.incident / "record.jsonl").open("ab") as file:
        file.write(b'{"v":1,"id":"torn')
    ines.share()
    bo.share(receive=True)
    assert texts(bo.incident) == ["whole"], "a last line without its end may still be being written"
    ines.note("after")
    ines.share()
    bo.share()
    reading = read(bo.incident)
    assert [event.data["text"] for event in reading.events] == ["whole", "after"]
    assert len(reading.problems) == 1


def test_a_review_edited_on_both_sides_combines_or_says_so(clone: Clones) -> None:
    ines, bo = clone("ines"), clone("bo")
    ines.note("declared")
    ines.write(f"incidents/{INCIDENT}/review.md", "one\n\ntwo\n\nthree\n\nfour\n")
    ines.share()
    bo.share(receive=True)
    ines.write(f"incidents/{INCIDENT}/review.md", "ONE\n\ntwo\n\nthree\n\nfour\n")
    bo.write(f"incidents/{INCIDENT}/review.md", "one\n\ntwo\n\nthree\n\nFOUR\n")
    ines.share()
    assert bo.share().notes == ()
    assert (bo.incident / "review.md").read_text() == "ONE\n\ntwo\n\nthree\n\nFOUR\n"
    ines.share()

    ines.write(f"incidents/{INCIDENT}/review.md", "mine\n")
    bo.write(f"incidents/{INCIDENT}/review.md", "bo's\n")
    ines.share()
    assert "review.md was changed here and elsewhere" in bo.share().notes[0]
    assert (bo.incident / "review.md").read_text() == "bo's\n"


def test_a_file_deleted_on_one_side_goes_on_the_other(clone: Clones) -> None:
    ines, bo = clone("ines"), clone("bo")
    ines.note("declared")
    ines.write(f"incidents/{INCIDENT}/draft.md", "draft\n")
    ines.share()
    bo.share(receive=True)
    (ines.incident / "draft.md").unlink()
    ines.share()
    bo.share()
    assert not (bo.incident / "draft.md").exists()
    assert bo.record == ines.record


def test_a_record_deleted_by_mistake_comes_back(clone: Clones) -> None:
    ines = clone("ines")
    ines.note("declared")
    ines.share()
    before = ines.record
    (ines.incident / "record.jsonl").unlink()
    ines.share()
    assert ines.record == before


def test_a_link_out_of_the_folder_is_not_followed(clone: Clones, tmp_path: Path) -> None:
    ines, bo = clone("ines"), clone("bo")
    ines.note("declared")
    ines.write(f"incidents/{INCIDENT}/runs/x/journal.jsonl", "{}\n")
    ines.share()
    outside = tmp_path / "outside"
    outside.mkdir()
    bo.note("mine")
    (bo.incident / "runs").symlink_to(outside)
    with contextlib.suppress(OutageError):
        bo.share()
    assert list(outside.iterdir()) == []


def test_without_a_remote_it_is_committed_here_and_said(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main", "alone")
    alone = Clone(tmp_path / "alone")
    alone.commit("handbook.yml", "company: {name: Larkfield}\n")
    alone.write("handbook.yml", "company: {name: Changed}\n")
    alone.note("queue is full")
    shared = alone.share()
    assert shared.remote is None
    assert "nobody else has it" in shared.notes[0]
    assert alone.git("status", "--porcelain") == "M handbook.yml"
    assert alone.git("log", "-1", "--format=%s") == f"Record of {INCIDENT}"


def test_with_nothing_to_share_nothing_is_committed(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main", "alone")
    alone = Clone(tmp_path / "alone")
    assert share(alone.root / "incidents", [], "origin", "main").folders == ()
    assert git(alone.root, "rev-list", "--all") == ""


def test_outside_git_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "incidents").mkdir()
    with pytest.raises(Refused, match="not in a git repository"):
        share(tmp_path / "incidents", [INCIDENT], "origin", "main")


def test_a_remote_without_the_branch_is_refused_with_what_to_do(clone: Clones) -> None:
    ines = clone("ines")
    ines.note("queue is full")
    with pytest.raises(Refused, match="no branch 'records'") as refusal:
        share(ines.root / "incidents", [INCIDENT], "origin", "records")
    assert refusal.value.hint
    assert "git push origin HEAD:refs/heads/records" in refusal.value.hint


def test_an_unreachable_remote_fails_clearly_and_loses_nothing(clone: Clones, remote: Path) -> None:
    ines = clone("ines")
    ines.note("queue is full")
    remote.rename(remote.with_name("gone.git"))
    with pytest.raises(Failed, match="git fetch failed"):
        ines.share()
    assert texts(ines.incident) == ["queue is full"]
    remote.with_name("gone.git").rename(remote)
    assert ines.share().pushed


def test_a_remote_that_forbids_pushing_is_not_tried_again_and_again(clone: Clones, remote: Path) -> None:
    hook = remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'main is protected' >&2\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    ines = clone("ines")
    ines.note("queue is full")
    with pytest.raises(Failed, match="protected") as failure:
        ines.share()
    assert "sync.branch" in str(failure.value.hint)


def test_credentials_in_an_address_are_never_repeated(clone: Clones) -> None:
    ines = clone("ines")
    ines.git("remote", "set-url", "origin", "http://ines:hunter2@127.0.0.1:9/x.git")
    ines.note("queue is full")
    with pytest.raises(Failed) as failure:
        ines.share()
    assert "hunter2" not in str(failure.value)
    assert "hunter2" not in failure.value.said  # type: ignore[attr-defined]


def test_nobody_has_to_tell_git_a_name_first(clone: Clones, tmp_path: Path) -> None:
    (tmp_path / "gitconfig").write_text("[user]\nuseConfigOnly = true\n", encoding="utf-8")
    ines = clone("ines")
    ines.note("queue is full")
    assert ines.share().pushed


def test_gits_own_union_merge_keeps_every_event(clone: Clones) -> None:
    """Those who use plain git get the same record, whatever order its lines end in."""
    ines, bo = clone("ines"), clone("bo")
    ines.note("declared")
    ines.git("add", "incidents")
    ines.git("commit", "-q", "-m", "declared")
    ines.git("push", "-q", "origin", "HEAD:main")
    bo.git("pull", "-q", "--ff-only")
    for who in (ines, bo):
        who.note(f"from {who.root.name}")
        who.git("commit", "-q", "-am", "note")
    bo.git("push", "-q")
    ines.git("-c", "pull.rebase=false", "pull", "-q", "--no-edit")
    assert texts(ines.incident) == ["declared", "from bo", "from ines"]


def test_gits_own_union_merge_of_a_torn_line_costs_only_that_line(clone: Clones) -> None:
    ines, bo = clone("ines"), clone("bo")
    ines.note("declared")
    ines.git("add", "incidents")
    ines.git("commit", "-q", "-m", "declared")
    ines.git("push", "-q", "origin", "HEAD:main")
    bo.git("pull", "-q", "--ff-only")
    with (ines.incident / "record.jsonl").open("ab") as file:
        file.write(b'{"v":1,"id":"torn')
    bo.note("from bo")
    for who in (bo, ines):
        who.git("commit", "-q", "-am", "note")
    bo.git("push", "-q")
    ines.git("-c", "pull.rebase=false", "pull", "-q", "--no-edit")
    reading = read(ines.incident)
    assert sorted(str(event.data["text"]) for event in reading.events) == ["declared", "from bo"]
    assert len(reading.problems) == 1


def test_a_handbook_may_live_in_a_folder_of_a_larger_repository(clone: Clones, remote: Path) -> None:
    ines, bo = clone("ines"), clone("bo")
    inner = Clone(ines.root / "ops [new]" / "handbook")
    inner.note("queue is full")
    share(inner.root / "incidents", [INCIDENT], "origin", "main")
    assert at_remote(remote, f"ops [new]/handbook/{RECORD}") == inner.record
    (bo.root / "ops [new]" / "handbook").mkdir(parents=True)
    share(bo.root / "ops [new]" / "handbook" / "incidents", [], "origin", "main", receive=True)
    assert Clone(bo.root / "ops [new]" / "handbook").record == inner.record


def test_what_a_kernel_wrote_in_the_middle_of_a_change_stays_here(clone: Clones, remote: Path) -> None:
    ines = clone("ines")
    run = ines.incident / "runs" / "20261120-100000-look-ab12"
    run.mkdir(parents=True)
    (run / "saved.jsonl").write_text("a password, not scrubbed yet", encoding="utf-8")
    (run / "journal.jsonl").write_text("{}\n", encoding="utf-8")
    ines.note("queue is full")
    ines.share()
    names = git(remote, "ls-tree", "-r", "--name-only", "main").split()
    assert f"incidents/{INCIDENT}/runs/{run.name}/journal.jsonl" in names
    assert [name for name in names if name.endswith("saved.jsonl")] == []


def test_a_union_of_lines_is_the_same_from_both_sides() -> None:
    from outage.incident.sync.merge import unite_lines

    assert unite_lines(b"a\nb\n", b"a\nc\n") == b"a\nb\nc\n"
    assert unite_lines(b"a\nb\nc\n", b"a\nc\n") == b"a\nb\nc\n"
    assert unite_lines(b"", b"a\n") == b"a\n"
    assert unite_lines(b"a\n", b"") == b"a\n"
    assert unite_lines(b"", b"") == b""
    assert unite_lines(b"a", b"b\nc") == b"a\nb\nc", "a line still being written keeps its open end"


def test_two_syncs_of_one_clone_wait_for_each_other(clone: Clones) -> None:
    ines = clone("ines")
    ines.note("queue is full")
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: ines.share(), range(4)))
    assert [shared.pushed for shared in done].count(True) == 1


def test_a_hostile_name_of_a_file_is_only_a_name(clone: Clones) -> None:
    ines, bo = clone("ines"), clone("bo")
    ines.note("declared")
    name = "run `x` $(y) \u202e\n-- ;.md"
    ines.write(f"incidents/{INCIDENT}/{name}", "x\n")
    ines.share()
    bo.share(receive=True)
    assert (bo.incident / name).read_text() == "x\n"


def test_a_busy_index_delays_and_does_not_break(clone: Clones) -> None:
    ines = clone("ines")
    ines.note("queue is full")
    lock = ines.root / ".git" / "index.lock"
    lock.touch()
    release = threading.Timer(0.3, lock.unlink)
    release.start()
    assert ines.share().pushed
    release.join()
    assert ines.git("status", "--porcelain") == ""


def test_git_itself_finds_nothing_wrong(clone: Clones, remote: Path) -> None:
    ines = clone("ines")
    ines.note("queue is full")
    ines.share()
    for folder in (remote, ines.root):
        done = subprocess.run(
            ["git", "fsck", "--strict"], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_copy_by_a_file_manager_is_left_out_and_stops_no_other(clone: Clones, remote: Path) -> None:
    ines = clone("ines")
    ines.note("queue is full")
    copy = f"{INCIDENT} (copy)"
    shutil.copytree(ines.incident, ines.incident.with_name(copy))
    shared = share(ines.root / "incidents", [copy, INCIDENT], "origin", "main")
    assert shared.folders == (INCIDENT,)
    assert "is not read as an incident" in shared.notes[0]
    assert at_remote(remote, RECORD) == ines.record


@pytest.mark.parametrize("name", ["a..b", "x.lock", "2026-11-20.", "\u6570\u636e", "x" * 250])
def test_a_name_that_git_allows_for_no_ref_is_shared(clone: Clones, remote: Path, name: str) -> None:
    ines = clone("ines")
    ines.note("queue is full")
    ines.incident.rename(ines.incident.with_name(name))
    for pushed in (True, False):
        shared = share(ines.root / "incidents", [name], "origin", "main")
        assert (shared.folders, shared.pushed) == ((name,), pushed)
    assert b"queue is full" in at_remote(remote, f"incidents/{name}/record.jsonl")


def test_a_copy_that_somebody_pushed_is_not_received(clone: Clones) -> None:
    ines, bo = clone("ines"), clone("bo")
    ines.note("queue is full")
    shutil.copytree(ines.incident, ines.incident.with_name(f"{INCIDENT} (copy)"))
    ines.git("add", "incidents")
    ines.git("commit", "-q", "-m", "a copy by mistake")
    ines.git("push", "-q", "origin", "HEAD:main")
    assert bo.share(receive=True).folders == (INCIDENT,)
    assert [path.name for path in (bo.root / "incidents").iterdir()] == [INCIDENT]


def test_a_link_in_a_records_place_is_never_pushed_over_the_record(
    clone: Clones, remote: Path, tmp_path: Path
) -> None:
    ines, bo = clone("ines"), clone("bo")
    ines.note("queue is full")
    ines.share()
    bo.incident.mkdir(parents=True)
    (bo.incident / "record.jsonl").symlink_to(tmp_path / "nowhere")
    bo.share(receive=True)
    assert at_remote(remote, RECORD) == ines.record
    assert not (tmp_path / "nowhere").exists()


# ---------------------------------------------------------------- committed with conflict markers


def conflicted(clone: Clone, theirs: bytes) -> bytes:
    """The record as a merge without ``merge=union`` leaves it, with both sides in it."""
    ours = clone.record
    return b"<<<<<<< HEAD\n" + ours + b"||||||| base\n=======\n" + theirs + b">>>>>>> main\n"


@pytest.mark.parametrize("where", ["here", "at the remote"])
def test_a_record_committed_with_conflict_markers_is_repaired_without_losing_a_line(
    clone: Clones, remote: Path, where: str
) -> None:
    ines, bo = clone("ines"), clone("bo")
    ines.note("queue is full")
    bo.note("disk is full")
    whole = [ines.record, bo.record]
    ines.commit(f"incidents/{INCIDENT}/record.jsonl", conflicted(ines, bo.record).decode())
    (bo.incident / "record.jsonl").unlink()
    ines.git("push", "-q", "origin", "HEAD:main")
    if where == "at the remote":
        (ines.incident / "record.jsonl").write_bytes(whole[0])
    notes = ines.share().notes
    if where == "here":
        assert notes == ("record.jsonl held git's conflict markers: they are taken out, both sides kept",)
    assert sorted(ines.record.splitlines(keepends=True)) == sorted(whole)
    assert at_remote(remote, RECORD) == ines.record
