"""What an audit found, in words, and the rules that it rests on."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from outage.moments import span
from outage.record.words import role_name
from outage.report.markup import anchor_id, bullets, chip, goto, here, list_table
from outage.report.times import Times
from outage.text import joined, plain

if TYPE_CHECKING:
    from outage.audit import Finding
    from outage.policy import Policy
    from outage.report.case import Case


def promised(finding: Finding, policy: Policy) -> str:
    """What was promised, to whom: ``update to customers``, ``incident commander named``."""
    if finding.promise == "commander":
        return f"{role_name(finding.who, policy).lower()} named"
    who = audience_name(policy, finding.who)
    return f"first message to {who}" if finding.promise == "first-message" else f"update to {who}"


def outcome(finding: Finding, times: Times) -> str:
    """How it went: ``late by 4 min: due 10:20 UTC, done 10:24 UTC``."""
    due = times.near(finding.due, finding.since)
    if finding.at is None:
        return f"{finding.verdict}: due {due}" + (", not on the record" if finding.broken else "")
    done = times.near(finding.at, finding.due)
    if finding.by:
        return f"late by {span(finding.by)}: due {due}, done {done}"
    return f"met, {span(finding.due - finding.at)} before it was due: due {due}, done {done}"


def audience_name(policy: Policy, audience: str) -> str:
    """The company's name for an audience; the id when it has none such."""
    entry = policy.audiences.get(audience)  # type: ignore[call-overload]
    return str(entry.name) if entry else audience


def findings_section(case: Case) -> str:
    """What was promised and how it went: broken promises first, then a table of all."""
    findings = case.findings
    if not findings:
        return ""
    count = Counter(finding.verdict for finding in findings)
    counted = joined([f"{number} {verdict}" for verdict, number in count.items()])
    promises = "promise" if len(findings) == 1 else "promises"
    lead = f"{len(findings)} {promises}: {counted}. What nobody wrote down counts as not done."
    ordered = sorted(findings, key=lambda finding: not finding.broken)
    rows = [_row(case, finding) for finding in ordered]
    return f"{lead}\n\n" + list_table(("Promise", "How it went"), rows, widths="1 2", css="outage-findings")


def _row(case: Case, finding: Finding) -> tuple[str, str]:
    what = promised(finding, case.policy)
    rule = goto(f"within {finding.limit}", rule_anchor(finding.clause))
    said = "overdue" if finding.verdict == "missed" and case.incident.ended_at is None else finding.verdict
    verdict = chip(said.capitalize(), "verdict", finding.verdict.replace(" ", "-"))
    story = plain(outcome(finding, case.times).removeprefix(finding.verdict).removeprefix(",").strip(" :"))
    shown = goto("see the entry", anchor_id("event", finding.event)) if finding.event else ""
    return f"{plain(what[:1].upper() + what[1:])}\\\n{rule}", " ".join(
        part for part in (verdict, story, shown) if part
    )


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
