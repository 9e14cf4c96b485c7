"""What an entry of the timeline says, as one sentence for people.

Texts are still as they were written, and so hostile: ``outage.text`` makes them safe for
the place where they are shown.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from outage.incident.record.model import Entry
    from outage.policy import Policy

_LONGEST_UNKNOWN = 300


def describe_entry(entry: Entry, policy: Policy) -> str:
    """Return an entry in words, with the company's names for roles, audiences and severities."""
    kind, data = entry.event.kind, entry.data
    if not entry.known:
        said = json.dumps(dict(data), ensure_ascii=False)[:_LONGEST_UNKNOWN]
        words = f"({kind}) {said}"
    else:
        words = _SAID[kind](data, policy) if kind in _SAID else entry.text
    if entry.redaction:
        why = f": {entry.redaction.why}" if entry.redaction.why else ""
        return f"{words} (redacted by {entry.redaction.by}{why})".strip()
    return words


def name_role(role: str, policy: Policy) -> str:
    """Return the company's name for a role."""
    found = policy.roles.get(role)  # type: ignore[call-overload]
    return str(found.name) if found else role


def name_severity(severity: str | None, policy: Policy) -> str:
    """Return the company's name for a severity; ``unclassified`` when none is known."""
    found = policy.severities.get(severity or "")
    return found.name if found else severity or "unclassified"


def describe_place(division: str | None, area: str | None, policy: Policy) -> str:
    """Write where it is, as far as that is known: ``Payments, checkout``."""
    known = policy.divisions.get(division or "")
    return ", ".join(part for part in (known.name if known else division, area) if part)


def shorten_id(event_id: str) -> str:
    """Return the part of an event's id that is shown and typed."""
    return event_id[:8]


def _append_why(data: Mapping[str, Any]) -> str:
    return f" ({data['why']})" if data.get("why") else ""


def _describe_declaration(data: Mapping[str, Any], policy: Policy) -> str:
    where = describe_place(data.get("division"), data.get("area"), policy)
    parts = [name_severity(data.get("severity"), policy), f"scope {data.get('scope', 'unknown')}", where]
    drill = "Drill declared" if data.get("drill") else "Declared"
    return f"{drill}: {data.get('title', '')} ({', '.join(part for part in parts if part)})"


def _describe_scope(data: Mapping[str, Any], policy: Policy) -> str:
    where = describe_place(data.get("division"), data.get("area"), policy)
    return f"Scope: {data['scope']}{f', {where}' if where else ''}{_append_why(data)}"


def _describe_update(data: Mapping[str, Any], policy: Policy) -> str:
    audience = policy.audiences.get(data["audience"])
    return f"To {audience.name if audience else data['audience']}: {data.get('text', '')}"


def _describe_action(data: Mapping[str, Any]) -> str:
    due = f", due {data['due']}" if data.get("due") else ""
    return f"Action: {data.get('text', '')} ({data.get('owner', '')}{due})"


def _describe_run(data: Mapping[str, Any]) -> str:
    target = f" against {data['target']}" if data.get("target") else ""
    alone = "".join(
        f"; a second person was asked for, and passed alone by {who}" for who in data.get("alone", ())
    )
    return f"Runbook {data['runbook']}, {data['mode']}{target}: {data['state']} (run {data['run']}){alone}"


def _describe_playbook(data: Mapping[str, Any]) -> str:
    step, state = data.get("step"), data.get("state", "started")
    if state == "started" and step:
        state = "open again"
    what = f": {step} {state}" if step else f" {state}"
    return f"Playbook {data['playbook']}{what}{_append_why(data)}"


_SAID: dict[str, Callable[[Mapping[str, Any], Policy], str]] = {
    "declared": _describe_declaration,
    "decision": lambda data, _: f"Decision: {data.get('text', '')}",
    "hypothesis": lambda data, _: f"Hypothesis: {data.get('text', '')}",
    "impact": lambda data, _: f"Impact: {data.get('text', '')}",
    "contact": lambda data, _: f"Contact: {data.get('text', '')}",
    "role": lambda data, policy: f"{name_role(data['role'], policy)}: {data.get('person', '')}",
    "handoff": lambda d, policy: f"{name_role(d['role'], policy)} handed over to {d.get('person', '')}",
    "severity": lambda data, policy: (
        f"Severity: {name_severity(data['severity'], policy)}{_append_why(data)}"
    ),
    "scope": _describe_scope,
    "stage": lambda data, _: f"Stage: {data['stage']}",
    "update": _describe_update,
    "action": lambda data, _: _describe_action(data),
    "correction": lambda data, _: f"Corrected entry {shorten_id(data['event'])}: {data.get('text', '')}",
    "redaction": lambda data, _: f"Hid the words of entry {shorten_id(data['event'])}{_append_why(data)}",
    "run": lambda data, _: _describe_run(data),
    "playbook": lambda data, _: _describe_playbook(data),
}
