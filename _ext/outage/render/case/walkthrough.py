"""The story of a walkthrough as MyST text, in order, its decisions folded: for paper, and without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outage.cases.frames import Frame, format_source
from outage.render.case.page import speaks
from outage.render.markup import bullets, folded
from outage.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from outage.cases.script import Script
    from outage.cases.study import Account, Source
    from outage.policy import Policy


def story(script: Script, told: Iterable[Frame], site: Policy) -> str:
    """Write a paragraph per event; no headings, for a page's list of contents would give the end away."""
    return "\n\n".join(_event(frame, script, site) for frame in told)


def _event(frame: Frame, script: Script, site: Policy) -> str:
    moment = frame.moment
    head = f"**{plain(moment.when.words(script.times))}** {plain(frame.label)}"
    by = f" ({plain(frame.by)})" if frame.by else ""
    if moment.decides:
        asked = moment.told.question or "What would you decide?"
        return f"{head}{by}: {plain(asked)}\n\n{_known(frame)}{folded('What was done', _done(frame, site))}"
    unseen = " Nobody there knew it then." if moment.told.unseen else ""
    parts = [f"{head}{by}: {plain(frame.text)}{unseen}"]
    if moment.accounts:
        parts.append(bullets(_account(one, script) for one in moment.accounts))
    if moment.sources:
        parts[0] += f" {_sources(moment.sources)}"
    return "\n\n".join(parts)


def _account(one: Account, script: Script) -> str:
    when = f"{plain(one.when.words(script.times))}: " if one.when else ""
    return f"{when}{plain(one.text)} {_sources(one.sources)}".rstrip()


def _sources(sources: Iterable[Source]) -> str:
    return plain(f"[{'; '.join(format_source(one) for one in sources)}]") if sources else ""


def _known(frame: Frame) -> str:
    told, parts = frame.moment.told, []
    for head, items in (
        ("Known then:", told.known),
        ("Not known then:", told.unknown),
        ("You could:", [option.text for option in told.options]),
    ):
        if items:
            parts.append(f"{head}\n\n{bullets(plain(one) for one in items)}\n\n")
    return "".join(parts)


def _done(frame: Frame, site: Policy) -> str:
    told, parts = frame.moment.told, [plain(frame.text)]
    if thens := [f"{plain(one.text)}: {plain(one.then)}" for one in told.options if one.then]:
        parts.append(bullets(thens))
    if told.speaks:
        parts.append(bullets(f"{speaks(one, site)}: {plain(one.words)}" for one in told.speaks))
    return "\n\n".join(parts)
