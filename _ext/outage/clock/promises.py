"""The promises that a clock measures and an audit judges: a commander named, and people told in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from outage.clock.deadlines import Pick

if TYPE_CHECKING:
    from outage.policy import Policy
    from outage.policy.vocabulary import RoleId

Promise = Literal["commander", "first-message", "cadence"]
COMMANDER: RoleId = "incident-commander"


def commander_role(policy: Policy) -> str:
    """The role whose holder commands: the commander's, or the one it is merged into here."""
    role = policy.roles.get(COMMANDER)
    return (role.merged_into if role else None) or COMMANDER


def promised(promise: Promise, who: str) -> tuple[Pick, str]:
    """How to read a promise off a severity, and its address below the severity."""
    if promise == "commander":
        return lambda severity: severity.commander, "commander"
    if promise == "first-message":
        return lambda severity: severity.first_message.get(who), f"first_message.{who}"
    return lambda severity: severity.cadence.get(who), f"cadence.{who}"
