"""What proofs measured: from fault to alert, and how much of each plan and apply is ours.

Run ``outage prove`` first; then ``python -m benchmarks.proofs [handbook]``. It prints a Markdown table of
what its ``proof/`` holds: nothing is measured again.
"""

from __future__ import annotations

import sys
from pathlib import Path

from outage.errors import Failed
from outage.runbook.proof import FOLDER, Attempt, Case, load

ROOT = Path(__file__).parent.parent
HEAD = ("runbook", "fault", "to the alert", "plan", "ours", "apply", "ours", "undo", "ours", "alert gone")


def main(root: Path = ROOT) -> None:
    """Print a row for each fault of each runbook, and how long each proof took.

    Raises:
        Failed: there is no proof yet.
    """
    proofs = [load(path) for path in sorted((root / FOLDER).glob("*.json"))]
    if not proofs:
        raise Failed("there is no proof yet", hint="outage prove")
    print("| " + " | ".join(HEAD) + " |\n|" + "---|" * len(HEAD))
    for proof in proofs:
        for case in proof.cases:
            print("| " + " | ".join([f"`{proof.runbook}`", case.fault, *figures(case)]) + " |")
    whole = sum(proof.seconds for proof in proofs)
    print(f"\n{len(proofs)} proofs, {whole:.0f} s together, some side by side.")


def figures(case: Case) -> list[str]:
    """The seconds of one row; a dash for what was not reached or does not apply."""
    alert = case.alert
    undo = case.undo.attempt if case.undo else None
    return [
        _seconds(alert.fired if alert else None),
        *_both(case.plan),
        *_both(case.apply),
        *_both(undo),
        _seconds(alert.resolved if alert else None),
    ]


def _both(attempt: Attempt | None) -> tuple[str, str]:
    return (_seconds(attempt.seconds), _seconds(attempt.ours)) if attempt else ("–", "–")


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
