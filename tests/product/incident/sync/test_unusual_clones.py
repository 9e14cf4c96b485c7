"""Clones that are not as usual: incidents behind a link, in a submodule, left out; nothing can be written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from outage.errors import Failed, OutageError, Refused
from outage.incident.sync import background
from outage.incident.sync.share import find_repository, share
from tests.product.incident.sync.clones import INCIDENT, Clone, at_remote, git

Clones = Callable[[str], Clone]
RECORD = f"incidents/{INCIDENT}/record.jsonl"


def test_a_link_within_the_repository_is_followed(clone: Clones, remote: Path) -> None:
    ines = clone("ines")
    (ines.root / "data").mkdir()
    (ines.root / "incidents").symlink_to("data")
    ines.note("queue is full")
    ines.share()
    assert at_remote(remote, f"data/{INCIDENT}/record.jsonl") == ines.record


@pytest.mark.parametrize("versioned", [False, True], ids=["a plain folder", "another repository"])
def test_a_link_out_of_the_repository_is_refused_in_words(
    clone: Clones, tmp_path: Path, versioned: bool
) -> None:
    ines, elsewhere = clone("ines"), tmp_path / "elsewhere"
    elsewhere.mkdir()
    if versioned:
        git(elsewhere, "init", "-q", "-b", "main")
    (ines.root / "incidents").symlink_to(elsewhere)
    ines.note("queue is full")
    with pytest.raises(Refused, match=f"incidents is a link to {elsewhere}, which is not in the handbook's"):
        ines.share()


class TestSubmodule:
    @pytest.fixture
    def handbook(self, clone: Clones, tmp_path: Path) -> Clone:
        """A handbook whose incidents are a repository of their own, checked out at a commit."""
        git(tmp_path, "init", "-q", "--bare", "-b", "main", "records.git")
        git(tmp_path, "clone", "-q", str(tmp_path / "records.git"), "seed")
        Clone(tmp_path / "seed").commit("README", "records\n")
        git(tmp_path / "seed", "push", "-q", "origin", "HEAD:main")
        ines = clone("ines")
        local = ("-c", "protocol.file.allow=always")
        ines.git(*local, "submodule", "--quiet", "add", str(tmp_path / "records.git"), "incidents")
        ines.git("commit", "-q", "-m", "incidents apart")
        git(ines.root / "incidents", "checkout", "-q", "--detach")
        return ines

    def test_its_incidents_are_shared_in_it(self, handbook: Clone, remote: Path, tmp_path: Path) -> None:
        handbook.note("queue is full")
        before = git(remote, "rev-parse", "main")
        handbook.share()
        assert at_remote(tmp_path / "records.git", f"{INCIDENT}/record.jsonl") == handbook.record
        assert git(remote, "rev-parse", "main") == before
        other = Clone(tmp_path / "other")
        git(tmp_path, "clone", "-q", str(tmp_path / "records.git"), str(other.root / "incidents"))
        other.share(receive=True)
        assert other.record == handbook.record

    def test_one_that_is_not_checked_out_is_refused_with_the_command(
        self, handbook: Clone, tmp_path: Path
    ) -> None:
        git(tmp_path, "clone", "-q", str(handbook.root), "bare-handed")
        other = Clone(tmp_path / "bare-handed")
        other.note("queue is full")
        with pytest.raises(Refused, match="incidents is a submodule that is not checked out") as refused:
            other.share()
        assert "git submodule update --init incidents" in str(refused.value.hint)


class TestSparseCheckout:
    @pytest.fixture
    def shared(self, clone: Clones) -> Clone:
        """A clone that has shared an incident with a record, a review and a picture."""
        ines = clone("ines")
        ines.note("queue is full")
        ines.write(f"incidents/{INCIDENT}/review.md", "# Review\n")
        ines.write(f"incidents/{INCIDENT}/graph.png", "picture\n")
        ines.share()
        return ines

    def test_a_new_incident_is_shared_from_where_incidents_are_left_out(
        self, clone: Clones, remote: Path
    ) -> None:
        bo = clone("bo")
        bo.git("sparse-checkout", "set", "runbooks")
        bo.note("queue is full")
        bo.share()
        assert at_remote(remote, RECORD) == bo.record

    def test_what_is_left_out_is_received_whole_and_deleted_nowhere(
        self, shared: Clone, clone: Clones, remote: Path
    ) -> None:
        bo = clone("bo")
        bo.git("sparse-checkout", "set", "runbooks")
        assert not bo.incident.exists()
        bo.share(receive=True)
        assert (bo.incident / "review.md").read_text(encoding="utf-8") == "# Review\n"
        assert at_remote(remote, f"incidents/{INCIDENT}/review.md") == b"# Review\n"

    def test_files_that_a_pattern_leaves_out_stay_at_the_remote(
        self, shared: Clone, clone: Clones, remote: Path
    ) -> None:
        bo = clone("bo")
        bo.git("sparse-checkout", "set", "--no-cone", "/*", "!*.png")
        for text in ("one more", "and another"):
            bo.note(text)
            bo.share()
        assert not (bo.incident / "graph.png").exists()
        assert at_remote(remote, f"incidents/{INCIDENT}/graph.png") == b"picture\n"
        assert at_remote(remote, RECORD) == bo.record
        assert bo.git("status", "--porcelain") == ""


def test_settings_that_sign_do_not_stop_a_sync(clone: Clones, remote: Path) -> None:
    ines = clone("ines")
    for name, value in (("commit.gpgSign", "true"), ("push.gpgSign", "true"), ("gpg.program", "false")):
        ines.git("config", name, value)
    ines.note("queue is full")
    ines.share()
    assert at_remote(remote, RECORD) == ines.record


def test_a_checkout_that_cannot_be_written_fails_in_words_and_loses_nothing(
    clone: Clones, monkeypatch: pytest.MonkeyPatch
) -> None:
    ines = clone("ines")
    ines.note("queue is full")
    before = ines.record
    lock = ines.root / ".git" / "outage-sync.lock"
    lock.mkdir()  # nothing can be written there, whoever tries: root may write where others may not
    with pytest.raises(Failed, match=r"outage-sync\.lock cannot be written: Is a directory") as failed:
        background.share_and_remember(ines.root / "incidents", [INCIDENT], "origin", "main")
    assert "nothing is lost" in str(failed.value.hint)
    assert ines.record == before


def test_a_failure_that_cannot_be_written_down_is_told_all_the_same(clone: Clones) -> None:
    ines = clone("ines")
    ines.note("queue is full")
    ines.git("remote", "set-url", "origin", str(ines.root / "gone.git"))
    (ines.incident / ".sync").write_text("no folder", encoding="utf-8")
    with pytest.raises(OutageError, match="gone.git"):
        background.share_and_remember(ines.root / "incidents", [INCIDENT], "origin", "main")


def test_without_git_a_sync_says_that_and_not_that_there_is_no_repository(
    clone: Clones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ines = clone("ines")
    ines.note("queue is full")
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(Failed, match="^git is not installed"):
        share(ines.root / "incidents", [INCIDENT], "origin", "main")
    with pytest.raises(Failed, match="^git is not installed"):
        find_repository(ines.root / "incidents")
