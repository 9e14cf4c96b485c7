"""Whether a handbook is right: policy, prose, playbooks, runbooks, alerts that lead to them, and cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outage.cases import find_cases, load_case_study
from outage.cases.sessions import load_sessions
from outage.check.alerts import check_alerts
from outage.check.clocks import check_clocks
from outage.check.figures import check_figures
from outage.check.pages import check_keepers
from outage.check.prose import check_playbook_prose, check_prose
from outage.check.records import check_records
from outage.check.secrets import find_stored_secrets
from outage.errors import OutageError, Problems
from outage.glossary import check_glossary
from outage.incident.folders import list_left_out
from outage.playbook import find_playbooks, load_playbook
from outage.runbook.contract import examine
from outage.runbook.files import find_file_problems
from outage.runbook.notebook import find_notebook, list_runbooks, read_notebook
from outage.source import nearest
from outage.unread import find_unread

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from outage.policy import Policy
    from outage.project import Project
    from outage.runbook.contract import Contract


def check(project: Project) -> list[OutageError]:
    """Every problem of prose, playbooks, runbooks, alerts and cases, in the order of their files.

    Raises:
        Problems: the policy itself is wrong; nothing else can be judged then.
    """
    policy = project.policy()
    return [
        *check_clocks(policy),
        *(one.refuse() for one in find_unread(project.root)),
        *(one.refuse() for one in list_left_out(project.incidents)),
        *check_prose(project.root, policy),
        *check_keepers(project.root),
        *check_glossary(project.root),
        *check_figures(project.root),
        *_playbooks(project.root, policy),
        *_runbooks(project.root, project.runbooks, policy),
        *check_cases(project.root),
        *check_records(project),
    ]


def _playbooks(root: Path, policy: Policy) -> list[OutageError]:

    found: list[OutageError] = []
    for path in find_playbooks(root):
        try:
            load_playbook(path, policy, root)
        except OutageError as error:
            found.append(error)
        else:
            found += check_playbook_prose(path, path.relative_to(root), policy)
    return found


def _runbooks(root: Path, folder: Path, policy: Policy) -> list[OutageError]:

    found: list[OutageError] = []
    contracts: dict[str, Contract] = {}
    names = list_runbooks(folder)
    for name in names:
        try:
            file = find_notebook(folder, name)
            contract = examine(read_notebook(file))
        except OutageError as error:
            found.append(error)
        else:
            contracts[contract.name] = contract
            found += [*contract.refusals(), *_routes(contract, names)]
            found += find_file_problems(contract, root)
            found += find_stored_secrets(contract.notebook, file)
    return [*found, *check_alerts(root, policy, names, contracts)]


def _routes(contract: Contract, names: list[str]) -> Iterator[OutageError]:
    """Hints that send a responder to a runbook that is not there."""
    for number, hint in enumerate(contract.meta.hints):
        if hint.runbook is not None and hint.runbook not in names:
            reason = f"metadata runbook.hints.{number}.runbook: there is no runbook '{hint.runbook}'"
            yield contract.notebook.refuse(None, reason, nearest(hint.runbook, names))


def check_cases(root: Path) -> list[OutageError]:
    """Every problem of the cases of a handbook, in the order of their files."""
    found: list[OutageError] = []
    for folder in find_cases(root):
        try:
            load_case_study(folder, root)
        except OutageError as error:
            found += _each(error)
    try:
        load_sessions(root)
    except OutageError as error:
        found += _each(error)
    return found


def _each(error: OutageError) -> Iterator[OutageError]:
    yield from error.problems if isinstance(error, Problems) else [error]
