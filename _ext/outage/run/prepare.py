"""Everything that can be refused, refused before anything is started."""

from __future__ import annotations

import os
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from outage.errors import Problems, Refused
from outage.incident import folders
from outage.incident.respond import find_who
from outage.redact.known import find_handbook_references, make_run_scrubber
from outage.run.history import find_run, load_run
from outage.run.lines import ReviewData
from outage.run.model import Run
from outage.run.request import Prepared, RunRequest
from outage.run.review import compute_working_digest, find_review
from outage.run.target import find_target, is_same_target
from outage.runbook.command import format_run_command
from outage.runbook.contract import Contract, check_values, read_contract
from outage.runbook.files import find_file_problems
from outage.runbook.types import to_data
from outage.runbook.values import read_values_file
from outage.text import join_words

if TYPE_CHECKING:
    from pathlib import Path

    from outage.policy import Policy
    from outage.project import Project
    from outage.runbook.meta import RunbookMeta


def prepare(project: Project, path: Path, request: RunRequest, *, can_ask: bool) -> Prepared:
    """Check a request.

    Args:
        project: the handbook.
        path: the notebook, as :func:`outage.runbook.notebook.find_notebook` found it.
        request: what was asked for.
        can_ask: whether there is a terminal to ask on.

    Raises:
        Refused, Problems: the notebook, a parameter, the target, the plan, the review or the
            incident speaks against it.
    """
    shown = path.relative_to(project.root) if path.is_relative_to(project.root) else path
    contract = read_contract(path, shown)
    if problems := find_file_problems(contract, project.root):
        raise Problems(problems)
    values = check_values(contract, request.assignments, _read_values(request))
    incident = _find_incident(project, request.incident)
    name = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{contract.name}-{secrets.token_hex(2)}"
    folder = request.folder or (incident or project.root) / "runs" / name
    found = assemble(project, request, path, contract, values, folder)
    if request.apply and not contract.changes:
        command = format_run_command(contract.name, contract.parameters, values, apply=False)
        hint = f"leave --apply out: {command}"
        raise Refused(f"'{contract.name}' changes nothing, so there is nothing to apply", hint=hint)
    plan = _find_plan(found)
    confirm = request.apply and found.target.production and not (plan or request.yes)
    if confirm and not can_ask:
        hint = "name the plan that was seen: --plan RUN (or OUTAGE_PLAN=RUN), or say --yes"
        raise refuse_unconfirmed(found, hint)
    review = _find_review(found) if request.apply else None
    return replace(found, incident=incident, plan=plan, review=review, confirm=confirm)


def refuse_unconfirmed(found: Prepared, hint: str) -> Refused:
    """Return the refusal of a change of production that no one can be asked about."""
    reason = f"this would change {found.target.words}; there is no terminal here to ask for a confirmation on"
    return Refused(reason, hint=hint)


def assemble(
    project: Project,
    request: RunRequest,
    path: Path,
    contract: Contract,
    values: dict[str, Any],
    folder: Path,
) -> Prepared:
    """Put together what every run needs, new or resumed: its target, what may not be shown, who asks.

    Args:
        project: the handbook.
        request: what was asked for.
        path: the notebook's file.
        contract: as read from it.
        values: of all parameters, checked.
        folder: the run's.

    Raises:
        Refused: the request, the target or a secret speaks against it.
    """
    if request.alone is not None and not request.alone.strip():
        raise Refused("--alone needs a reason", hint="--alone 'why nobody else can be asked'")
    policy = project.policy()
    return Prepared(
        project=project,
        request=request,
        path=path,
        contract=contract,
        values=values,
        policy=policy,
        target=find_target(contract.meta, values, policy),
        digest=compute_working_digest(project.root, contract.notebook),
        folder=folder,
        by=find_who(request.by, project.root),
        scrubber=make_run_scrubber(
            contract.parameters, values, policy, find_handbook_references(path.parent)
        ),
        second_person=needs_second_person(contract.meta, policy),
    )


def needs_second_person(meta: RunbookMeta, policy: Policy) -> bool:
    """Return whether the runbook, or the policy for runbooks of its risk, asks for a second person."""
    return meta.approvals == "second-person" or meta.risk in policy.runbooks.second_person


def _read_values(request: RunRequest) -> dict[str, Any]:

    found = dict(request.data)
    for file in request.files:
        found |= read_values_file(file)
    return found


def _find_incident(project: Project, wanted: str | None) -> Path | None:
    """Return the incident that the run joins; none if none is open or none is wanted."""
    wanted = wanted or os.environ.get("OUTAGE_INCIDENT") or None
    if wanted == "none":
        return None
    if wanted is None and not folders.list_open(project):
        return None
    return folders.find(project, wanted)


def _find_plan(found: Prepared) -> Run | None:
    """Return the plan that the request names, if it was made of the same things."""
    request, values = found.request, found.values
    if request.yes and not request.apply:
        raise Refused("--yes answers what --apply asks", hint="add --apply, or leave --yes out")
    if request.plan is None:
        return None
    if not request.apply:
        raise Refused("--plan says which plan to apply", hint="add --apply, or leave --plan out")
    run = load_run(find_run(found.project, request.plan))
    problems = []
    if run.runbook != found.contract.name or run.mode != "plan":
        problems.append(f"{run.id} is a {run.mode} of '{run.runbook}'")
    elif run.state != "succeeded":
        problems.append(f"{run.id} is {run.state}, and only a plan that succeeded can be applied")
    if run.began.get("digest") != found.digest:
        problems.append(f"the notebook, or a module it imports, is not the one that {run.id} planned with")
    then = run.began.get("parameters", {})
    changed = [name for name, value in values.items() if then.get(name) != to_data(value)]
    if changed or set(then) != set(values):
        problems.append(f"the parameters differ from the plan's: {join_words(changed) or 'other names'}")
    if not is_same_target(run.began.get("target") or {}, found.target):
        problems.append(f"the plan's target was {run.target}; this one is {found.target.words}")
    if problems:
        hint = "make a new plan: the same command without --apply and --plan"
        raise Problems([Refused(problem, hint=hint) for problem in problems])
    return run


def _find_review(found: Prepared) -> ReviewData:
    """Return the commit that holds what is to be applied, or the reason to go on without one."""
    reason = found.request.unreviewed
    if reason is not None and not reason.strip():
        raise Refused("--unreviewed needs a reason", hint="--unreviewed 'what cannot wait for a review'")
    root, notebook = found.project.root, found.contract.notebook
    try:
        branch, remote = found.policy.runbooks.reviewed_branch, found.policy.sync.remote
        return find_review(root, found.path, notebook, found.digest, branch, remote)
    except Refused:
        if reason is None:
            raise
    return ReviewData(unreviewed=reason.strip())
