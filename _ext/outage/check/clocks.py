"""Clocks of a policy that contradict each other; each alone is possible, so the policy loads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from outage.errors import OutageError, Refused
from outage.policy.policy import Clock

if TYPE_CHECKING:
    from outage.policy import Policy

_EARLIEST = ("reassess", "state_document", "hand_over")
_HINT = "let it be at least as long, or none"


def check_clocks(policy: Policy) -> list[OutageError]:
    """Find clocks that end before anyone has to be on an incident, and alerts slower than their severity."""
    return [*_before_anyone_is_on_it(policy), *_slow_alerts(policy)]


def _before_anyone_is_on_it(policy: Policy) -> Iterator[OutageError]:
    for key, severity in policy.severities.items():
        promised = severity.acknowledge
        for name, clock in _clocks(policy, key):
            if promised is not None and clock.length.length < promised.length:
                yield _finding(
                    policy,
                    clock.address,
                    f"{clock.length} is shorter than {severity.name} has until anyone is on it ({promised})",
                    f"{_HINT}: {name}",
                )


def _clocks(policy: Policy, severity: str) -> Iterator[tuple[str, Clock]]:
    """Yield what may be due first at a severity, and the address at which that severity can set it."""
    for name in _EARLIEST:
        if clock := policy.clock(name, severity):
            yield f"severities.{severity}.{name}", clock
    for key, escalation in policy.escalations.items():
        clock = policy.escalation_clock(key, severity)
        if clock and escalation.when == "unanswered":
            yield f"escalations.{key}.after: {{{severity}: …}}", clock


def _slow_alerts(policy: Policy) -> Iterator[OutageError]:
    for level, alert in policy.incident.alert_levels.items():
        severity = policy.severities.get(alert.severity or "")
        promised = severity.acknowledge if severity else None
        if severity and promised and alert.respond.length > promised.length:
            yield _finding(
                policy,
                f"incident.alert_levels.{level}.respond",
                f"an alert may wait {alert.respond}, but {severity.name} is acknowledged within {promised}",
                f"let it wait {promised} at most, or name a lesser severity",
            )


def _finding(policy: Policy, address: str, reason: str, hint: str) -> Refused:
    return Refused(f"{address}: {reason}", file=policy.path, line=policy.at(address).line, hint=hint)
