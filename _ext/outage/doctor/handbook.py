"""The clone itself: is it right, is it today's, and can an incident be shared from it?"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING

from outage.check import check
from outage.doctor.finding import Finding
from outage.errors import Failed, OutageError
from outage.git import GitFailed, Repository
from outage.incident.respond import find_who
from outage.incident.sync.share import find_repository
from outage.incident.times import format_span
from outage.run.review import compute_working_digest, find_review
from outage.runbook.notebook import read_notebook

if TYPE_CHECKING:
    from pathlib import Path

    from outage.policy import Policy
    from outage.project import Project

AREA = "handbook"


def look(project: Project, policy: Policy) -> list[Finding]:
    """Check policy and pages, kernel, name, age, what is not committed, and whether a push would be taken."""
    found = [_check_files(project), _check_kernel()]
    try:
        repository = Repository.around(project.root)
    except GitFailed as error:
        return [*found, Finding(AREA, "repository", "fails", error.message, error.hint or "")]
    if repository is None:
        hint = "clone it with git: without that, nothing is reviewed and no incident is shared"
        return [*found, Finding(AREA, "repository", "fails", "this is not a git repository", hint)]
    found += [_check_name(project.root, repository), _check_uncommitted(repository, project, policy)]
    try:
        sharing = find_repository(project.incidents)
    except OutageError as error:
        return [*found, Finding(AREA, "incidents", "fails", error.message, error.hint or "")]
    remote, branch = policy.sync.remote, policy.runbooks.reviewed_branch
    if not sharing.has_remote(remote):
        words = f"there is no remote '{remote}': what is recorded here, nobody else has"
        return [*found, Finding(AREA, "remote", "look", words, f"git remote add {remote} ADDRESS")]
    return [
        *found,
        _check_age(repository, remote, branch),
        _rehearse_push(sharing, remote, policy.sync.branch),
    ]


def _check_files(project: Project) -> Finding:

    problems = check(project)
    if problems:
        words = f"'outage check' finds {len(problems)} things wrong, first: {problems[0]}"
        return Finding(AREA, "handbook", "fails", words, "outage check lists them with file and line")
    return Finding(AREA, "handbook", "works", "policy, pages, playbooks and runbooks are right")


def _check_kernel() -> Finding:
    if find_spec("ipykernel") is None:
        return Finding(
            AREA, "kernel", "fails", "ipykernel is not installed", "make html installs what is missing"
        )
    return Finding(AREA, "kernel", "works", "runbooks can be carried out by this installation")


def _check_name(root: Path, repository: Repository) -> Finding:
    """Check whose name the record gets from here, and whose the commits that share it."""
    by = find_who(None, root)
    author = repository.ask("var", "GIT_AUTHOR_IDENT")
    if not author or not repository.ask("var", "GIT_COMMITTER_IDENT"):
        words = f"what you record is signed '{by}'; git knows no name for its commits: they say 'outage sync'"
        return Finding(AREA, "name", "look", words, 'git config --global user.name "..." (and user.email)')
    name = author.partition(" <")[0]
    apart = "" if name == by else f"; the commits that share it are signed '{name}'"
    return Finding(AREA, "name", "works", f"what you record is signed '{by}'{apart}")


def _check_uncommitted(repository: Repository, project: Project, policy: Policy) -> Finding:
    """Find runbooks that differ from what was committed: they can't be applied as reviewed."""
    places = (str(project.runbooks), str(project.policy_path))
    listed = repository.git("status", "--porcelain", "--no-renames", "--", *places).decode(errors="replace")
    changed = [line[3:] for line in listed.splitlines()]
    names = [name for name in changed if not _is_reviewed(repository.top / name, project, policy)]
    if names:
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        words = f"{names[0]}{more} differ from what is committed"
        hint = "commit them, or put them back: 'outage run --apply' takes reviewed source only"
        return Finding(AREA, "runbooks", "look", words, hint)
    return Finding(AREA, "runbooks", "works", "runbooks and policy are as they were committed")


def _is_reviewed(path: Path, project: Project, policy: Policy) -> bool:
    """Return whether ``outage run --apply`` would take a notebook as it is, although its file was changed."""
    if path.suffix != ".ipynb" or not path.is_file():
        return False
    try:
        notebook = read_notebook(path)
        digest = compute_working_digest(project.root, notebook)
        branch, remote = policy.runbooks.reviewed_branch, policy.sync.remote
        find_review(project.root, path, notebook, digest, branch, remote)
    except OutageError:
        return False
    return True


def _check_age(repository: Repository, remote: str, branch: str) -> Finding:
    """Check whether the remote's reviewed branch has something that this clone lacks."""
    here = repository.ask("log", "-1", "--format=%ct")
    age = format_span(datetime.now(UTC) - datetime.fromtimestamp(int(here), UTC)) if here else "no commit yet"
    try:
        said = repository.text("ls-remote", "--exit-code", remote, f"refs/heads/{branch}")
    except GitFailed as error:
        why = " ".join((error.said or "no answer").split())
        words = f"'{remote}' cannot be asked for its {branch} ({why}); newest commit here: {age} old"
        return Finding(AREA, "age", "fails", words, "is the network up, and is your key loaded?")
    if repository.ask("merge-base", "--is-ancestor", said.split()[0], "HEAD") is None:
        words = f"{remote}/{branch} has something that this clone lacks; newest commit here: {age} old"
        return Finding(AREA, "age", "fails", words, "git pull")
    return Finding(AREA, "age", "works", f"it has all of {remote}/{branch}; newest commit: {age} old")


def _rehearse_push(repository: Repository, remote: str, branch: str) -> Finding:
    """Rehearse a push: it asks for the right to write, and sends nothing."""
    try:
        repository.git("push", "--dry-run", "--no-verify", remote, f"HEAD:refs/heads/{branch}")
    except Failed as error:
        if "fetch first" in (said := getattr(error, "said", "")) or "non-fast-forward" in said:
            return Finding(AREA, "push", "works", f"'{remote}' would take a push, after a pull")
        hint = "incidents are shared by pushing: load your key, or ask for the right to write"
        why = " ".join(error.message.split())
        return Finding(AREA, "push", "fails", f"'{remote}' would not take a push: {why}", hint)
    return Finding(AREA, "push", "works", f"'{remote}' would take a push to {branch}")
