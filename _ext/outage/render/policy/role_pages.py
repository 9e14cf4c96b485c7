"""What the page of a role takes from policy: its name, who does its work here, how it changes hands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outage.errors import Refused
from outage.policy.defaults import ROLE_NAMES
from outage.policy.vocabulary import ROLES, SHARED_ROLES, RoleId
from outage.render.markup import blocks, ref
from outage.source import nearest
from outage.text import plain

if TYPE_CHECKING:
    from outage.policy import Policy

COMMANDER: RoleId = "incident-commander"


def write_role_title(policy: Policy, role: str) -> str:
    """Return the company's name for a role, not escaped; our own where the company has no such role.

    A merged role keeps its name here: it is the title of the page that says who does its work.
    """
    known = _write_role(role)
    return policy.roles[known].name if known in policy.roles else ROLE_NAMES[known][0]


def write_role_note(policy: Policy, role: str) -> str:
    """Say who does a role's work, or that there is no such role; nothing for a role that someone holds."""
    known = _write_role(role)
    name, company = plain(write_role_title(policy, known)), plain(policy.company.name)
    if known not in policy.roles:
        return _write_note(
            f"No {name} here",
            f"{company} has no such role. {_link_page('index', 'These are the roles it has')}.",
        )
    into = policy.roles[known].merged_into
    if into is None:
        return ""
    said = f"{company} has no separate {name}. {ref('role', into)} does this work, beside its own."
    return _write_note(
        "Here, another role does this", f"{said}\n\nThe rest of this page describes that work."
    )


def write_role_taking(policy: Policy, role: str) -> str:
    """Say how a role is taken and handed over: the command, the words for the chat, and who repeats them."""
    known = _write_role(role)
    if known not in policy.roles:
        return ""
    into = policy.roles[known].merged_into
    if into is not None:
        return f"It comes with {ref('role', into)}: take or hand over that role, and this work goes with it."
    return blocks((*_write_take(known), *_write_handover(known)))


def _write_take(role: RoleId) -> tuple[str, ...]:
    name = ref("role", role)
    listener = "one other person" if role == COMMANDER else f"the {ref('role', COMMANDER)}"
    return (
        "**To take it:**",
        _write_command(f'outage role {role} "Your name"'),
        _write_say(
            f"Or post in {ref('told', 'responders')}", f"I'm taking the {name} role as of [time]. [Your name]"
        ),
        _write_say(f"The role is yours when {listener} has read it back", f"{name} is [name], as of [time]."),
    )


def _write_handover(role: RoleId) -> tuple[str, ...]:
    name = ref("role", role)
    parts = [
        "**To hand it over,** brief the next person: {doc}`/process/hand-over`. Then, aloud or in writing:",
        _write_say("You", f"[Name], I'm handing the {name} role over to you. Will you take it?"),
        _write_say("They", f"I have the {name} role as of [time]."),
        "Without a clear yes, the role stays yours. Once you have one, tell everyone:",
        _write_command(f'outage handoff {role} "Their name"'),
        _write_say("Or post", f"{name} is now [name], as of [time]. [Old name] stays until [time]."),
    ]
    if role in SHARED_ROLES:
        parts.append(
            "While several people hold it, the command ends the turn of the one who took it last. "
            "If someone else is leaving, add a note that says who."
        )
    return tuple(parts)


def _write_role(role: str) -> RoleId:
    if role not in ROLES:
        raise Refused(f"there is no role '{role}'", hint=nearest(role, list(ROLES)))
    return role


def _link_page(name: str, words: str) -> str:
    return f"{{doc}}`{words} </process/roles/{name}>`"


def _write_note(title: str, text: str) -> str:
    return f":::{{admonition}} {title}\n:class: note\n{text}\n:::"


def _write_say(when: str, words: str) -> str:
    # Colons, not backticks: what follows a fence of backticks may hold none.
    return f":::{{say}} {when}".rstrip() + f"\n{words}\n:::"


def _write_command(line: str) -> str:
    return f"```console\n$ {line}\n```"
