"""What a case's record says about its own keys, in the messages of the validator."""

from __future__ import annotations

from outage.validate import LINK, PAGE, Wording

_TIME = (
    "is not a time",
    "write 2012-08-01 09:30, perhaps with a zone (Z or -04:00); or 2012-08-01, 2012-08 or 2012",
)

WORDING = Wording(
    start="start with 'title:', 'summary:' and 'events:'",
    too_long="this is too long to be read aloud: say it shorter, or on the page",
    missing={
        "title": "say what people call it",
        "summary": "say what happened, in a sentence or two that give no decision away",
        "zone": "name the local time of the place, as IANA does: America/New_York",
        "teaches": "say in a sentence what one learns from it",
        "best_for": "say for whom it is, in a few words",
        "minutes": "say how long a group takes to walk through it",
        "events": "add the events, in order",
        "why": "say by which criterion",
        "words": "say how it speaks to the decision, in a sentence",
    },
    patterns={
        **{f"events.{key}": _TIME for key in ("at", "from", "until", "between", "on")},
        "marks": ("is not an offset", "write minutes and seconds: 12:30, or 1:02:30"),
        "page": PAGE,
        "clause": ("is not an address of the policy", "write severities.highest.commander"),
        "key": ("is not the key of a work", "write it as bibliography.bib does: sec-34-70694"),
        "link": LINK,
        "recording": LINK,
        "file": (
            "is not the name of a file beside the record",
            "put it there, and name it without a folder",
        ),
        "policy": (
            "is neither 'sample' nor a policy beside the record",
            "write sample, or policy.yml",
        ),
    },
)
