"""What a playbook must satisfy beyond its shape, for the company whose policy is in force.

A step that falls away here is not looked at: what it names this company need not have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from outage.errors import Refused
from outage.playbook.addresses import ROLES, Scope, check_possible, find_roles, get_length
from outage.playbook.resolve import choose_wording, is_met, list_instances, split_negation
from outage.policy import Duration
from outage.policy.quote import KINDS, quote
from outage.source import Address, nearest
from outage.validate import Violation

if TYPE_CHECKING:
    from outage.playbook.models import Choice, Link, Phase, PlaybookData, Step, When
    from outage.policy import Policy

_DIRECTIVE = re.compile(r"(^|\s)(`{3,}|:{3,}|~{3,})")
_AS_ADDRESS = "write an address of the policy, for example severity.acknowledge"


def find_violations(playbook: PlaybookData, policy: Policy, root: Path) -> list[Violation]:
    """Find every rule that a playbook breaks; its links must lead somewhere below ``root``, the handbook."""
    try:
        scope = Scope(policy.severity_id(playbook.severity))
    except Refused as error:
        return [Violation(("severity",), error.message, error.hint)]
    found = [
        *_check_name(("name",), playbook.name),
        *_check_name(("summary",), playbook.summary),
        *_check_ids(playbook),
    ]
    for phase_id, phase in playbook.phases.items():
        at = ("phases", phase_id)
        found += [*_check_name((*at, "name"), phase.name), *_check_phase(at, phase, policy, scope)]
        for step_id, step in phase.steps.items():
            found += _check_step((*at, "steps", step_id), step_id, step, policy, scope, root)
    return found


def _check_ids(playbook: PlaybookData) -> Iterator[Violation]:
    seen: dict[str, str] = {}
    ends: list[str] = []
    for phase_id, phase in playbook.phases.items():
        for step_id, step in phase.steps.items():
            at = ("phases", phase_id, "steps", step_id)
            if step_id in seen:
                yield Violation(
                    at, f"the phase '{seen[step_id]}' has a step of this id too", "rename one of the two"
                )
            if step_id in playbook.phases:
                yield Violation(
                    at, "a phase has this id too", "'outage playbook skip' takes either: rename one"
                )
            seen[step_id] = phase_id
            if step.resolves:
                ends.append(step_id)
                if len(ends) == 2:
                    yield Violation(
                        (*at, "resolves"), f"'{ends[0]}' ends the outage already", "one step does"
                    )
            if step.due and step.due.from_ == "resolved" and not ends:
                reason = "it counts from the end of the outage, and no step before it says 'resolves: true'"
                yield Violation((*at, "due"), reason, "mark the step with which the outage is over")


def _check_phase(at: Address, phase: Phase, policy: Policy, scope: Scope) -> Iterator[Violation]:
    try:
        stands = any(list(list_instances(key, step, policy, scope)) for key, step in phase.steps.items())
    except Refused:
        return  # told with the step
    if stands:
        yield from _check_wording((*at, "goal"), phase.goal, policy, scope)


def _check_step(
    at: Address, step_id: str, step: Step, policy: Policy, scope: Scope, root: Path
) -> Iterator[Violation]:
    faults = list(_check_condition((*at, "when"), step.when, policy, scope if not step.each else None))
    yield from faults
    if faults:
        return
    try:
        found = list(list_instances(step_id, step, policy, scope))
    except Refused as error:
        yield Violation((*at, "when"), error.message, error.hint)
        return
    for _, inner in found[:1]:  # what holds for one escalation holds for the next
        yield from _check_owner((*at, "owner"), step.owner, policy)
        yield from _check_wording((*at, "text"), step.text, policy, inner)
        yield from _check_wording((*at, "good"), step.good, policy, inner)
        yield from _check_texts((*at, "how"), step.how, policy, inner)
        yield from _check_texts((*at, "evidence"), step.evidence, policy, inner)
        yield from _check_texts((*at, "say"), step.say, policy, inner, KINDS)
        yield from _check_texts((*at, "command"), step.command, policy, inner, ())
        yield from _check_times(at, step, policy, inner)
        for index, link in enumerate(step.links):
            yield from _check_link((*at, "links", str(index)), link, policy, inner, root)


def _check_owner(at: Address, owner: str, policy: Policy) -> Iterator[Violation]:
    if owner not in policy.roles:
        yield Violation(
            at, f"this company has no {owner}", f"add 'when: roles.{owner}', or name another role"
        )


def _check_condition(
    at: Address, when: When | None, policy: Policy, scope: Scope | None
) -> Iterator[Violation]:
    """Faults of a condition; without a scope, what ``escalation`` stands for is not known yet."""
    if when is None:
        return
    for written in when.policy:
        _, address = split_negation(written)
        try:
            check_possible((scope or Scope("any", "any")).address(address))
        except Refused as error:
            yield Violation(at, error.message, error.hint)
    if when.severity is not None:
        try:
            policy.severity_id(when.severity)
        except Refused as error:
            yield Violation((*at, "severity"), error.message, error.hint)


def _check_times(at: Address, step: Step, policy: Policy, scope: Scope) -> Iterator[Violation]:
    if step.when and step.when.open_longer_than:
        yield from _check_lengths(
            (*at, "when", "open_longer_than"), [step.when.open_longer_than], policy, scope
        )
    if step.due:
        yield from _check_lengths((*at, "due"), step.due.after, policy, scope)


def _check_lengths(
    at: Address, addresses: Sequence[str], policy: Policy, scope: Scope
) -> Iterator[Violation]:
    """Faults of addresses of lengths of time, of which one at least must be there."""
    missing: list[Refused] = []
    for written in addresses:
        if _is_length(written):
            yield Violation(at, f"'{written}' is a length of time, and no address", _AS_ADDRESS)
            return
        try:
            address = scope.address(written)
            check_possible(address)
        except Refused as error:
            yield Violation(at, error.message, error.hint)
            return
        try:
            get_length(policy, address)
        except Refused as error:
            if "is no length" in error.message:
                yield Violation(at, error.message, error.hint)
                return
            missing.append(error)
    if len(missing) == len(addresses):
        hint = "this company has none: give the step a 'when', or name a second address that every policy has"
        yield Violation(at, missing[0].message, hint)


def _is_length(written: str) -> bool:
    try:
        Duration.parse(written)
    except ValueError:
        return False
    return True


def _check_wording(
    at: Address, choices: Sequence[Choice], policy: Policy, scope: Scope
) -> Iterator[Violation]:
    faults = list(_check_texts(at, choices, policy, scope))
    yield from faults
    if not faults and choose_wording(choices, policy, scope) is None:
        yield Violation(at, "none of these wordings fits this company", "add one without a 'when' at the end")


def _check_texts(
    at: Address, choices: Sequence[Choice], policy: Policy, scope: Scope, roles: tuple[str, ...] = ROLES
) -> Iterator[Violation]:
    for index, one in enumerate(choices):
        here = (*at, str(index))
        faults = list(_check_condition((*here, "when"), one.when, policy, scope))
        yield from faults
        if one.when and one.when.open_longer_than:
            reason = "how long it is open is not known when a text is written"
            yield Violation((*here, "when", "open_longer_than"), reason, "put it on the step itself")
        if not faults and is_met(one.when, policy, scope):
            if _DIRECTIVE.search(one.text):
                yield Violation(
                    here, "a text holds no directive and no block", "use command, say, evidence or links"
                )
            yield from _check_roles(here, one.text, policy, scope, roles)


def _check_roles(
    at: Address, text: str, policy: Policy, scope: Scope, known: tuple[str, ...]
) -> Iterator[Violation]:
    """Faults of the roles in a text."""
    for kind, _ in find_roles(text):
        if kind not in known:
            hint = nearest(kind, list(known), "it is shown as it stands" if not known else None)
            yield Violation(at, f"the role {{{kind}}} may not stand here", hint)
            return
    try:
        for kind, target in find_roles(scope.text(text, policy)):
            if kind in KINDS:
                quote(policy, kind, target)
    except Refused as error:
        yield Violation(at, error.message, error.hint)


def _check_name(at: Address, text: str) -> Iterator[Violation]:
    if next(find_roles(text), None):
        yield Violation(
            at, "this holds no roles: it is a name", "say it in words that hold for every company"
        )


def _check_link(at: Address, link: Link, policy: Policy, scope: Scope, root: Path) -> Iterator[Violation]:
    faults = list(_check_condition((*at, "when"), link.when, policy, scope))
    if faults or not is_met(link.when, policy, scope):
        yield from faults
        return
    if (link.page is None) == (link.runbook is None):
        yield Violation(at, "a link names a page or a runbook, and not both", "write page: process/review")
    elif link.page is not None:
        yield from _check_leads((*at, "page"), root, "", link.page.partition("#")[0], "page")
    elif link.runbook is not None:
        yield from _check_leads((*at, "runbook"), root, "runbooks/", link.runbook, "runbook")


def _check_leads(at: Address, root: Path, folder: str, name: str, kind: str) -> Iterator[Violation]:
    if any((root / f"{folder}{name}{ending}").is_file() for ending in (".md", ".ipynb")):
        return
    beside = (root / f"{folder}{name}").parent
    here = [path.stem for path in sorted(beside.glob("*")) if path.suffix in (".md", ".ipynb")]
    listed = f"{beside.name}/ holds: {', '.join(here)}" if here else None
    yield Violation(at, f"there is no {kind} '{name}'", nearest(name.rpartition("/")[2], here, listed))
