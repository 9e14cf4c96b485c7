"""Who does what: role cards, who holds which roles when few are awake, who joins when, whom to call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from outage.policy.vocabulary import RoleId
from outage.text import cell, joined, plain
from outage.views.markup import bullets, ref, table, value

if TYPE_CHECKING:
    from outage.policy import Policy
    from outage.policy.models import Contact, Escalation

DUTIES: dict[RoleId, str] = {
    "incident-commander": "Leads: sets the goal, gives out work, decides, knows the state. Mends nothing.",
    "deputy": "Stands beside the commander: keeps the clock, calls people in, takes over at once if need be.",
    "operations-lead": "Mends it, with the experts. Only this team changes the system. Does nothing else.",
    "expert": "Knows one part well. Looks, proposes, and changes what the operations lead says.",
    "communications-lead": "Tells everyone who must know, on time and in plain words.",
    "scribe": "Writes down what is seen, done and decided, with the time.",
    "planner": "Keeps the list of what must be unwound, handed over or followed up.",
    "customer-liaison": "Speaks with the customers who are hit, and brings back what they see.",
    "review-team": "Learns from it afterwards, without blame, and sees that the actions are done.",
}
"""What each role does, in one line; the vocabulary is fixed, so these sentences are ours."""


def role_cards(policy: Policy) -> str:
    """One card a role that somebody holds in their own name."""
    cards = "\n".join(_card(policy, role) for role in policy.held_roles)
    return f":::::{{grid}} 1 1 2 2\n:gutter: 3\n\n{cards}\n:::::"


def _card(policy: Policy, role: RoleId) -> str:
    merged = [plain(other.name) for other in policy.roles.values() if other.merged_into == role]
    lines = [f"::::{{grid-item-card}} {ref('role', role)}", DUTIES[role]]
    if merged:
        lines += ["", ":::{card-footer}", f"Also does the work of: {joined(merged)}.", ":::"]
    return "\n".join((*lines, "::::"))


def escalation_ladder(policy: Policy) -> str:
    """Who is called, and when: first for silence, then for an incident that stays open, soonest first."""
    ordered = sorted(
        policy.escalations.items(), key=lambda item: (item[1].when == "open", item[1].after.length)
    )
    rows = [(*_trigger(policy, key, rung), _called(policy, rung), cell(rung.do)) for key, rung in ordered]
    return table(("When", "After", "Call", "What they do"), rows) if rows else ""


def _trigger(policy: Policy, key: str, rung: Escalation) -> tuple[str, str]:
    after = value(policy, f"escalations.{key}.after")
    if rung.when == "unanswered":
        return "Nobody answers", after
    which = joined([ref("severity", key) for key in rung.severities], "or") or "An incident"
    return f"{which} is still open", after


def _called(policy: Policy, rung: Escalation) -> str:
    return ", then ".join(ref("contact", key) + _number(policy.contacts[key]) for key in rung.call)


def contacts(policy: Policy) -> str:
    """Whom to call, for what, and on which number; what to do instead where the policy names nobody."""
    rows = [
        (
            ref("contact", key),
            cell(contact.duty),
            f"{_number(contact)} {plain(contact.chat or '')}".strip() or cell(""),
        )
        for key, contact in policy.contacts.items()
    ]
    if not rows:
        return f"The policy names nobody. Say it in {ref('channel', 'company')}, and call whom you know."
    return table(("Who", "For what", "How"), rows)


def _number(contact: Contact) -> str:
    """The telephone number, which a phone can call."""
    if not contact.phone:
        return ""
    dialled = "".join(char for char in contact.phone if char in "+0123456789")
    return f" [{plain(contact.phone)}](tel:{dialled})"


def duties_to_notify(policy: Policy) -> str:
    """The clocks that the law or a contract starts."""
    rows = [
        (
            cell(duty.when),
            cell(duty.tell),
            f"{value(policy, f'notification_duties.{key}.within')} {_FROM[duty.from_]}",
            ref("contact", duty.owner),
            cell(duty.basis),
        )
        for key, duty in policy.notification_duties.items()
    ]
    return table(("When", "Tell", "Within", "Who sees to it", "Because of"), rows) if rows else ""


_FROM = {
    "declared": "of declaring it",
    "aware": "of becoming aware of it",
    "resolved": "of resolving it",
}


def resources(policy: Policy) -> str:
    """What an outage may need besides people, and how to get it."""
    return bullets(_resource(policy))


def _resource(policy: Policy) -> Iterator[str]:
    for key in policy.resources:
        yield f"**{key.replace('-', ' ').capitalize()}.** {value(policy, f'resources.{key}')}"
