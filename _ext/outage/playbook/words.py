"""A checklist in bare words: for a terminal, a message and an incident's page.

What a text quotes of the policy becomes words, by the policy of the incident; nothing is marked up.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from outage.incident.times import format_near, format_span
from outage.policy.quote import fill_in_quotes
from outage.text import one_line

if TYPE_CHECKING:
    from outage.incident.record.model import Incident
    from outage.playbook.resolve import Task, Term
    from outage.playbook.state import Progress, Standing
    from outage.policy import Policy

_RUNBOOK = re.compile(r"\{runbook\}`(?:([^`<]+?)\s*<)?([^`<>]+)>?`")
_EMPHASIS = re.compile(r"(\*\*?|`)(?=\S)(.+?)(?<=\S)\1")

SINCE = {
    "declared": "of the declaration",
    "phase": "of beginning this phase",
    "resolved": "of the end of the outage",
}


def format_bare(text: str, policy: Policy, incident: Incident | None = None) -> str:
    """Format a text of a playbook on one line, with the company's names and without markup.

    With an incident, the names of channels are those of its own (and so hostile).
    """
    named = _RUNBOOK.sub(lambda found: found[1] or f"runbook {found[2]}", text)
    words = _EMPHASIS.sub(r"\2", fill_in_quotes(policy, named))
    known = (
        {"incident": incident.id, "division": incident.division, "area": incident.area} if incident else {}
    )
    for place, name in known.items():
        words = words.replace(f"\u2039{place}\u203a", name) if name else words
    return one_line(words)


def name_owner(task: Task, policy: Policy) -> str:
    """Return the company's name for the role that owns a step."""
    roles = {str(key): role for key, role in policy.roles.items()}
    return one_line(roles[task.owner].name)


def format_term(term: Term) -> str:
    """``within 10 minutes of the declaration``."""
    return f"within {term.length} {SINCE[term.since]}"


def format_state(one: Standing, now: datetime, zone: str) -> str:
    """Where a step stands: done, skipped, not needed, due, late."""
    if one.tick and one.tick.settled:
        why = f": {one_line(one.tick.why)}" if one.tick.why else ""
        return f"{one.tick.state} {format_near(one.tick.at, now, zone)} by {one_line(one.tick.by)}{why}"
    if one.needed == "never":
        return "not needed: it was over before"
    if one.needed == "later" and one.needed_at:
        return f"only if still open at {format_near(one.needed_at, now, zone)}"
    if one.due is None:
        return format_term(one.task.due) if one.task.due else ""
    left = format_span(one.due - now)
    if one.overdue:
        return f"LATE by {left}, due {format_near(one.due, now, zone)}"
    return f"due {format_near(one.due, now, zone)}, in {left}"


def format_count(found: Progress) -> str:
    """``12 of 46 steps settled (10 done, 2 skipped), 3 overdue``."""
    done, skipped = found.of("done"), found.of("skipped")
    detail = f" ({done} done, {skipped} skipped)" if skipped else ""
    late = f", {len(found.overdue)} overdue" if found.overdue else ""
    return f"{done + skipped} of {found.counted} steps settled{detail}{late}"
