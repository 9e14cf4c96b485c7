"""The proof of a runbook, as MyST text: when it was last run against a service that was really broken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from outage.render.markup import bullets, chip, folded, moment
from outage.text import join_words, plain

if TYPE_CHECKING:
    from outage.incident.times import Times
    from outage.runbook.proof import Case, Proof

STATES = {"proved": "good", "validated": "going", "failed": "bad"}
"""State of a proof to the look of its chip."""


def write_proof_chip(proof: Proof | None) -> str:
    """Return a proof's state, as one glances at it; nothing where there is none."""
    return chip(proof.state, "run", STATES[proof.state]) if proof else ""


def write_proof(proof: Proof | None, runbook: str, digest: str, times: Times) -> str:
    """Return what a page says of a runbook's proof.

    Args:
        proof: the one that this build has; None for none.
        runbook: its name.
        digest: of the runbook as it is now; a proof of another one is no proof of this.
        times: writes moments.
    """
    again = f"`outage prove {runbook}`"
    if proof is None:
        return f"{chip('no proof', 'mark')} This build has no proof of it. {again} makes one."
    at = moment(proof.at, times.moment(proof.at))
    head = f"{write_proof_chip(proof)} {at}, in {proof.seconds:.0f} s"
    if proof.digest != digest:
        head += f". **The runbook was changed since**: {again} proves it anew"
    reason = f"\n\n{plain(proof.reason)}" if proof.reason else ""
    told = bullets(line for case in proof.cases for line in _describe_case(case))
    how = folded("What was broken, and what became of it", f"{told}\n\n{_describe_versions(proof)}".strip())
    parts = [head + reason, _describe_failures(proof), how]
    return "\n\n".join(part for part in parts if part)


def _describe_case(case: Case) -> Iterator[str]:
    """Yield what was broken, and what became of it, a sentence each."""
    yield f"broken: {plain(case.summary)} (`outage lab break {case.fault}`)"
    if case.before:
        yield f"the service then: {plain(case.before.words)}"
    if case.alert and case.alert.fired is not None:
        gone = (
            ""
            if case.alert.resolved is None
            else f", and was gone {case.alert.resolved:.0f} s after it was fixed"
        )
        yield f"the alert {plain(case.alert.name)} could be seen after {case.alert.fired:.0f} s{gone}"
    if case.plan:
        compared = f"; {case.compared} things compared, none had changed" if case.compared else ""
        yield f"the plan took {case.plan.seconds:.1f} s{compared}"
    if case.apply:
        cleared = "" if case.cleared is None else f"; the service was well {case.cleared:.1f} s later"
        yield f"the apply took {case.apply.seconds:.1f} s{cleared}"
    if case.after:
        yield f"the service afterwards: {plain(case.after.words)}"
    if case.undo:
        outcome = (
            "restored what was there before"
            if case.undo.restored
            else "did NOT restore what was there before"
        )
        yield f"undo took {case.undo.attempt.seconds:.1f} s, and {outcome}"


def _describe_failures(proof: Proof) -> str:
    return bullets(
        f"**{plain(failure.promise)}**: expected {plain(failure.expected)}; seen: {plain(failure.seen)}. "
        f"{plain(failure.next)}"
        for _, failure in proof.failures
    )


def _describe_versions(proof: Proof) -> str:
    clean = "" if proof.clean else ", with changes that were not committed"
    versions = join_words([f"{plain(name)} {plain(version)}" for name, version in proof.versions.items()])
    return f"Commit {plain(proof.commit[:12])}{clean}.\n\n{versions}"
