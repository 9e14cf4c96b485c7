"""A case study as MyST text: its facts, its record, its decisions, and which promises were kept.

Each is parsed in place by a directive of its page, and can as well be printed by a command.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from outage.cases.judge import VERDICTS, Judgement, judge
from outage.cases.load import FOLDER, find_cases, load_case_study
from outage.cases.sessions import Session
from outage.cases.study import Study
from outage.cases.times import parse_offset
from outage.incident.record.describe import describe_entry
from outage.render.markup import anchor_id, bullets, chip, folded, goto, here, link, list_table
from outage.text import join_words, plain

if TYPE_CHECKING:
    from outage.cases.models import SpeaksData
    from outage.cases.study import Account, Moment, Source, Study
    from outage.incident.record.model import Entry
    from outage.policy import Policy


LOOKS = {"kept": "met", "broken": "missed", "cannot be told": "not-yet-due"}
"""The look of a verdict, among those that an incident's page has."""

View = Callable[["Study", "Policy"], str]
"""From a case, and the policy of the site (whose clauses can be linked), to MyST text."""


def write_facts(study: Study) -> str:
    """Return what heads a case's page: what it is, what one learns from it, and the way to the player."""
    data = study.data
    nature = "Made up" if data.made_up else "This happened"
    about = "company, people and outage" if data.made_up else "each event of the record names who says so"
    pinned = "the sample policy" if data.policy == "sample" else "the policy of those who were there"
    items = [
        f"**{nature}**: {about}.",
        f"**You learn:** {plain(data.teaches)}",
        f"**Best for:** {plain(data.best_for)}.",
        f"**Takes a group:** {data.minutes} minutes.",
        f"**Judged by:** {pinned}, kept with the case as it was.",
        *(_write_recording(one.title, one.link or one.file or "") for one in data.recordings),
    ]
    play = []
    if (study.folder / "walkthrough.md").is_file():
        play = [
            "[Play it, event by event](walkthrough.md){.outage-play}",
            "Read no further if you want to decide for yourself first: the page below tells the end.",
        ]
    return "\n\n".join([plain(data.summary), bullets(items), *play])


def _write_recording(title: str, where: str, offset: str = "0") -> str:
    return f"**Recording:** {link(title, where.replace('{seconds}', str(parse_offset(offset))))}"


def write_story(study: Study) -> str:
    """Return the record: when, what, and who says so; accounts that disagree are side by side."""
    rows = []
    before = None
    for moment in study.moments:
        when = moment.when.words(study.times, before)
        rows.append((here(make_moment_anchor(moment.id)) + plain(when), _write_what(study, moment)))
        before = moment.when.lo if moment.when.kind in ("at", "lasted", "between") else None
    lead = [plain(study.times.explained(study.moments[-1].when.lo))]
    if any(moment.told.unseen for moment in study.moments):
        lead.append("What nobody there knew yet is marked.")
    table = list_table(("When", "What happened"), rows, widths="auto", css="outage-entries outage-case")
    return f"{' '.join(lead)}\n\n{table}"


def _write_what(study: Study, moment: Moment) -> str:
    entry = find_entry(study, moment)
    said = plain(describe_entry(entry, study.policy))
    who = f" ({plain(moment.event.by)})" if moment.event.by else ""
    mark = f"{chip('Not known there', 'mark')} " if moment.told.unseen else ""
    parts = [f"{mark}{said}{who}"]
    if moment.accounts:
        parts.append(bullets(_write_account(study, one) for one in moment.accounts))
    if moment.sources:
        parts.append(f"Source: {'; '.join(write_source(one) for one in moment.sources)}")
    parts += [
        _write_recording(
            f"{one.title}, from {one.marks[moment.id]}", one.link or one.file or "", one.marks[moment.id]
        )
        for one in study.data.recordings
        if moment.id in one.marks
    ]
    return "\n\n".join(parts)


def find_entry(study: Study, moment: Moment) -> Entry:
    """Return the line of the folded timeline that a moment is."""
    return next(entry for entry in study.incident.entries if entry.event.id == moment.event.id)


def _write_account(study: Study, account: Account) -> str:
    when = f"{plain(account.when.words(study.times))}: " if account.when else ""
    sources = "; ".join(write_source(one) for one in account.sources)
    return f"{when}{plain(account.text)} {sources}".rstrip()


def write_source(one: Source) -> str:
    """Return the work as a number that leads to the page's foot, the place in it, and how we know it."""
    place = f" {plain(one.place)}" if one.place else ""
    return f"{{footcite:p}}`{one.work.key}`{place} ({plain(one.how)})"


def write_decisions(study: Study, site: Policy) -> str:
    """Return each decision: the question, what was known, what could be done; folded, what was done."""
    points = [moment for moment in study.moments if moment.decides]
    return "\n\n".join(_write_point(study, moment, number, site) for number, moment in enumerate(points, 1))


def _write_point(study: Study, moment: Moment, number: int, site: Policy) -> str:
    told = moment.told
    parts = [f"**Decision {number}**, {plain(moment.when.words(study.times))}"]
    parts.append(plain(told.question or "What would you decide?"))
    for head, items in (("Known then:", told.known), ("Not known then:", told.unknown)):
        if items:
            parts.append(f"{head}\n\n{bullets(plain(one) for one in items)}")
    if told.options:
        parts.append(f"You could:\n\n{bullets(plain(option.text) for option in told.options)}")
    parts.append(folded("What was done", write_done(study, moment, site)))
    return "\n\n".join(parts)


def write_done(study: Study, moment: Moment, site: Policy) -> str:
    """Return what was done at a decision, what the other ways would have led to, and what speaks to it."""
    told = moment.told
    parts = [plain(find_entry(study, moment).text)]
    if thens := [f"{plain(one.text)}: {plain(one.then)}" for one in told.options if one.then]:
        parts.append(bullets(thens))
    if told.speaks:
        said = bullets(f"{link_evidence(one, site)}: {plain(one.words)}" for one in told.speaks)
        parts.append(f"What speaks to it:\n\n{said}")
    return "\n\n".join(parts)


def link_evidence(one: SpeaksData, site: Policy) -> str:
    """Return a link to a page or runbook, or a clause; a clause that the site's policy lacks is no link."""
    if one.page:
        name, _, anchor = one.page.partition("#")
        return f"[](/{name}.md#{anchor})" if anchor else f"{{doc}}`/{name}`"
    if one.runbook:
        return f"{{runbook}}`{one.runbook}`"
    return write_clause(one.clause or "", site)


def write_clause(address: str, site: Policy) -> str:
    """Return a clause's address; a link where the site's own policy has it."""
    found = site.has(address) and site.canonical(address)
    return f"[{plain(address)}](#{found})" if found in site.values() else plain(address)


def list_clauses(study: Study) -> list[str]:
    """Return every clause that a case's pages name."""
    spoken = [one.clause for moment in study.moments for one in moment.told.speaks if one.clause]
    return [*spoken, *(one.clause for one in judge(study))]


def write_promises(study: Study, site: Policy) -> str:
    """List promises clause by clause: kept, broken, or cannot be told; what was broken first."""
    found = judge(study)
    if not found:
        return "Nothing was promised: no severity was given, and no clause is named."
    counts = [(one, sum(item.verdict == one for item in found)) for one in VERDICTS]
    lead = [f"Of {len(found)} clauses: {join_words([f'{count} {name}' for name, count in counts if count])}."]
    lead += _write_clocks(study)
    rows = [(_write_promise(one, site), _write_outcome(one)) for one in found]
    table = list_table(("Clause", "How it went"), rows, widths="1 1", css="outage-findings")
    return f"{' '.join(lead)}\n\n{table}"


def _write_clocks(study: Study) -> Iterable[str]:
    clock = study.data.clock
    if clock and not study.declared:
        start = next(moment for moment in study.moments if moment.id == clock.from_)
        begun = plain(start.when.words(study.times))
        yield f"Nobody declared it. The clocks run from {begun}: {plain(clock.why)}"
    if not study.data.made_up:
        yield "What no source tells of is not broken: it cannot be told."
    if any(moment.when.about for moment in study.moments):
        yield "A time that its source calls approximate counts as up to five minutes off."


def _write_promise(one: Judgement, site: Policy) -> str:
    what = f"{plain(one.what)}\\\n" if one.what else ""
    limit = f" ({plain(one.limit)})" if one.limit and len(one.limit) < 60 else ""
    return f"{what}{write_clause(one.clause, site)}{limit}"


def _write_outcome(one: Judgement) -> str:
    verdict = chip(one.verdict.capitalize(), "promise", LOOKS[one.verdict])
    links = " ".join(
        goto(f"[{number}]", make_moment_anchor(name)) for number, name in enumerate(one.moments, 1)
    )
    sources = "; ".join(write_source(each) for each in one.sources)
    return " ".join(part for part in (verdict, plain(one.text), links, sources) if part)


def make_moment_anchor(name: str) -> str:
    """Return the anchor of an event in the table of the record."""
    return anchor_id("event", name)


VIEWS: dict[str, View] = {
    "case-facts": lambda study, _: write_facts(study),
    "case-story": lambda study, _: write_story(study),
    "case-decisions": write_decisions,
    "case-promises": write_promises,
}
"""The views by the names of their directives."""


NO_SESSIONS = "None yet. The first one is yours: write it into `case-studies/sessions.yml`."


def write_cases_list(root: Path) -> str:
    """List every case with a record: what happened, what one learns, for whom, and how long it takes."""
    found = [load_case_study(folder, root) for folder in find_cases(root)]
    found.sort(key=lambda study: (not study.data.made_up, study.moments[0].when.lo, study.id))
    return "\n\n".join(_write_case(study) for study in found)


def _write_case(study: Study) -> str:
    data = study.data
    title = plain(data.title)
    head = f"[{title}](/{FOLDER}/{study.id}/index.md)" if _has_page(study, "index.md") else title
    play = f" [Play it.](/{FOLDER}/{study.id}/walkthrough.md)" if _has_page(study, "walkthrough.md") else ""
    nature = "Made up. " if data.made_up else ""
    return (
        f"**{head}**\\\n{nature}{plain(data.summary)}\\\n*Teaches:* {plain(data.teaches)}\\\n"
        f"*Best for:* {plain(data.best_for)}. *Takes:* {data.minutes} minutes.{play}"
    )


def _has_page(study: Study, page: str) -> bool:
    return (study.folder / page).is_file()


def write_sessions_list(sessions: tuple[Session, ...], root: Path) -> str:
    """List the sessions held, the latest first: when, which case, who led it, where the recording is."""
    if not sessions:
        return NO_SESSIONS
    rows = []
    for one in sorted(sessions, key=lambda one: one.date, reverse=True):
        page = f"/{FOLDER}/{one.case}/index.md"
        case = f"[{plain(one.case)}]({page})" if (root / page[1:]).is_file() else plain(one.case)
        recording = f" {link('Recording', one.recording)}" if one.recording else ""
        group = f"\\\n{plain(one.group)}" if one.group else ""
        rows.append((plain(str(one.date)), f"{case}, led by {plain(one.led)}.{recording}{group}"))
    return list_table(("Date", "Session"), rows, widths="auto", css="outage-entries")
