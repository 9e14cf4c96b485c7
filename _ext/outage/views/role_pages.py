"""What the page of a role takes from policy: its name, who does its work here, how it changes hands."""

from __future__ import annotations

from dataclasses import dataclass
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
    said = f"{plain(policy.company.name)} has no separate {name}. {ref('role', into)} does this work, beside its own."
    return _note("Here, another role does this", f"{said}\n\nWhat follows is the work, whoever does it.")


def role_taking(policy: Policy, role: str) -> str:
    """How a role is taken and handed over: the command, the words for the chat, and who says it back."""
    known = _role(role)
    if known not in policy.roles:
        return ""
    into = policy.roles[known].merged_into
    if into is not None:
        return f"It comes with {ref('role', into)}: take or hand over that role, and this work goes with it."
    spoken = _spoken(known)
    return blocks((*_take(known, spoken), *_hand_over(known, spoken)))


@dataclass(frozen=True)
class _Spoken:
    """What is said when a role changes hands: ``is`` for most, ``has command`` for the one who leads."""

    taken: str
    given: str
    accepted: str
    announced: str


def _spoken(role: RoleId) -> _Spoken:
    name = ref("role", role)
    if role == COMMANDER:
        return _Spoken(
            f"I have command: [your name], {name}, from [time].",
            "[Name], you have command.",
            "I have command.",
            f"[Name] has command: {name}, from [time].",
        )
    return _Spoken(
        f"I am {name} now: [your name], from [time].",
        f"[Name], you are {name}.",
        f"I am {name}.",
        f"[Name] is {name}, from [time].",
    )


def _take(role: RoleId, spoken: _Spoken) -> tuple[str, ...]:
    listener = "one other person" if role == COMMANDER else ref("role", COMMANDER)
    return (
        "**To take it:**",
        _command(f'outage role {role} "Your name"'),
        _say(f"Or post in {ref('told', 'responders')}", spoken.taken),
        f"It is yours when {listener} has said it back:",
        _say("", spoken.announced),
    )


def _hand_over(role: RoleId, spoken: _Spoken) -> tuple[str, ...]:
    return (
        "**To hand it over**, tell the next person what is going on. Then say these three, in this order. "
        "The role is yours until the third is said.",
        _say("You", spoken.given),
        _say("They", spoken.accepted),
        _say("You, to everybody", spoken.announced),
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
    # Colons, not backticks: what stands after a fence of backticks may hold none.
    return f":::{{say}} {when}".rstrip() + f"\n{words}\n:::"


def _command(line: str) -> str:
    return f"```console\n$ {line}\n```"
