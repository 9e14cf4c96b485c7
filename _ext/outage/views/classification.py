"""How severity and scope are judged, as text: the questions, what each answer implies, and the rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outage.classify import SCALE, Ask, Choice, questions
from outage.text import cell, plain
from outage.views.markup import blocks, ref, table

if TYPE_CHECKING:
    from outage.policy import Policy


def classification(policy: Policy) -> str:
    """Every question with its answers, then the rule in words."""
    asked = questions(policy)
    return blocks([*(part for ask in asked for part in _question(ask)), rule(policy)])


def _question(ask: Ask) -> list[str]:
    rows = [(cell(choice.text), _implied(choice), f"`{ask.id}={choice.id}`") for choice in ask.choices]
    return [f"**{plain(ask.text)}**", table(("Answer", "At least", "Typed"), rows)]


def _implied(choice: Choice) -> str:
    implied = []
    if choice.severity:
        implied.append(ref("severity", choice.severity))
    if choice.scope:
        implied.append(ref("scope", choice.scope))
    if choice.time_box_up_to:
        implied.append(f"up to {ref('severity', choice.time_box_up_to)}, one expert may try alone first")
    return " ".join(implied) or cell("")


def rule(policy: Policy) -> str:
    """How the answers become an outcome."""
    wide = "widest" if len(policy.scopes) > 2 else "wider"
    doubt = "worst" if policy.classification.when_in_doubt == "higher" else "least bad"
    return (
        f"The worst severity that any answer implies holds, and the {wide} scope. "
        f"Where you do not know, leave it out: it counts as the {doubt} answer to that question "
        f"([the policy's rule in doubt](#classification.when_in_doubt)). "
        f"The question `{SCALE}` is answered by the criteria for large-scale outages."
    )
