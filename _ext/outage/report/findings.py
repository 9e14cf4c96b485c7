"""What an audit found, in words, and the rules that it rests on."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from outage.clock.moments import span
from outage.record.words import role_name
from outage.report.markup import anchor_id, bullets, chip, folded, goto, here, list_table
from outage.text import joined, plain

if TYPE_CHECKING:
    from outage.audit import Finding, Verdict
    from outage.policy import Policy
    from outage.report.case import Case

VERDICTS: tuple[Verdict, ...] = ("missed", "late", "not yet due", "met")


def promised(finding: Finding, policy: Policy) -> str:
    """What was promised, to whom: ``Update to Customers``, ``Incident commander named``."""
    if finding.promise == "commander":
        return f"{role_name(finding.who, policy)} named"
    who = audience_name(policy, finding.who)
    return f"First message to {who}" if finding.promise == "first-message" else f"Update to {who}"


def outcome(finding: Finding, case: Case) -> str:
    """How it went, behind the verdict: ``10:24 UTC, 4 min after it was due``."""
    due = case.near(finding.due)
    if finding.at is None:
        return f"due {due}" + (", and not on the record" if finding.broken else "")
    away = span(finding.due - finding.at)
    return f"{case.near(finding.at)}, {away} {'after' if finding.by else 'before'} it was due"


def audience_name(policy: Policy, audience: str) -> str:
    """The company's name for an audience; the id when it has none such."""
    entry = policy.audiences.get(audience)  # type: ignore[call-overload]
    return str(entry.name) if entry else audience


def findings_section(case: Case) -> str:
    """What was promised and how it went: what was broken or is due in a table, what was kept folded away."""
    findings = case.findings
    if not findings:
        return ""
    counted = Counter(finding.verdict for finding in findings)
    count = joined([f"{counted[one]} {_said(case, one)}" for one in VERDICTS if counted[one]])
    promises = "promise" if len(findings) == 1 else "promises"
    parts = [f"{len(findings)} {promises}: {count}. What nobody wrote down counts as not done."]
    if rest := sorted((f for f in findings if f.verdict != "met"), key=lambda finding: not finding.broken):
        parts.append(_table(case, rest))
    if met := [finding for finding in findings if finding.verdict == "met"]:
        parts.append(
            folded(f"The {len(met)} that {'was' if len(met) == 1 else 'were'} kept", _table(case, met))
        )
    return "\n\n".join(parts)


def _table(case: Case, findings: list[Finding]) -> str:
    rows = [(_what(case, finding), _how(case, finding)) for finding in findings]
    return list_table(("Promise", "How it went"), rows, widths="1 1", css="outage-findings")


def _what(case: Case, finding: Finding) -> str:
    rule = goto(f"within {finding.limit}", rule_anchor(finding.clause))
    return f"{plain(promised(finding, case.policy))}\\\n{rule}"


def _how(case: Case, finding: Finding) -> str:
    """The verdict, and the story, which leads to the entry that decided it."""
    verdict = chip(_said(case, finding.verdict).capitalize(), "promise", finding.verdict.replace(" ", "-"))
    story = outcome(finding, case)
    return f"{verdict} {goto(story, anchor_id('event', finding.event)) if finding.event else plain(story)}"


def _said(case: Case, verdict: Verdict) -> str:
    """What is not on the record is missed in the end, and overdue as long as it can still be done."""
    return "overdue" if verdict == "missed" and case.incident.ended_at is None else verdict


def rules_section(case: Case) -> str:
    """Every clause that this page cites, with what the incident's own copy of the policy says."""
    clauses = dict.fromkeys([*(f.clause for f in case.findings), *(one.clause for one in case.due)])
    if not clauses:
        return ""
    rows = []
    for clause in sorted(clauses):
        value = case.policy.at(clause)
        rows.append(f"{here(rule_anchor(clause))} `{clause}`{{.outage-clause}} **{plain(value.text)}**")
    lead = "As the policy stood when this incident was declared; the handbook may say something else by now."
    return f"{lead}\n\n{bullets(rows)}"


def rule_anchor(clause: str) -> str:
    """The anchor of a clause among the rules at the page's end."""
    return anchor_id("rule", clause.replace(".", "-"))
