"""The text of a message: one line of state, one line of news, and nothing that can shout.

A chat service gives meaning to some texts. A group mention wakes everybody, and so does a
name in angle brackets; an image is fetched. Each is broken by a space, which anyone can see.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from outage.clock.moments import near
from outage.record.words import sentence, severity_name
from outage.text import one_line

if TYPE_CHECKING:
    from outage.policy import Policy
    from outage.record.incident import Entry, Incident

LONGEST = 1500
_GROUPS = "channel|here|everyone|everybody|all|room|team|online|group|users|members"
_MENTION = re.compile(rf"([@\uff20\ufe6b])(?=(?:{_GROUPS})\b|[*&_!])", re.IGNORECASE)
_MARKUP = re.compile(r"<(?=\S)|!(?=\[)")
_JOINERS = str.maketrans("", "", "\u200c\u200d")


def quiet(text: str) -> str:
    """One line that shows ``text`` and mentions no group; control characters are shown as codes.

    Joiners go first, for they could hide a mention from us that the service would still see.
    """
    line = one_line(text.translate(_JOINERS))
    line = _MARKUP.sub(r"\g<0> ", _MENTION.sub(r"\1 ", line))
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} ... (the whole text is in the timeline)"


def headline(incident: Incident, policy: Policy) -> str:
    """``Sev 1 | investigating | Checkout is down (2026-11-20-checkout-down)``."""
    parts = [severity_name(incident.severity, policy), incident.stage, f"{incident.title} ({incident.id})"]
    return quiet(" | ".join(["DRILL", *parts] if incident.drill else parts))


def for_colleagues(incident: Incident, entry: Entry, policy: Policy) -> str:
    """State first, then what happened, when if that was earlier, and who recorded it."""
    said = f"{_when(entry, policy)}{quiet(sentence(entry, policy))} \u2014 {quiet(entry.event.by)}"
    return f"{headline(incident, policy)}\n{said}"


def for_customers(incident: Incident, entry: Entry, policy: Policy) -> str:
    """The stage and the words that were written for customers; nothing of ours."""
    corrected = "Correction: " if entry.event.kind == "correction" else ""
    return f"{incident.stage.capitalize()}\n{_when(entry, policy)}{corrected}{quiet(entry.text)}"


def _when(entry: Entry, policy: Policy) -> str:
    """``At 09:40 UTC (10:40 BST): `` before what is recorded late, with the date of another day."""
    if not entry.late:
        return ""
    return f"At {near(entry.event.at, entry.event.recorded, policy.company.timezone)}: "
