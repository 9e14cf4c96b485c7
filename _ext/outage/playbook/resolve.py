"""A playbook as it holds for one company and one severity: conditions decided, words filled in.

Texts are still MyST with roles, so that a page links each value to its clause; :mod:`outage.policy.quote`
turns them into bare words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from outage.errors import Refused
from outage.playbook.addresses import Scope, get_length

if TYPE_CHECKING:
    from outage.playbook.models import Choice, Link, Playbook, Since, Step, When
    from outage.policy import Duration, Policy


@dataclass(frozen=True)
class Term:
    """A length of time that policy sets.

    Attributes:
        length: the length.
        address: where policy says so, canonical.
        since: what it counts from.
    """

    length: Duration
    address: str
    since: Since


@dataclass(frozen=True)
class Pointer:
    """A link: to a page of the handbook (``process/review#by-when``) or to a runbook."""

    page: str | None
    runbook: str | None
    words: str


@dataclass(frozen=True)
class Task:
    """A step as a company does it. All texts are MyST, except ``say`` and ``command``.

    Attributes:
        id: unique in the checklist; a repeated step's id ends with that of its escalation.
        text: what to do.
        owner: id of the role that sees to it, merged roles followed.
        good: what it looks like when it was done well.
        due: by when, or None.
        late_only: for how long the incident has to be open before the step is needed, or None.
        how: what to look at.
        command: what to type, one command a text.
        say: what to post, one line a text, roles in it not yet filled in.
        evidence: what to attach.
        links: where more is written.
        resolves: doing it ends the outage.
    """

    id: str
    text: str
    owner: str
    good: str
    due: Term | None
    late_only: Term | None
    how: tuple[str, ...]
    command: tuple[str, ...]
    say: tuple[str, ...]
    evidence: tuple[str, ...]
    links: tuple[Pointer, ...]
    resolves: bool


@dataclass(frozen=True)
class Section:
    """A phase with the steps that are left of it."""

    id: str
    name: str
    goal: str
    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class Checklist:
    """A playbook as it holds here.

    Attributes:
        id, name, summary: the playbook's.
        severity: id of the severity whose times it shows.
        phases: in order; a phase of which no step is left is left out.
    """

    id: str
    name: str
    summary: str
    severity: str
    phases: tuple[Section, ...]

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Every step, in order."""
        return tuple(task for phase in self.phases for task in phase.tasks)

    def task(self, task_id: str) -> Task | None:
        """Return the step of that id, or None."""
        return next((task for task in self.tasks if task.id == task_id), None)


def resolve(playbook: Playbook, policy: Policy, severity: str | None = None) -> Checklist:
    """Resolve a playbook for a company, at a severity (default: the one that it is written for)."""
    scope = Scope(policy.severity_id(severity or playbook.severity))
    sections = []
    for phase_id, phase in playbook.phases.items():
        tasks = tuple(
            _make_task(task_id, step, policy, inner)
            for step_id, step in phase.steps.items()
            for task_id, inner in list_instances(step_id, step, policy, scope)
        )
        if tasks:
            goal = choose_wording(phase.goal, policy, scope) or ""
            sections.append(Section(phase_id, phase.name, goal, tasks))
    return Checklist(playbook.id, playbook.name, playbook.summary, scope.severity, tuple(sections))


def list_instances(step_id: str, step: Step, policy: Policy, scope: Scope) -> Iterator[tuple[str, Scope]]:
    """List the id and scope of each task that a step makes here: none, one, or one for each escalation."""
    scopes = [scope]
    if step.each == "escalations":
        scopes = [
            Scope(scope.severity, key, isinstance(one.after, dict))
            for key, one in policy.escalations.items()
            if one.when == "open" and policy.escalation_clock(key, scope.severity)
        ]
    for inner in scopes:
        if is_met(step.when, policy, inner):
            yield (f"{step_id}-{inner.escalation}" if inner.escalation else step_id), inner


def is_met(when: When | None, policy: Policy, scope: Scope) -> bool:
    """Whether what a condition asks of the company and the severity is so; time is another matter."""
    if when is None:
        return True
    for written in when.policy:
        wanted, address = split_negation(written)
        if policy.has(scope.address(address)) != wanted:
            return False
    if when.severity is None:
        return True
    return policy.rank(scope.severity) <= policy.rank(policy.severity_id(when.severity))


def split_negation(written: str) -> tuple[bool, str]:
    """Whether a presence is wanted (True) or an absence, and the address: ``not divisions``."""
    return (False, written[4:].strip()) if written.startswith("not ") else (True, written)


def choose_wording(choices: Sequence[Choice], policy: Policy, scope: Scope) -> str | None:
    """Choose the first wording that fits, words filled in; None when none does."""
    return next(iter(choose_wordings(choices, policy, scope)), None)


def choose_wordings(choices: Sequence[Choice], policy: Policy, scope: Scope) -> tuple[str, ...]:
    """All texts that fit, words filled in."""
    return tuple(scope.text(one.text, policy) for one in choices if is_met(one.when, policy, scope))


def choose_term(addresses: Sequence[str], since: Since, policy: Policy, scope: Scope) -> Term | None:
    """Choose the first of several lengths of time that policy has; None when it has none of them."""
    for written in addresses:
        address = policy.canonical(scope.address(written))
        try:
            length = get_length(policy, address)
        except Refused:
            continue  # a lesser severity may promise nothing, an audience may not be there
        if length is not None:
            return Term(length, address, since)
    return None


def _make_task(task_id: str, step: Step, policy: Policy, scope: Scope) -> Task:
    late = step.when.open_longer_than if step.when else None
    return Task(
        id=task_id,
        text=choose_wording(step.text, policy, scope) or "",
        owner=policy.roles[step.owner].merged_into or step.owner,
        good=choose_wording(step.good, policy, scope) or "",
        due=choose_term(step.due.after, step.due.from_, policy, scope) if step.due else None,
        late_only=choose_term([late], "declared", policy, scope) if late else None,
        how=choose_wordings(step.how, policy, scope),
        command=tuple(scope.command(one.text) for one in step.command if is_met(one.when, policy, scope)),
        say=choose_wordings(step.say, policy, scope),
        evidence=choose_wordings(step.evidence, policy, scope),
        links=tuple(_make_pointer(link) for link in step.links if is_met(link.when, policy, scope)),
        resolves=step.resolves,
    )


def _make_pointer(link: Link) -> Pointer:
    return Pointer(link.page, link.runbook, link.words or "")
