"""Reviewed means committed: what is applied is what a commit of the reviewed branch holds."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from outage.errors import Problems, Refused
from outage.project import find_project
from outage.run.lines import ReviewData
from outage.run.prepare import prepare
from outage.run.request import RunRequest
from outage.run.review import compute_working_digest, find_review, list_files_at
from outage.runbook.notebook import read_notebook
from tests.product.run.build import Handbook, code, touching


def git(root: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Tests", "-c", "user.email=tests@localhost")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=root, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def committed(handbook: Handbook) -> Handbook:
    """A handbook whose runbook, and the module it imports, are on the branch main."""
    cells = touching()
    cells[2]["source"] += "\nimport lib.disk"
    handbook.write("touch", cells)
    (handbook.root / "lib").mkdir()
    (handbook.root / "lib" / "__init__.py").write_text("")
    (handbook.root / "lib" / "disk.py").write_text("from . import deeper\n")
    (handbook.root / "lib" / "deeper.py").write_text("x = 1\n")
    git(handbook.root, "init", "-q", "-b", "main")
    git(handbook.root, "add", "-A")
    git(handbook.root, "commit", "-qm", "reviewed")
    return handbook


def review(handbook: Handbook, branch: str = "main") -> ReviewData:
    path = handbook.root / "runbooks" / "touch.ipynb"
    notebook = read_notebook(path)
    return find_review(handbook.root, path, notebook, compute_working_digest(handbook.root, notebook), branch)


def edit(handbook: Handbook, change: str) -> None:
    path = handbook.root / "runbooks" / "touch.ipynb"
    content = json.loads(path.read_text())
    cell = content["cells"][4]
    if change == "outputs":
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x"}]
        cell["execution_count"] = 7
    elif change == "source":
        cell["source"] += "\nprint(1)"
    elif change == "tags":
        cell["metadata"]["tags"].append("hide-input")
    elif change == "metadata":
        content["metadata"]["runbook"]["limits"] = {"cell": "1h"}
    path.write_text(json.dumps(content))


def test_what_is_committed_is_reviewed_and_the_commit_is_named(committed: Handbook) -> None:
    assert review(committed) == ReviewData(commit=git(committed.root, "rev-parse", "HEAD"), branch="main")


def test_what_was_run_can_be_named_file_by_file(committed: Handbook) -> None:
    first = git(committed.root, "rev-parse", "HEAD")
    (committed.root / "lib" / "disk.py").unlink()
    files = ["runbooks/touch.ipynb", "lib/__init__.py", "lib/deeper.py", "lib/disk.py"]
    assert list_files_at(committed.root, first, "runbooks/touch.ipynb") == files
    assert list_files_at(committed.root, first, "runbooks/none.ipynb") == []


def test_outputs_do_not_count(committed: Handbook) -> None:
    edit(committed, "outputs")
    assert review(committed).commit


@pytest.mark.parametrize("change", ["source", "tags", "metadata"])
def test_what_is_changed_is_not_reviewed_until_it_is_committed(committed: Handbook, change: str) -> None:
    edit(committed, change)
    with pytest.raises(Refused, match="this is not what branch 'main' holds") as caught:
        review(committed)
    assert "--unreviewed 'REASON'" in str(caught.value)
    git(committed.root, "commit", "-qam", "changed")
    assert review(committed).commit


def test_an_imported_module_counts_however_deep(committed: Handbook) -> None:
    (committed.root / "lib" / "deeper.py").write_text("x = 2\n")
    with pytest.raises(Refused):
        review(committed)


@pytest.fixture
def with_playbook(committed: Handbook) -> Handbook:
    """The same, with a cell that names a playbook; its folder is listed, and reviewed."""
    cells = touching()
    cells[4]["source"] += "\nplaybook = 'runbooks/plays/look.yml'"
    committed.write("touch", cells, {"files": ["runbooks/plays"]})
    plays = committed.root / "runbooks" / "plays"
    (plays / "library").mkdir(parents=True)
    (plays / "look.yml").write_text("- hosts: web\n")
    (plays / "library" / "look.py").write_text("x = 1\n")
    git(committed.root, "add", "-A")
    git(committed.root, "commit", "-qm", "with a playbook")
    return committed


def test_a_playbook_and_what_stands_beside_it_count(with_playbook: Handbook) -> None:
    plays = with_playbook.root / "runbooks" / "plays"
    assert review(with_playbook).commit
    for name, content in (("look.yml", "- hosts: all\n"), ("library/look.py", "x = 2\n"), ("new.yml", "")):
        before = (plays / name).read_text() if (plays / name).exists() else None
        (plays / name).write_text(content)
        with pytest.raises(Refused, match="this is not what branch 'main' holds"):
            review(with_playbook)
        (plays / name).unlink() if before is None else (plays / name).write_text(before)
    (plays / "library" / "__pycache__").mkdir()
    (plays / "library" / "__pycache__" / "look.pyc").write_bytes(b"compiled")
    assert review(with_playbook).commit, "what Python compiled is no source"


def test_a_changed_playbook_is_not_what_the_plan_was_made_of(with_playbook: Handbook) -> None:
    path = with_playbook.root / "runbooks" / "touch.ipynb"
    before = prepare(find_project(), path, RunRequest("touch", ("path=x",)), can_ask=False).digest
    (with_playbook.root / "runbooks" / "plays" / "look.yml").write_text("- hosts: all\n")
    assert prepare(find_project(), path, RunRequest("touch", ("path=x",)), can_ask=False).digest != before


def test_a_playbook_that_is_not_listed_or_not_there_is_refused(with_playbook: Handbook) -> None:
    path = with_playbook.root / "runbooks" / "touch.ipynb"
    content = json.loads(path.read_text())
    content["metadata"]["runbook"]["files"] = ["runbooks/palys"]
    path.write_text(json.dumps(content))
    with pytest.raises(Problems) as caught:
        prepare(find_project(), path, RunRequest("touch", ("path=x",)), can_ask=False)
    missing, unlisted = caught.value.problems
    assert "runbook.files.0: there is no runbooks/palys" in missing.message
    assert missing.hint == "did you mean 'runbooks/plays'?"
    assert "it names the file runbooks/plays/look.yml, which metadata" in unlisted.message


@pytest.mark.parametrize("outside", ["/etc/passwd", "../other", "runbooks/../../x", "./runbooks", ""])
def test_a_listed_file_stands_inside_the_handbook(handbook: Handbook, outside: str) -> None:
    path = handbook.write("touch", touching(), {"files": [outside]})
    with pytest.raises(Problems, match=r"runbook\.files\.0"):
        prepare(find_project(), path, RunRequest("touch", ("path=x",)), can_ask=False)


def test_an_older_reviewed_version_is_reviewed_still(committed: Handbook) -> None:
    first = git(committed.root, "rev-parse", "HEAD")
    before = (committed.root / "runbooks" / "touch.ipynb").read_text()
    edit(committed, "source")
    git(committed.root, "commit", "-qam", "changed")
    (committed.root / "runbooks" / "touch.ipynb").write_text(before)
    assert review(committed).commit == first


def test_a_commit_on_another_branch_is_no_review(committed: Handbook) -> None:
    git(committed.root, "checkout", "-qb", "mine")
    edit(committed, "source")
    git(committed.root, "commit", "-qam", "mine")
    with pytest.raises(Refused):
        review(committed)


@pytest.mark.parametrize("behind", [False, True], ids=["only the remote's", "the local one is old"])
def test_a_branch_as_it_was_last_fetched_counts(committed: Handbook, tmp_path: Path, behind: bool) -> None:
    git(committed.root, "checkout", "-qb", "work")
    edit(committed, "source")
    git(committed.root, "commit", "-qam", "changed")
    git(committed.root, "update-ref", "refs/remotes/origin/main", "HEAD")
    if not behind:
        git(committed.root, "branch", "-qD", "main")
    assert review(committed) == ReviewData(
        commit=git(committed.root, "rev-parse", "HEAD"), branch="origin/main"
    )


def test_where_the_branch_is_nowhere_the_hint_fetches_it(committed: Handbook) -> None:
    git(committed.root, "branch", "-qm", "work")
    with pytest.raises(Refused, match="there is no branch 'main' here, nor origin/main") as caught:
        review(committed)
    assert "git fetch origin main:refs/remotes/origin/main" in str(caught.value.hint)


def test_what_git_cannot_read_is_not_called_changed(committed: Handbook) -> None:
    blob = git(committed.root, "rev-parse", "HEAD:lib/disk.py")
    (committed.root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(Refused, match="git cannot say if this was reviewed: git cat-file failed"):
        review(committed)


def test_a_variable_that_names_another_repository_changes_nothing(
    committed: Handbook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "-q", "-b", "main", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    assert review(committed).commit


def test_a_branch_that_is_not_there_or_no_repository_is_refused_in_gits_words(
    committed: Handbook, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match="git cannot say if this was reviewed"):
        review(committed, "nonesuch")
    with pytest.raises(Refused, match="git cannot say if this was reviewed"):
        review(committed, "--output=x")
    (committed.root / ".git").rename(tmp_path / "gone")
    with pytest.raises(Refused, match="git cannot say if this was reviewed: .*not a git repository"):
        review(committed)


def test_an_apply_records_the_commit_or_the_reason(committed: Handbook) -> None:
    project, path = find_project(), committed.root / "runbooks" / "touch.ipynb"
    request = RunRequest("touch", ("path=x",), apply=True)
    assert (prepare(project, path, request, can_ask=False).review or ReviewData()).commit
    edit(committed, "source")
    with pytest.raises(Refused, match="this is not what branch"):
        prepare(project, path, request, can_ask=False)
    forced = RunRequest("touch", ("path=x",), apply=True, unreviewed="the shop is down")
    assert prepare(project, path, forced, can_ask=False).review == ReviewData(unreviewed="the shop is down")
    with pytest.raises(Refused, match="--unreviewed needs a reason"):
        prepare(project, path, RunRequest("touch", ("path=x",), apply=True, unreviewed=" "), can_ask=False)


def test_a_plan_needs_no_review(handbook: Handbook) -> None:
    path = handbook.write("touch", touching())
    assert prepare(find_project(), path, RunRequest("touch", ("path=x",)), can_ask=False).review is None


def test_there_is_nothing_to_apply_without_a_change(handbook: Handbook) -> None:
    path = handbook.write("look", [code("parameters", ""), code("read", "1")])
    with pytest.raises(Refused, match="'look' changes nothing, so there is nothing to apply"):
        prepare(find_project(), path, RunRequest("look", apply=True, unreviewed="x"), can_ask=False)
