"""Who does what: role cards, who holds which roles when few are awake, who joins when, whom to call."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from outage.policy.vocabulary import TOOLS, RoleId, Tool
from outage.render.markup import blocks, bullets, ref, refs, table, value
from outage.render.policy.channels import list_names
from outage.text import cell, join_words, plain

if TYPE_CHECKING:
    from outage.policy import Duration, Policy
    from outage.policy.models import Contact, Escalation
    from outage.policy.vocabulary import ChannelId, RoleId


DUTIES: dict[RoleId, str] = {
    "incident-commander": "In command. Sets the goal, assigns work, decides, tracks status. Fixes nothing.",
    "deputy": "Supports the commander: keeps the clock, calls people in, and can take over at any moment.",
    "operations-lead": "Fixes it, with the experts. Only this team changes production. Does nothing else.",
    "expert": "Knows one part well. Investigates, proposes, and changes what the operations lead asks for.",
    "communications-lead": "Keeps everyone who needs to know up to date, on time and in plain words.",
    "scribe": "Writes down observations, actions and decisions, with the time.",
    "planner": "Keeps the list of what has to be undone, handed over or followed up.",
    "customer-liaison": "Talks to affected customers, and reports back what they see.",
    "review-team": "Finds out what can be learned, without blame, and sees the actions through.",
}
"""What each role does, in one line; the vocabulary is fixed, so these sentences are ours."""


def write_role_cards(policy: Policy) -> str:
    """Write a card for each role that someone holds in its own name."""
    cards = "\n".join(_write_card(policy, role) for role in policy.held_roles)
    return f":::::{{grid}} 1 1 2 2\n:gutter: 3\n\n{cards}\n:::::"


def _write_card(policy: Policy, role: RoleId) -> str:
    merged = [plain(other.name) for other in policy.roles.values() if other.merged_into == role]
    lines = [f"::::{{grid-item-card}} {ref('role', role)}", DUTIES[role]]
    if merged:
        lines += ["", ":::{card-footer}", f"Also does the work of: {join_words(merged)}.", ":::"]
    return "\n".join((*lines, "::::"))


def write_escalation_ladder(policy: Policy) -> str:
    """List who is called, and when: for silence, then for an incident that stays open, soonest first."""
    found = [(key, rung, *each) for key, rung in policy.escalations.items() for each in _clocks(key, rung)]
    found.sort(key=lambda row: (row[1].when == "open", row[4].length))
    rows = [
        (
            _describe_trigger(rung, severities),
            value(policy, address),
            _list_called(policy, rung),
            cell(rung.do),
        )
        for _, rung, severities, address, _ in found
    ]
    return table(("When", "After", "Call", "What they do"), rows) if rows else ""


def _clocks(key: str, rung: Escalation) -> Iterator[tuple[list[str], str, Duration]]:
    """Yield the severities, the address and the length of each clock that a rung has."""
    address = f"escalations.{key}.after"
    if isinstance(rung.after, dict):
        for severity, length in rung.after.items():
            yield [severity], f"{address}.{severity}", length
    else:
        yield rung.severities, address, rung.after


def _describe_trigger(rung: Escalation, severities: list[str]) -> str:
    which = join_words([ref("severity", key) for key in severities], "or")
    if rung.when == "unanswered":
        return f"No one answers, at {which}" if which else "No one answers"
    return f"{which or 'An incident'} is still open"


def _list_called(policy: Policy, rung: Escalation) -> str:
    return ", then ".join(ref("contact", key) + _link_number(policy.contacts[key]) for key in rung.call)


def write_contacts(policy: Policy) -> str:
    """List whom to call, for what, and on which number; what to do instead where the policy names no one."""
    rows = [
        (
            ref("contact", key),
            cell(contact.duty),
            f"{_link_number(contact)} {plain(contact.chat or '')}".strip() or cell(""),
        )
        for key, contact in policy.contacts.items()
    ]
    if not rows:
        return f"The policy names no one. Post in {ref('channel', 'company')}, and call the people you know."
    return table(("Who", "For what", "How"), rows)


def _link_number(contact: Contact) -> str:
    """Return the telephone number, which a phone can call."""
    if not contact.phone:
        return ""
    dialled = "".join(char for char in contact.phone if char in "+0123456789")
    return f" [{plain(contact.phone)}](tel:{dialled})"


def write_duties(policy: Policy) -> str:
    """Return the clocks that the law or a contract starts."""
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
    return table(("When", "Tell", "Within", "Owner", "Basis"), rows) if rows else ""


_FROM = {
    "declared": "of declaring it",
    "aware": "of becoming aware of it",
    "resolved": "of resolving it",
}


def write_resources(policy: Policy) -> str:
    """Return what an outage may need besides people, and how to get it."""
    return bullets(_write_resource(policy))


def _write_resource(policy: Policy) -> Iterator[str]:
    for key in policy.resources:
        yield f"**{key.replace('-', ' ').capitalize()}.** {value(policy, f'resources.{key}')}"


def write_staffing(policy: Policy) -> str:
    """Write a heading for each number of people that policy names, fewest first, and an item per person.

    People who hold the same roles share an item, and those whom the row leaves free are counted.
    """
    return blocks(_write_row(count, policy.staffing[count]) for count in sorted(policy.staffing))


def _write_row(count: int, people: list[list[RoleId]]) -> str:
    items = [_write_item(held, len(list(same))) for held, same in groupby(people)]
    listed = "\n".join(f"- {item}" for item in items)
    return blocks((f"### {_count_people(count)} awake", listed, _write_free(count - len(people))))


def _write_item(held: list[RoleId], same: int) -> str:
    roles = join_words([ref("role", role) for role in held])
    return roles if same == 1 else f"{_count_people(same)}, each: {roles}"


def _write_free(left: int) -> str:
    if left == 0:
        return ""
    if left == 1:
        return "The other one holds no role: free for the next task, or resting for the next shift."
    return f"The other {left} hold no role: free for the next task, or resting for the next shift."


def _count_people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"


def write_new_joiners(policy: Policy) -> str:
    """Return the channels that someone new joins; those that another replaces count once."""
    joined = (
        policy.channels[key].same_as or key for key in policy.new_joiners.channels if key in policy.channels
    )
    return bullets(_list_joined(policy, key) for key in dict.fromkeys(joined))


def _list_joined(policy: Policy, own: ChannelId) -> str:
    named = list_names(policy, own)
    return f"{ref('channel', own)}: {', '.join(named)}; yours at least" if named else ref("channel", own)


def write_review_attendance(policy: Policy) -> str:
    """Return the roles that come to the review; merged ones count once."""
    held = {key: role.merged_into or key for key, role in policy.roles.items()}
    return refs("role", dict.fromkeys(held[key] for key in policy.review.attend if key in held))


HEADINGS: dict[Tool, str] = {
    "chat": "The chat is down",
    "bridge": "The call can't be opened",
    "site": "This site is down",
    "repository": "The repository is down",
    "pager": "The pager is down, or no one answers it",
}


def write_fallbacks(policy: Policy) -> str:
    """Write a heading per tool and what to use instead, in order; no call without a channel for it."""
    shown = [
        tool
        for tool in TOOLS
        if tool in policy.fallbacks and (tool != "bridge" or policy.has("channels.bridge"))
    ]
    return blocks(part for tool in shown for part in (f"## {HEADINGS[tool]}", _write_ordered(policy, tool)))


def _write_ordered(policy: Policy, tool: Tool) -> str:
    """Return a numbered list: the first that works is used."""
    items = policy.fallbacks[tool]
    return "\n".join(
        f"{number}. {value(policy, f'fallbacks.{tool}', text)}" for number, text in enumerate(items, 1)
    )
