"""Models to MyST text, which pages parse and tests compare. HTML is written in ``pages`` only.

Names and free text pass through :func:`outage.text.cell` or :func:`outage.text.plain`; ids and
addresses are safe by their pattern. A value is written ``[words](#address)``, so that it leads to its clause.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from outage.policy.classify import form
from outage.policy.quote import KINDS, quote
from outage.render.policy import channels, people, plan_text, role_pages, severities

if TYPE_CHECKING:
    from outage.policy import Policy

VIEWS: dict[str, Callable[[Policy], str]] = {
    "severity-matrix": severities.severity_matrix,
    "impact-matrix": severities.impact_matrix,
    "severity-examples": severities.severity_examples,
    "at-a-glance": severities.at_a_glance,
    "cadence-table": severities.cadence_table,
    "review-table": severities.review_table,
    "incident-criteria": severities.incident_criteria,
    "large-scale": severities.large_scale,
    "alert-levels": severities.alert_levels,
    "classification": severities.classification,
    "role-cards": people.role_cards,
    "staffing": people.staffing,
    "escalation-ladder": people.escalation_ladder,
    "contact-list": people.contacts,
    "notification-duties": people.duties_to_notify,
    "resource-list": people.resources,
    "channel-map": channels.channel_map,
    "division-channels": channels.division_channels,
    "fallbacks": people.fallbacks,
    "new-joiners": people.new_joiners,
    "review-attendance": people.review_attendance,
    "response-timeline": plan_text.response_timeline,
    "policy-values": channels.policy_values,
}
"""Directive name to the function that writes its text."""

ROLE_VIEWS: dict[str, Callable[[Policy, str], str]] = {
    "role-title": role_pages.role_title,
    "role-note": role_pages.role_note,
    "role-taking": role_pages.role_taking,
    "response-drawing": plan_text.response_rows,
}
"""The same for what is said about one role: ``{role-note} scribe``."""


def show(policy: Policy, kind: str, argument: str = "") -> str:
    """Answer a page from the policy: a view's text, a quote, or whether it has something (``when``).

    Raises:
        Refused: the argument names nothing in this policy.
    """
    if kind == "when":
        return "yes" if policy.has(argument) else "no"
    if kind == "classify-form":
        return form.format_form(policy)
    if kind in KINDS:
        return repr(quote(policy, kind, argument))
    if kind in ROLE_VIEWS:
        return ROLE_VIEWS[kind](policy, argument)
    return VIEWS[kind](policy)
