"""The page of an incident, as MyST text: what a tired reader needs first comes first."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from outage.incident.record.describe import describe_place, name_role, name_severity
from outage.incident.skew import describe_clocks_ahead
from outage.incident.times import format_span, format_stamp
from outage.render.incident.entries import entries_table
from outage.render.incident.findings import findings_section, rule_anchor, rules_section, safeguards_section
from outage.render.incident.playbook import playbook_section
from outage.render.incident.runs import runs_section
from outage.render.incident.snapshot import Case
from outage.render.incident.tracks import role_order, severity_rank
from outage.render.markup import bullets, chip, directive, folded, goto, moment, role, words
from outage.review.audit import name_audience
from outage.text import join_words, plain

if TYPE_CHECKING:
    from outage.incident.due import Due
    from outage.incident.record.model import Holding

URL = ":/?#@!$&'*+,;=%~[]()"
"""What stays as it is in a link; all that could end one is encoded."""

MOST_DUE = 5
"""What is due is listed in full up to this many; the rest is folded away."""


def page(case: Case) -> str:
    """Return the whole page, title included."""
    parts = [
        f"# {plain(case.incident.title)}",
        chips(case),
        state(case),
        _impact(case),
        _where(case),
        _as_of(case),
        _problems(case),
        _clocks(case),
        _section("Due next", _due(case)),
        _section("Who does what" if case.incident.is_open else "Who did what", _roles(case)),
        _section("Playbook", playbook_section(case)),
        _section("Latest updates", _updates(case)),
        _section("Timeline", _timeline(case)),
        _section("Runs", runs_section(case)),
        _section("Promises", findings_section(case)),
        _section("For the review", safeguards_section(case)),
        _section("Follow-up", _actions(case)),
        _section("Rules it ran under", rules_section(case)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def no_page(name: str, why: str) -> str:
    """Return the page of a folder that is not read as an incident, which says why."""
    body = f"This folder is not read as an incident, synced or counted: {plain(why)}."
    return f"# {plain(name)}\n\n{directive('warning', body=body)}\n"


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}" if body else ""


def chips(case: Case) -> str:
    """Return severity, scope, stage and whether it is a drill, each as it looks all over the site."""
    incident = case.incident
    found = [chip(incident.stage.capitalize(), "stage", incident.stage)]
    if incident.scope:
        where = describe_place(incident.division, incident.area, case.policy)
        found.insert(
            0,
            chip(
                " · ".join([incident.scope.capitalize(), *([where] if where else [])]),
                "scope",
                incident.scope,
            ),
        )
    if incident.severity:
        rank = severity_rank(case.policy, incident.severity)
        found.insert(0, chip(name_severity(incident.severity, case.policy), "severity", f"rank-{rank}"))
    if incident.drill:
        found.append(chip("Drill", "drill"))
    return " ".join(found)


def state(case: Case) -> str:
    """Return its state, in a sentence or two."""
    incident, times = case.incident, case.times
    if incident.declared_at is None:
        return "Nobody has declared this incident: its record holds no declaration."
    since = incident.stages[-1].at
    closed = incident.ended_at is not None and incident.stage == "closed"
    now = f"**{incident.stage.capitalize()}** {'at' if closed else 'since'} "
    now += moment(since, times.near(since, incident.declared_at))
    declared = moment(incident.declared_at, times.moment(incident.declared_at))
    now += f", declared {declared} by {plain(incident.declared_by)}"
    if incident.ended_at:
        now += f", resolved after {format_span(incident.ended_at - incident.declared_at)}"
    drill = " This is a drill: it counts in no figures." if incident.drill else ""
    return f"{now}.{_worst(case)}{drill}"


def _worst(case: Case) -> str:
    """Return the worst severity, when it is not the present one."""
    held = {change.value for change in case.incident.severities if change.value in case.policy.severities}
    worst = min(held, key=case.policy.rank, default=None)
    if worst is None or worst == case.incident.severity:
        return ""
    name = chip(name_severity(worst, case.policy), "severity", f"rank-{severity_rank(case.policy, worst)}")
    return f" At its worst it was {name}."


def _impact(case: Case) -> str:
    told = [entry for entry in case.incident.entries if entry.event.kind == "impact" and entry.text]
    if not told:
        return ""
    last = told[-1]
    at = moment(last.event.at, case.near(last.event.at))
    return f"**Impact**, as of {at}: {plain(last.text)}"


def _where(case: Case) -> str:
    """Return the channel in which it is worked on, and the call; only while it is open."""
    incident, channels = case.incident, case.policy.channels
    if not incident.is_open or case.trouble:
        return ""
    names = {"incident": incident.id, "division": incident.division or "", "area": incident.area or ""}
    places = []
    for key in ("incident", "bridge"):
        channel = channels.get(key)
        if channel and not channel.same_as:
            name = plain(channel.format_name(**names))
            places.append(f"[{name}](<{quote(channel.link, safe=URL)}>)" if channel.link else f"**{name}**")
    return f"Work on it happens in {join_words(places)}." if places else ""


def _as_of(case: Case) -> str:
    """Return when this was put together; a script says when that is long ago."""
    if not case.incident.is_open:
        return case.times.explained(_start(case))
    asof = role("asof", case.near(case.now), format_stamp(case.now))
    return f"{directive('stale')}\n\nAs of {asof}. {case.times.explained(case.now)}"


def _start(case: Case) -> datetime:
    return case.incident.declared_at or case.now


def _problems(case: Case) -> str:
    """Show what is wrong with the record or the policy copy; the rest of the page is unaffected."""
    found = [
        f"{problem.file.name}, line {problem.line}: {problem.message}" if problem.line else problem.message
        for problem in case.incident.problems
    ]
    if case.trouble:
        found.append(
            f"Its copy of the policy cannot be used, so nothing is due and nothing audited: {case.trouble}"
        )
    if not found:
        return ""
    body = "Not all of this incident could be read. What follows is the rest.\n\n" + bullets(
        map(plain, found)
    )
    return directive("warning", body=body)


def _clocks(case: Case) -> str:
    """Return clocks that are ahead: times on this page may be as wrong as they are."""
    found = describe_clocks_ahead(case.incident, case.now, case.policy.company.timezone)
    said = bullets(plain(words[:1].upper() + words[1:]) for words in found)
    return directive("warning", body=said) if found else ""


def _due(case: Case) -> str:
    lines = [_due_line(case, one) for one in case.due]
    if not lines:
        return ""
    later = lines[MOST_DUE:]
    more = "\n\n" + folded(f"{len(later)} more, later", bullets(later)) if later else ""
    return bullets(lines[:MOST_DUE]) + more


def _due_line(case: Case, one: Due) -> str:
    # The record cannot see the rounds of the state document, so that one is never called late.
    target = format_stamp(one.at) + (" rhythm" if one.what == "state-document" else "")
    at = role("due", case.times.near(one.at, case.now), target)
    text = plain(one.text[:1].upper() + one.text[1:])
    rule = goto(f"within {one.limit}", rule_anchor(one.clause))
    return f"{at}\\\n**{text}** {rule}"


def _roles(case: Case) -> str:
    """Return who holds which role; when it is closed, everyone who did."""
    closed = not case.incident.is_open
    held = [holding for holding in case.incident.holdings if closed or holding.until is None]
    lines = [_holder(case, holding) for holding in sorted(held, key=lambda holding: role_order(holding.role))]
    names = [str(case.policy.roles[one].name) for one in case.policy.held_roles]
    empty = [name for name in names if name not in {name_role(h.role, case.policy) for h in held}]
    if case.incident.is_open and empty and not case.trouble:
        lines.append(f"Nobody yet: {plain(join_words(empty))}.")
    if not lines:
        return ""
    note = "Names here and below are as somebody typed them. The record asserts them; nothing checked them."
    return bullets(lines) + f"\n\n{role('aside', note)}"


def _holder(case: Case, holding: Holding) -> str:
    name = chip(name_role(holding.role, case.policy), "role", holding.role)
    since = moment(holding.since, case.near(holding.since))
    if holding.until is None:
        return f"{name} **{plain(holding.person)}**, {'since' if case.incident.is_open else 'from'} {since}"
    until = moment(holding.until, case.near(holding.until))
    return f"{name} **{plain(holding.person)}**, from {since} to {until}"


def _updates(case: Case) -> str:
    lines = []
    for audience in case.policy.audiences:
        told = case.incident.told(audience)
        name = chip(name_audience(case.policy, audience), "audience", audience)
        if told:
            last = told[-1]
            at = moment(last.at, case.near(last.at))
            lines.append(f"{name} {at}, by {plain(last.by)}\n\n{words(last.text)}")
        elif case.incident.is_open:
            lines.append(f"{name} nothing yet")
    return bullets(lines)


def _timeline(case: Case) -> str:
    if not case.incident.entries:
        return ""
    return "\n\n".join([directive("timeline"), entries_table(case)])


def _actions(case: Case) -> str:
    return bullets(
        f"{plain(action.text)} – **{plain(action.owner)}**"
        + (f", due {plain(action.due)}" if action.due else "")
        for action in case.incident.actions
    )
