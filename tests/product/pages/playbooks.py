"""A small playbook, and its page."""

from __future__ import annotations

PLAYBOOK = """
name: Small
summary: A small playbook.
phases:
  first:
    name: First
    goal: It is known.
    steps:
      look:
        text: "Look in {told}`responders`"
        owner: expert
        good: "Somebody has looked, with `top`"
        due: severity.commander
      tell:
        when: {policy: divisions}
        text: Tell {channel}`division`
        owner: scribe
        good: They know
        due: {after: incident.threshold, from: phase}
        links: [{page: a, words: A page}]
"""


PAGE = "# Small\n\nOne person ticks.\n\n```{playbook} small\n```\n"
