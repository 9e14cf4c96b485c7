"""A proof that says everything that a proof can say."""

from __future__ import annotations

from datetime import UTC, datetime

from outage.runbook.proof import Alert, Attempt, Case, Failure, Proof, Sign, Undone

BEGAN = datetime(2026, 11, 20, 13, 0, tzinfo=UTC)


EVERYTHING = Proof(
    runbook="kill-switch",
    state="failed",
    reason="the undo restores",
    commit="c" * 40,
    clean=False,
    digest=f"sha256:{'d' * 64}",
    at=BEGAN,
    seconds=61.5,
    versions={"python": "3.11.9", "redis-server": "5:7.0.15"},
    cases=(
        Case(
            fault="flag-reused",
            summary="A flag's old meaning came back.",
            parts=("redis", "web"),
            parameters={"flag": "loyalty-price"},
            before=Sign(words="orders are repeated", signals={"repeated_orders": 12.0}),
            after=Sign(words="no order is repeated", signals={"repeated_orders": 0.0}),
            alert=Alert(name="FlagHarm", fired=4.1, resolved=9.2),
            plan=Attempt(run="20261120-130000-kill-switch-1a2b", seconds=3.0, cells=2.0, ours=1.0),
            compared=70,
            apply=Attempt(run="20261120-130004-kill-switch-3c4d", seconds=5.5, cells=4.25, ours=1.25),
            cleared=0.4,
            undo=Undone(
                attempt=Attempt(run="20261120-130004-kill-switch-3c4d", seconds=2.0, cells=0.5, ours=1.5),
                restored=False,
                sign=Sign(words="orders are repeated", signals={"repeated_orders": 3.0}),
            ),
            failures=(
                Failure(
                    promise="the undo restores",
                    expected="all that the change changed is as it was before it",
                    seen="flag gift-wrap (was on, is off)",
                    next="save() in the change what was there",
                ),
            ),
        ),
    ),
)
