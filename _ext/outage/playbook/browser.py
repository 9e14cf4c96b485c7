"""What a checklist's page needs to count time by itself, as data for its script.

The script counts as :mod:`outage.playbook.state` does. Business days need the company's calendar,
which goes along for some years.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from outage.incident.workdays import find_next_business_day

if TYPE_CHECKING:
    from outage.playbook.resolve import Checklist, Section, Task, Term
    from outage.policy import Policy

YEARS = 3
"""For how many years, this one included, the page knows which days are days off."""

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def make_page_data(found: Checklist, policy: Policy, today: date | None = None) -> dict[str, Any]:
    """All that the script reads.

    Returns:
        ``key`` under which the browser keeps the state, ``name``, ``zone``, ``phases`` (each with
        ``name`` and ``tasks``: ``id``, ``due``, ``lateOnly``, ``resolves``) and ``calendar``.
        A length of time is ``{seconds}`` or ``{businessDays}``, with ``since`` and ``words``.
    """
    first_year = (today or datetime.now(UTC).date()).year
    needed = any(task.due and task.due.length.business_days for task in found.tasks)
    return {
        "key": f"outage-playbook/{policy.company.name}/{found.id}",
        "name": found.name,
        "zone": policy.company.timezone,
        "phases": [_make_phase(phase) for phase in found.phases],
        "calendar": make_calendar(policy, first_year)
        if needed
        else {"daysOff": [], "weekend": [], "until": None},
    }


def make_calendar(policy: Policy, first_year: int) -> dict[str, Any]:
    """Days off that are no weekend, weekdays of the weekend (Monday 0), and until when this is known."""
    until = date(first_year + YEARS - 1, 12, 31)
    weekend = [number for number, name in enumerate(_WEEKDAYS) if name in policy.calendar.weekend]
    days_off: list[str] = []
    day = date(first_year - 1, 12, 31)
    while day < until:
        after = find_next_business_day(day, policy.calendar)
        skipped = (day + timedelta(days=n) for n in range(1, (after - day).days))
        days_off += [one.isoformat() for one in skipped if one.weekday() not in weekend]
        day = after
    return {"daysOff": days_off, "weekend": weekend, "until": until.isoformat()}


def _make_phase(phase: Section) -> dict[str, Any]:
    return {"id": phase.id, "name": phase.name, "tasks": [_make_task(task) for task in phase.tasks]}


def _make_task(task: Task) -> dict[str, Any]:
    return {
        "id": task.id,
        "due": _make_term(task.due),
        "lateOnly": _make_term(task.late_only),
        "resolves": task.resolves,
    }


def _make_term(term: Term | None) -> dict[str, Any] | None:
    if term is None:
        return None
    length: dict[str, Any] = {"since": term.since, "words": str(term.length)}
    if term.length.exact is not None:
        return {**length, "seconds": int(term.length.exact.total_seconds())}
    return {**length, "businessDays": term.length.business_days}
