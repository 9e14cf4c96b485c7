"""What the page of a role takes from policy: its name, who does its work here, how it changes hands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outage.errors import Refused
from outage.policy.defaults import ROLE_NAMES
from outage.policy.vocabulary import ROLES, RoleId
from outage.source import nearest
from outage.text import plain
from outage.views.markup import blocks, ref

if TYPE_CHECKING:
    from outage.policy import Policy

COMMANDER: RoleId = "incident-commander"


def role_title(policy: Policy, role: str) -> str:
    """The company's name for a role, not escaped; our own where the company has no such role.

    A merged role keeps its name here: it is the title of the page that says who does its work.
    """
    known = _role(role)
    return policy.roles[known].name if known in policy.roles else ROLE_NAMES[known][0]


def role_note(policy: Policy, role: str) -> str:
    """Nothing for a role that somebody holds; else who does its work, or that there is no such role."""
    known = _role(role)
    name = plain(role_title(policy, known))
    if known not in policy.roles:
        said = f"{plain(policy.company.name)} has no such role, and nothing on its pages asks for one."
        return _note(f"No {name} here", f"{said} {_page('index', 'The roles that it has')}.")
    into = policy.roles[known].merged_into
    if into is None:
        return ""
    said = f"{ref('role', into)} does this work here, beside its own. Nobody is asked to be {name}."
    return _note(f"No {name} of its own here", f"{said}\n\nWhat follows is the work, whoever does it.")


def role_taking(policy: Policy, role: str) -> str:
    """How a role is taken and handed over: the command, the words for the chat, and who says it back."""
    known = _role(role)
    if known not in policy.roles:
        return ""
    into = policy.roles[known].merged_into
    if into is not None:
        return f"It comes with {ref('role', into)}: take or hand over that role, and this work goes with it."
    return blocks((*_take(known), *_hand_over(known)))


def _take(role: RoleId) -> tuple[str, ...]:
    name = ref("role", role)
    listener = "one other person" if role == COMMANDER else ref("role", COMMANDER)
    return (
        "**To take it:**",
        _command(f'outage role {role} "Your name"'),
        _say(f"Or post in {ref('told', 'responders')}", f"I am taking {name}. [Your name], [time]."),
        f"It is yours when {listener} has said it back:",
        _say("", f"[Name] has {name}, [time]."),
    )


def _hand_over(role: RoleId) -> tuple[str, ...]:
    name = ref("role", role)
    return (
        "**To hand it over**, tell the next person what is going on. Then these three, in this order. "
        "You keep the role until the third is said.",
        _say("You", f"[Name], you have {name}."),
        _say("They", f"I have {name}."),
        _say("You, to everybody", f"[Name] has {name} from [time]."),
        _command(f'outage handoff {role} "Their name"'),
    )


def _role(role: str) -> RoleId:
    if role not in ROLES:
        raise Refused(f"there is no role '{role}'", hint=nearest(role, list(ROLES)))
    return role


def _page(name: str, words: str) -> str:
    return f"{{doc}}`{words} </process/roles/{name}>`"


def _note(title: str, text: str) -> str:
    return f":::{{admonition}} {title}\n:class: note\n{text}\n:::"


def _say(when: str, words: str) -> str:
    return f"```{{say}} {when}".rstrip() + f"\n{words}\n```"


def _command(line: str) -> str:
    return f"```console\n$ {line}\n```"
