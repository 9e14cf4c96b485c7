"""Which promises of a policy a case kept, clause by clause, as far as its times are known.

Where a time has two ends, a promise is kept or broken only if it is at both; else nobody can tell.
Of what happened elsewhere the sources tell a part: what they do not tell is not broken, it is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from outage.cases.study import cite
from outage.cases.times import When
from outage.incident.times import Times, format_span
from outage.review.audit import audit, describe_promise

if TYPE_CHECKING:
    from outage.cases.study import Moment, Source, Study
    from outage.incident.record.model import Incident
    from outage.policy import Policy
    from outage.review.audit import Finding

Verdict = Literal["broken", "cannot be told", "kept"]
VERDICTS: tuple[Verdict, ...] = ("broken", "cannot be told", "kept")

ABOUT = timedelta(minutes=5)
"""How far a time that a source calls approximate may be off, either way: our reading, said on the page."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One clause, and how it went.

    Attributes:
        clause: its address in the policy that the case pins.
        what: what it promises, in words; empty where an author judged.
        limit: its value in words.
        verdict: ``kept`` only if it was each time.
        text: how it went, in sentences; plain text.
        moments: ids of the moments that show it.
        sources: who says so, where an author judged.
    """

    clause: str
    what: str
    limit: str
    verdict: Verdict
    text: str
    moments: tuple[str, ...]
    sources: tuple[Source, ...] = ()


def judge(study: Study) -> tuple[Judgement, ...]:
    """Every clause that a clock or the case's author judges, what was broken first."""
    own = [_quote_author(study, index) for index in range(len(study.data.promises))]
    known = {one.clause for one in own}
    whole = study.data.made_up
    clocked = judge_by_clock(study.incident, study.policy, study.moments, study.times, whole=whole)
    found = [*own, *(one for one in clocked if one.clause not in known)]
    return tuple(sorted(found, key=lambda one: (VERDICTS.index(one.verdict), one.clause)))


def _quote_author(study: Study, index: int) -> Judgement:
    promise = study.data.promises[index]
    value = study.policy.at(promise.clause)
    sources = cite(promise.source, study.works)
    return Judgement(value.address, "", value.text, promise.verdict, promise.text, promise.events, sources)


def judge_by_clock(
    incident: Incident, policy: Policy, moments: Sequence[Moment], times: Times, *, whole: bool
) -> tuple[Judgement, ...]:
    """Judge by the clocks: a commander, first messages and updates, a clause each.

    Args:
        incident: folded, each event at its earliest moment.
        policy: whose promises count.
        moments: the same events, with both ends of their times.
        times: how moments are written.
        whole: all that happened is on the record, so what is missing was not done.
    """
    when = {moment.event.id: moment for moment in moments}
    until = max((moment.when.hi for moment in moments), default=None)
    if until is None:
        return ()
    clauses: dict[str, list[_Evidence]] = {}
    for finding in audit(incident, policy, until).findings:
        if finding.verdict != "not yet due":
            clauses.setdefault(finding.clause, []).append(_weigh(finding, when, times, whole=whole))
    return tuple(_join_evidence(clause, heard, policy) for clause, heard in clauses.items())


@dataclass(frozen=True, slots=True)
class _Evidence:
    """One finding, with both ends of its times: the verdict, its words, and the moment that shows it."""

    finding: Finding
    verdict: Verdict
    words: str
    moment: str


def _weigh(finding: Finding, moments: dict[str, Moment], times: Times, *, whole: bool) -> _Evidence:
    begun = moments.get(finding.since_event) or moments.get(finding.since_event.removesuffix("-clock"))
    done = moments.get(finding.event)
    earliest, latest = _bounds(begun.when, starts=True) if begun else (finding.since, finding.since)
    due = (finding.due - (finding.since - earliest), finding.due + (latest - finding.since))
    if finding.at is None or done is None:
        verdict: Verdict = "broken" if whole else "cannot be told"
        missing = "it is not on the record" if whole else "no source tells of it"
        return _Evidence(finding, verdict, f"due {times.near(finding.due, finding.since)}, and {missing}", "")
    first, last = _bounds(done.when)
    near = finding.since if done.when.exact else None
    came = f"due {times.near(finding.due, finding.since)}, came {done.when.words(times, near)}"
    if last <= due[0]:
        return _Evidence(finding, "kept", came, done.id)
    if first > due[1]:
        return _Evidence(finding, "broken", f"{came}{_describe_delay(finding, done)}", done.id)
    return _Evidence(finding, "cannot be told", f"{came}: too vague to tell", done.id)


def _describe_delay(finding: Finding, done: Moment) -> str:
    return f", {format_span(finding.by)} late" if finding.by and done.when.exact else ", late"


def _bounds(when: When, *, starts: bool = False) -> tuple[datetime, datetime]:
    """Return the earliest and latest moment; what lasted starts a clock when it begins."""
    margin = ABOUT if when.about else timedelta()
    last = when.lo if starts and when.kind == "lasted" else when.hi
    return when.lo - margin, last + margin


def _join_evidence(clause: str, heard: list[_Evidence], policy: Policy) -> Judgement:
    """Several findings on one clause as one: the worst verdict, and the words of those that earn it."""
    worst = min((one.verdict for one in heard), key=VERDICTS.index)
    telling = [one for one in heard if one.verdict == worst]
    first = heard[0].finding
    counts = "" if len(heard) == 1 else f"{_describe_counts(heard)}. "
    told = telling if worst != "kept" or len(heard) == 1 else []
    text = counts + " ".join(f"{_upper(one.words)}." for one in told)
    moments = _unique(one.moment for one in telling if one.moment)
    return Judgement(clause, describe_promise(first, policy), first.limit, worst, text.strip(), moments)


def _describe_counts(heard: list[_Evidence]) -> str:
    counts = [(one, sum(h.verdict == one for h in heard)) for one in reversed(VERDICTS)]
    return ", ".join(f"{verdict} {_TIMES.get(n, f'{n} times')}" for verdict, n in counts if n).capitalize()


_TIMES = {1: "once", 2: "twice"}


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
