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
    "severity-matrix": severities.write_severity_matrix,
    "impact-matrix": severities.impact_matrix,
    "severity-examples": severities.severity_examples,
    "at-a-glance": severities.write_at_a_glance,
    "cadence-table": severities.write_cadence_table,
    "review-table": severities.write_review_table,
    "incident-criteria": severities.write_incident_criteria,
    "large-scale": severities.write_large_scale,
    "alert-levels": severities.write_alert_levels,
    "classification": severities.write_classification,
    "role-cards": people.write_role_cards,
    "staffing": people.write_staffing,
    "escalation-ladder": people.write_escalation_ladder,
    "contact-list": people.write_contacts,
    "notification-duties": people.write_duties,
    "resource-list": people.write_resources,
    "channel-map": channels.write_channel_map,
    "division-channels": channels.write_division_channels,
    "fallbacks": people.write_fallbacks,
    "new-joiners": people.write_new_joiners,
    "review-attendance": people.write_review_attendance,
    "response-timeline": plan_text.write_response_timeline,
    "policy-values": channels.write_policy_values,
}
"""Directive name to the function that writes its text."""

ROLE_VIEWS: dict[str, Callable[[Policy, str], str]] = {
    "role-title": role_pages.write_role_title,
    "role-note": role_pages.write_role_note,
    "role-taking": role_pages.write_role_taking,
    "response-drawing": plan_text.write_response_rows,
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
