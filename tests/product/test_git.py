"""All calls of git: what the environment says of other repositories is ignored, refusals are git's own."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from outage.git import GitFailed, GitMissing, Repository, call
from tests.product.incident.sync.clones import git

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _a_git_of_our_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "gitconfig"
    config.write_text("[user]\nname = Ines\nemail = ines@larkfield.example\n", encoding="utf-8")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit."""
    top = tmp_path / "handbook"
    git(tmp_path, "init", "-q", "-b", "main", str(top))
    (top / "handbook.yml").write_text("company: Larkfield\n", encoding="utf-8")
    git(top, "add", ".")
    git(top, "commit", "-q", "-m", "first")
    return top


def test_a_folder_outside_any_repository_has_none(tmp_path):
    assert Repository.around(tmp_path) is None


def test_a_folder_that_does_not_exist_yet_belongs_to_the_one_above_it(repository):
    found = Repository.around(repository / "incidents" / "2026")
    assert found is not None
    assert found.top == repository


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GIT_DIR", ".git"),
        ("GIT_WORK_TREE", ""),
        ("GIT_INDEX_FILE", ".git/index"),
        ("GIT_COMMON_DIR", ".git"),
    ],
)
def test_a_variable_that_names_another_repository_does_not_count(
    repository, tmp_path, monkeypatch, variable, value
):
    other = tmp_path / "other"
    git(tmp_path, "init", "-q", "-b", "trunk", str(other))
    monkeypatch.setenv(variable, str(other / value))
    found = Repository.around(repository)
    assert found is not None
    assert (found.top, found.text("branch", "--show-current")) == (repository, "main")
    assert found.text("ls-files") == "handbook.yml"


class TestWhatGitRefuses:
    def test_a_mistake_in_the_users_settings_is_told_with_its_place(self, repository, tmp_path):
        (tmp_path / "gitconfig").write_text("[user\nname", encoding="utf-8")
        with pytest.raises(GitFailed, match=r"bad config line 1 in file .*gitconfig"):
            Repository.around(repository)

    def test_another_owners_checkout_names_the_command_that_trusts_it(self, repository, monkeypatch):
        monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")  # git's own way to try this
        with pytest.raises(GitFailed, match="detected dubious ownership") as refused:
            Repository.around(repository)
        assert refused.value.hint == f"git config --global --add safe.directory {repository}"

    def test_without_git_it_says_so_and_what_still_works(self, repository, tmp_path, monkeypatch):
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(GitMissing, match="^git is not installed") as missing:
            Repository.around(repository)
        assert "stays here" in str(missing.value.hint)

    def test_a_git_that_cannot_be_run_is_not_called_absent(self, repository, tmp_path, monkeypatch):
        (tmp_path / "git").write_text("no program", encoding="utf-8")
        (tmp_path / "git").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(GitMissing, match="cannot be run"):
            Repository.around(repository)

    def test_a_damaged_repository_is_not_called_none(self, repository):
        (repository / ".git").rename(repository.parent / "elsewhere")
        (repository / ".git").write_text("gitdir: /nowhere\n", encoding="utf-8")
        with pytest.raises(GitFailed, match="not a git repository: /nowhere"):
            Repository.around(repository)


@pytest.mark.parametrize(
    "setting", ["commit.gpgSign=true", "log.showSignature=true", "core.hooksPath=hooks", "gpg.program=false"]
)
def test_settings_that_sign_or_run_hooks_are_off(repository, setting):
    hook = repository / "hooks" / "reference-transaction"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    name, _, value = setting.partition("=")
    git(repository, "config", name, value)
    before = git(repository, "rev-parse", "HEAD")
    call(repository, "commit", "-q", "--allow-empty", "-m", "second")
    assert call(repository, "log", "-1", "--format=%P").decode().strip() == before


def test_git_is_started_in_no_other_place():
    places = (ROOT / "_ext").rglob("*.py")
    assert [path.name for path in places if _starts_git(path)] == ["git.py"]


def _starts_git(path: Path) -> bool:
    """Whether a file has a call of subprocess whose first word is git."""
    calls = (
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    )
    commands = (one.args[0] for one in calls if "subprocess" in ast.unparse(one.func) and one.args)
    return any("'git'" in ast.unparse(command) for command in commands)
