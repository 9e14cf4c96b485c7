"""When a promise of the policy falls due in an incident whose severity may change.

An incident of some severity is at least as bad as every lesser one, so the promises of
those run too, each from the moment since when it was that bad. The earliest counts.
Raising the severity therefore starts a shorter clock from then on and never lengthens
the one that runs; lowering it gives back the longer one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from outage.incident.workdays import add_length

if TYPE_CHECKING:
    from outage.incident.record.model import Change, Incident
    from outage.policy import Duration, Policy
    from outage.policy.models import Severity
    from outage.policy.vocabulary import RoleId


Pick = Callable[["Severity"], "Duration | None"]
"""Which promise of a severity is meant: its cadence for an audience, its commander, ..."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment that a promise sets.

    Attributes:
        at: when it falls due (aware, UTC).
        severity: id of the severity whose promise it is.
        length: the promise itself.
        since: when its clock started.
    """

    at: datetime
    severity: str
    length: Duration
    since: datetime


def find_deadline(
    incident: Incident, policy: Policy, since: datetime, pick: Pick, until: datetime | None = None
) -> Deadline | None:
    """Return the deadline that counts for something expected from ``since`` on.

    Args:
        incident: whose severity at each moment decides.
        policy: the policy in force when it was declared.
        since: when the clock starts (the declaration, the update before, ...).
        pick: which promise is meant.
        until: when the expected thing happened, or stopped being expected; None: not yet.

    Returns:
        The first deadline that passed before the severity changed again, else the one in
        force at ``until`` (or now); None if nothing is promised.
    """
    changes = [change for change in incident.severities if change.value in policy.severities]
    moments = [since, *(c.at for c in changes if c.at > since and (until is None or c.at < until))]
    found: Deadline | None = None
    for index, moment in enumerate(moments):
        found = _find_in_force(changes, policy, since, moment, pick)
        following = moments[index + 1] if index + 1 < len(moments) else None
        if found and following and found.at <= following:
            return found
    return found


def _find_in_force(
    changes: list[Change], policy: Policy, since: datetime, moment: datetime, pick: Pick
) -> Deadline | None:
    """Return the earliest deadline among the severity at ``moment`` and every lesser one."""
    past = [change for change in changes if change.at <= moment] or changes[:1]
    if not past:
        return None
    ids = list(policy.severities)
    found: list[Deadline] = []
    for severity in ids[policy.rank(past[-1].value) :]:
        length = pick(policy.severities[severity])
        if length is not None:
            start = max(since, _find_as_bad_since(past, policy, severity))
            found.append(Deadline(add_length(start, length, policy), severity, length, start))
    return min(found, key=lambda one: one.at, default=None)


def _find_as_bad_since(past: list[Change], policy: Policy, severity: str) -> datetime:
    """Return since when the incident has been at least this bad without a break; it is now."""
    since = past[-1].at
    for change in reversed(past):
        if policy.rank(change.value) > policy.rank(severity):
            break
        since = change.at
    return since


Promise = Literal["commander", "first-message", "cadence"]
COMMANDER: RoleId = "incident-commander"


def find_commander_role(policy: Policy) -> str:
    """Return the role whose holder commands: the commander's, or the one it is merged into here."""
    role = policy.roles.get(COMMANDER)
    return (role.merged_into if role else None) or COMMANDER


def make_promise_reader(promise: Promise, who: str) -> tuple[Pick, str]:
    """Return how to read a promise off a severity, and its address below the severity."""
    if promise == "commander":
        return lambda severity: severity.commander, "commander"
    if promise == "first-message":
        return lambda severity: severity.first_message.get(who), f"first_message.{who}"
    return lambda severity: severity.cadence.get(who), f"cadence.{who}"
