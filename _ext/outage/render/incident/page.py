"""The page of an incident, as MyST text: what a tired reader needs first comes first."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from outage.incident.record.describe import describe_place, name_role, name_severity
from outage.incident.skew import describe_clocks_ahead
from outage.incident.times import format_span, format_stamp
from outage.render.incident.entries import write_entries
from outage.render.incident.findings import make_rule_anchor, write_findings, write_rules, write_safeguards
from outage.render.incident.playbook import write_playbooks
from outage.render.incident.runs import write_runs
from outage.render.incident.snapshot import Snapshot
from outage.render.incident.tracks import rank_role, rank_severity
from outage.render.markup import bullets, chip, directive, folded, goto, link, moment, role, words
from outage.review.audit import name_audience
from outage.text import join_words, plain

if TYPE_CHECKING:
    from outage.incident.due import Due
    from outage.incident.record.model import Holding

MOST_DUE = 5
"""What is due is listed in full up to this many; the rest is folded away."""


def write_page(snapshot: Snapshot) -> str:
    """Return the whole page, title included."""
    parts = [
        f"# {plain(snapshot.incident.title)}",
        write_chips(snapshot),
        write_state(snapshot),
        _write_impact(snapshot),
        _write_where(snapshot),
        _write_as_of(snapshot),
        _write_problems(snapshot),
        _write_clocks(snapshot),
        _write_section("Due next", _write_due(snapshot)),
        _write_section(
            "Who does what" if snapshot.incident.is_open else "Who did what", _write_roles(snapshot)
        ),
        _write_section("Playbook", write_playbooks(snapshot)),
        _write_section("Latest updates", _write_updates(snapshot)),
        _write_section("Timeline", _write_timeline(snapshot)),
        _write_section("Runs", write_runs(snapshot)),
        _write_section("Promises", write_findings(snapshot)),
        _write_section("For the review", write_safeguards(snapshot)),
        _write_section("Follow-up", _write_actions(snapshot)),
        _write_section("Rules it ran under", write_rules(snapshot)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def write_no_page(name: str, why: str) -> str:
    """Return the page of a folder that is not read as an incident, which says why."""
    body = f"This folder is not read as an incident, synced or counted: {plain(why)}."
    return f"# {plain(name)}\n\n{directive('warning', body=body)}\n"


def _write_section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}" if body else ""


def write_chips(snapshot: Snapshot) -> str:
    """Return severity, scope, stage and whether it is a drill, each as it looks all over the site."""
    incident = snapshot.incident
    found = [chip(incident.stage.capitalize(), "stage", incident.stage)]
    if incident.scope:
        where = describe_place(incident.division, incident.area, snapshot.policy)
        found.insert(
            0,
            chip(
                " · ".join([incident.scope.capitalize(), *([where] if where else [])]),
                "scope",
                incident.scope,
            ),
        )
    if incident.severity:
        rank = rank_severity(snapshot.policy, incident.severity)
        found.insert(0, chip(name_severity(incident.severity, snapshot.policy), "severity", f"rank-{rank}"))
    if incident.drill:
        found.append(chip("Drill", "drill"))
    return " ".join(found)


def write_state(snapshot: Snapshot) -> str:
    """Return its state, in a sentence or two."""
    incident, times = snapshot.incident, snapshot.times
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
    return f"{now}.{_write_worst(snapshot)}{drill}"


def _write_worst(snapshot: Snapshot) -> str:
    """Return the worst severity, when it is not the present one."""
    held = {
        change.value for change in snapshot.incident.severities if change.value in snapshot.policy.severities
    }
    worst = min(held, key=snapshot.policy.rank, default=None)
    if worst is None or worst == snapshot.incident.severity:
        return ""
    name = chip(
        name_severity(worst, snapshot.policy), "severity", f"rank-{rank_severity(snapshot.policy, worst)}"
    )
    return f" At its worst it was {name}."


def _write_impact(snapshot: Snapshot) -> str:
    told = [entry for entry in snapshot.incident.entries if entry.event.kind == "impact" and entry.text]
    if not told:
        return ""
    last = told[-1]
    at = moment(last.event.at, snapshot.near(last.event.at))
    return f"**Impact**, as of {at}: {plain(last.text)}"


def _write_where(snapshot: Snapshot) -> str:
    """Return the channel in which it is worked on, and the call; only while it is open."""
    incident, channels = snapshot.incident, snapshot.policy.channels
    if not incident.is_open or snapshot.trouble:
        return ""
    names = {"incident": incident.id, "division": incident.division or "", "area": incident.area or ""}
    places = []
    for key in ("incident", "bridge"):
        channel = channels.get(key)
        if channel and not channel.same_as:
            name = channel.format_name(**names)
            places.append(link(name, channel.link) if channel.link else f"**{plain(name)}**")
    return f"Work on it happens in {join_words(places)}." if places else ""


def _write_as_of(snapshot: Snapshot) -> str:
    """Return when this was put together; a script says when that is long ago."""
    if not snapshot.incident.is_open:
        return snapshot.times.explained(_write_start(snapshot))
    asof = role("asof", snapshot.near(snapshot.now), format_stamp(snapshot.now))
    return f"{directive('stale')}\n\nAs of {asof}. {snapshot.times.explained(snapshot.now)}"


def _write_start(snapshot: Snapshot) -> datetime:
    return snapshot.incident.declared_at or snapshot.now


def _write_problems(snapshot: Snapshot) -> str:
    """Show what is wrong with the record or the policy copy; the rest of the page is unaffected."""
    found = [
        f"{problem.file.name}, line {problem.line}: {problem.message}" if problem.line else problem.message
        for problem in snapshot.incident.problems
    ]
    if snapshot.trouble:
        found.append(
            "Its copy of the policy cannot be used, so nothing is due and nothing audited: "
            f"{snapshot.trouble}"
        )
    if not found:
        return ""
    body = "Not all of this incident could be read. What follows is the rest.\n\n" + bullets(
        map(plain, found)
    )
    return directive("warning", body=body)


def _write_clocks(snapshot: Snapshot) -> str:
    """Return clocks that are ahead: times on this page may be as wrong as they are."""
    found = describe_clocks_ahead(snapshot.incident, snapshot.now, snapshot.policy.company.timezone)
    said = bullets(plain(words[:1].upper() + words[1:]) for words in found)
    return directive("warning", body=said) if found else ""


def _write_due(snapshot: Snapshot) -> str:
    lines = [_write_due_line(snapshot, one) for one in snapshot.due]
    if not lines:
        return ""
    later = lines[MOST_DUE:]
    more = "\n\n" + folded(f"{len(later)} more, later", bullets(later)) if later else ""
    return bullets(lines[:MOST_DUE]) + more


def _write_due_line(snapshot: Snapshot, one: Due) -> str:
    # The record cannot see the rounds of the state document, so that one is never called late.
    target = format_stamp(one.at) + (" rhythm" if one.what == "state-document" else "")
    at = role("due", snapshot.times.near(one.at, snapshot.now), target)
    text = plain(one.text[:1].upper() + one.text[1:])
    rule = goto(f"within {one.limit}", make_rule_anchor(one.clause))
    return f"{at}\\\n**{text}** {rule}"


def _write_roles(snapshot: Snapshot) -> str:
    """Return who holds which role; when it is closed, everyone who did."""
    closed = not snapshot.incident.is_open
    held = [holding for holding in snapshot.incident.holdings if closed or holding.until is None]
    lines = [
        _write_holder(snapshot, holding)
        for holding in sorted(held, key=lambda holding: rank_role(holding.role))
    ]
    names = [str(snapshot.policy.roles[one].name) for one in snapshot.policy.held_roles]
    empty = [name for name in names if name not in {name_role(h.role, snapshot.policy) for h in held}]
    if snapshot.incident.is_open and empty and not snapshot.trouble:
        lines.append(f"Nobody yet: {plain(join_words(empty))}.")
    if not lines:
        return ""
    note = "Names here and below are as somebody typed them. The record asserts them; nothing checked them."
    return bullets(lines) + f"\n\n{role('aside', note)}"


def _write_holder(snapshot: Snapshot, holding: Holding) -> str:
    name = chip(name_role(holding.role, snapshot.policy), "role", holding.role)
    since = moment(holding.since, snapshot.near(holding.since))
    if holding.until is None:
        return (
            f"{name} **{plain(holding.person)}**, {'since' if snapshot.incident.is_open else 'from'} {since}"
        )
    until = moment(holding.until, snapshot.near(holding.until))
    return f"{name} **{plain(holding.person)}**, from {since} to {until}"


def _write_updates(snapshot: Snapshot) -> str:
    lines = []
    for audience in snapshot.policy.audiences:
        told = snapshot.incident.told(audience)
        name = chip(name_audience(snapshot.policy, audience), "audience", audience)
        if told:
            last = told[-1]
            at = moment(last.at, snapshot.near(last.at))
            lines.append(f"{name} {at}, by {plain(last.by)}\n\n{words(last.text)}")
        elif snapshot.incident.is_open:
            lines.append(f"{name} nothing yet")
    return bullets(lines)


def _write_timeline(snapshot: Snapshot) -> str:
    if not snapshot.incident.entries:
        return ""
    return "\n\n".join([directive("timeline"), write_entries(snapshot)])


def _write_actions(snapshot: Snapshot) -> str:
    return bullets(
        f"{plain(action.text)} – **{plain(action.owner)}**"
        + (f", due {plain(action.due)}" if action.due else "")
        for action in snapshot.incident.actions
    )
