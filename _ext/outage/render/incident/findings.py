"""What an audit found, in words, and the rules that it rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from outage.incident.times import format_span
from outage.redact.mask import make_masker
from outage.render.markup import anchor_id, bullets, chip, folded, goto, here, list_table
from outage.review.audit import describe_promise
from outage.text import join_words, one_line, plain

if TYPE_CHECKING:
    from outage.render.incident.snapshot import Snapshot, SnapshotRun
    from outage.review.audit import Finding, Verdict


VERDICTS: tuple[Verdict, ...] = ("missed", "late", "not yet due", "met")


def describe_outcome(finding: Finding, snapshot: Snapshot) -> str:
    """Return how it went, behind the verdict: ``10:24 UTC, 4 min after it was due``."""
    due = snapshot.near(finding.due)
    if finding.at is None:
        return f"due {due}" + (", and not on the record" if finding.broken else "")
    away = format_span(finding.due - finding.at)
    return f"{snapshot.near(finding.at)}, {away} {'after' if finding.by else 'before'} it was due"


def write_findings(snapshot: Snapshot) -> str:
    """Show what was promised and how it went: broken or due in a table, kept promises folded away."""
    findings = snapshot.findings
    if not findings:
        return ""
    counted = Counter(finding.verdict for finding in findings)
    count = join_words(
        [f"{counted[one]} {_write_verdict(snapshot, one)}" for one in VERDICTS if counted[one]]
    )
    promises = "promise" if len(findings) == 1 else "promises"
    parts = [f"{len(findings)} {promises}: {count}. What nobody wrote down counts as not done."]
    if rest := sorted((f for f in findings if f.verdict != "met"), key=lambda finding: not finding.broken):
        parts.append(_write_table(snapshot, rest))
    if met := [finding for finding in findings if finding.verdict == "met"]:
        parts.append(
            folded(
                f"The {len(met)} that {'was' if len(met) == 1 else 'were'} kept", _write_table(snapshot, met)
            )
        )
    return "\n\n".join(parts)


def _write_table(snapshot: Snapshot, findings: list[Finding]) -> str:
    rows = [(_write_what(snapshot, finding), _write_how(snapshot, finding)) for finding in findings]
    return list_table(("Promise", "How it went"), rows, widths="1 1", css="outage-findings")


def _write_what(snapshot: Snapshot, finding: Finding) -> str:
    rule = goto(f"within {finding.limit}", make_rule_anchor(finding.clause))
    return f"{plain(describe_promise(finding, snapshot.policy))}\\\n{rule}"


def _write_how(snapshot: Snapshot, finding: Finding) -> str:
    """Return the verdict, and the story, which leads to the entry that decided it."""
    verdict = chip(
        _write_verdict(snapshot, finding.verdict).capitalize(), "promise", finding.verdict.replace(" ", "-")
    )
    story = describe_outcome(finding, snapshot)
    return f"{verdict} {goto(story, anchor_id('event', finding.event)) if finding.event else plain(story)}"


def _write_verdict(snapshot: Snapshot, verdict: Verdict) -> str:
    """Return what is not on the record is missed in the end, and overdue as long as it can still be done."""
    return "overdue" if verdict == "missed" and snapshot.incident.ended_at is None else verdict


def write_rules(snapshot: Snapshot) -> str:
    """Return every clause that this page cites, with what the incident's own copy of the policy says."""
    clauses = dict.fromkeys([*(f.clause for f in snapshot.findings), *(one.clause for one in snapshot.due)])
    if not clauses:
        return ""
    rows = []
    for clause in sorted(clauses):
        value = snapshot.policy.at(clause)
        rows.append(f"{here(make_rule_anchor(clause))} `{clause}`{{.outage-clause}} **{plain(value.text)}**")
    lead = "As the policy stood when this incident was declared; the handbook may say something else by now."
    return f"{lead}\n\n{bullets(rows)}"


def make_rule_anchor(clause: str) -> str:
    """Return the anchor of a clause among the rules at the page's end."""
    return anchor_id("rule", clause.replace(".", "-"))


def write_safeguards(snapshot: Snapshot) -> str:
    """Return a line for each, with a link to its run; nothing when there are none.

    Raises Refused if policy names a list to mask that cannot be read: nothing is shown unmasked.
    """
    masks = snapshot.policy.masks
    mask = make_masker(masks) if masks.pages and snapshot.runs else None
    return bullets(
        f"{plain(mask.text(words, sql=False) if mask else words)} ({goto(run.id, anchor_id('run', run.id))})"
        for run in snapshot.runs
        for words in _list_passed(snapshot, run)
    )


def _list_passed(snapshot: Snapshot, run: SnapshotRun) -> Iterator[str]:
    """Yield the safeguards bypassed in one run, as its journal says, or the record where there is none."""
    if run.journal is None:
        yield from (_describe_alone(who) for who in _list_recorded(snapshot, run.id))
        return
    yield from (_describe_alone(f"{gate.by}: {gate.reason}") for gate in run.journal.alone)
    review = run.journal.began.get("review")
    if isinstance(review, dict) and review.get("unreviewed"):
        by = one_line(str(run.journal.began.get("by", "")))
        yield f"Unreviewed source was applied by {by}: {one_line(str(review['unreviewed']))}"


def _describe_alone(who: str) -> str:
    return f"A second person was asked for, and the gate passed alone by {one_line(who)}"


def _list_recorded(snapshot: Snapshot, run: str) -> list[str]:
    """Return who passed a gate of the run alone, from the record's entries; each once."""
    entries = [
        entry
        for entry in snapshot.incident.entries
        if entry.event.kind == "run" and entry.data.get("run") == run
    ]
    return list(dict.fromkeys(who for entry in entries for who in entry.data.get("alone", ())))
