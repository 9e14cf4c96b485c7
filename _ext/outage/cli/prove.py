"""``outage prove``: break the lab for real, and see whether the runbooks fix it (:mod:`outage.lab.prove`)."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from outage.project import find_project
from outage.text import terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from outage.runbook.proof import Case, Proof


@click.command()
@click.argument("runbooks", nargs=-1, metavar="[RUNBOOK]...")
@click.option("--json", "as_json", is_flag=True, help="For programs: JSON on standard output.")
def prove(runbooks: tuple[str, ...], as_json: bool) -> None:
    """Prove RUNBOOKs, or all: break a lab for each, plan, apply, look.

    The labs are of their own and go away; one that is up stays as it is. Each proof is written to
    proof/RUNBOOK.json, and the next build of the site shows it.
    """
    from outage.lab.prove import prove as prove_all
    from outage.runbook.proof import store

    project = find_project()

    def report(proof: Proof) -> None:
        store(project.root, proof)
        if not as_json:
            click.echo(terminal("\n".join(_format_proof(proof))))

    proofs = prove_all(project, runbooks, on_proof=report)
    failed = [proof for proof in proofs if proof.state == "failed"]
    if as_json:
        click.echo(
            json.dumps({"v": 1, "proofs": [proof.model_dump(mode="json") for proof in proofs]}, indent=2)
        )
    else:
        proved = sum(proof.state == "proved" for proof in proofs)
        click.echo(f"{proved} of {len(proofs)} proved, {len(failed)} failed.")
    sys.exit(1 if failed else 0)


def _format_proof(proof: Proof) -> Iterator[str]:
    """Format a proof for a terminal."""
    state = {"proved": "proved", "failed": "FAILED", "validated": "validated, not proved"}[proof.state]
    why = f": {proof.reason}" if proof.state == "validated" else f", in {proof.seconds:.0f} s"
    yield f"{proof.runbook}: {state}{why}"
    for case in proof.cases:
        yield f"  {case.fault}: {'; '.join(_format_steps(case)) or 'nothing was reached'}"
        for failure in case.failures:
            yield f"    NOT KEPT: {failure.promise}"
            for head, text in (
                ("expected", failure.expected),
                ("seen", failure.seen),
                ("next", failure.next),
            ):
                first, *more = text.splitlines()
                yield f"      {head + ':':<10}{first}"
                yield from (f"                {line}" for line in more)


def _format_steps(case: Case) -> Iterator[str]:
    """Format what was reached, with seconds."""
    if case.alert and case.alert.fired is not None:
        yield f"alert after {case.alert.fired:.1f} s"
    for name, attempt in (("plan", case.plan), ("apply", case.apply)):
        if attempt:
            yield f"{name} {attempt.seconds:.1f} s (ours {attempt.ours:.1f})"
    if case.cleared is not None:
        yield f"well {case.cleared:.1f} s later"
    if case.alert and case.alert.resolved is not None:
        yield f"alert gone after {case.alert.resolved:.1f} s"
    if case.undo:
        yield f"undo {case.undo.attempt.seconds:.1f} s{'' if case.undo.restored else ', did not restore'}"
