"""The story of a walkthrough as MyST text, in order, its decisions folded: for paper, and without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outage.cases.frames import Frame, format_source
from outage.render.case.page import link_evidence
from outage.render.markup import bullets, folded
from outage.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from outage.cases.script import Script
    from outage.cases.study import Account, Source
    from outage.policy import Policy


def write_walkthrough(script: Script, told: Iterable[Frame], site: Policy) -> str:
    """Write a paragraph per event; no headings, for a page's list of contents would give the end away."""
    return "\n\n".join(_write_event(frame, script, site) for frame in told)


def _write_event(frame: Frame, script: Script, site: Policy) -> str:
    moment = frame.moment
    head = f"**{plain(moment.when.words(script.times))}** {plain(frame.label)}"
    by = f" ({plain(frame.by)})" if frame.by else ""
    if moment.decides:
        asked = moment.told.question or "What would you decide?"
        done = folded("What was done", _write_done(frame, site))
        return f"{head}{by}: {plain(asked)}\n\n{_write_known(frame)}{done}"
    unseen = " Nobody there knew it then." if moment.told.unseen else ""
    parts = [f"{head}{by}: {plain(frame.text)}{unseen}"]
    if moment.accounts:
        parts.append(bullets(_write_account(one, script) for one in moment.accounts))
    if moment.sources:
        parts[0] += f" {_write_sources(moment.sources)}"
    return "\n\n".join(parts)


def _write_account(one: Account, script: Script) -> str:
    when = f"{plain(one.when.words(script.times))}: " if one.when else ""
    return f"{when}{plain(one.text)} {_write_sources(one.sources)}".rstrip()


def _write_sources(sources: Iterable[Source]) -> str:
    return plain(f"[{'; '.join(format_source(one) for one in sources)}]") if sources else ""


def _write_known(frame: Frame) -> str:
    told, parts = frame.moment.told, []
    for head, items in (
        ("Known then:", told.known),
        ("Not known then:", told.unknown),
        ("You could:", [option.text for option in told.options]),
    ):
        if items:
            parts.append(f"{head}\n\n{bullets(plain(one) for one in items)}\n\n")
    return "".join(parts)


def _write_done(frame: Frame, site: Policy) -> str:
    told, parts = frame.moment.told, [plain(frame.text)]
    if thens := [f"{plain(one.text)}: {plain(one.then)}" for one in told.options if one.then]:
        parts.append(bullets(thens))
    if told.speaks:
        parts.append(bullets(f"{link_evidence(one, site)}: {plain(one.words)}" for one in told.speaks))
    return "\n\n".join(parts)
