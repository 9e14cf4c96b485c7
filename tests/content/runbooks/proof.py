"""What the proofs of runbooks share: a fault begun, a plan without a trace, an apply, an undo."""

from __future__ import annotations

from outage.lab.faults.model import Fault
from outage.lab.fingerprint import differences, fingerprint
from outage.lab.model import Lab
from outage.run.history import load_run


def given(lab: Lab, fault: Fault, *more: str) -> list[str]:
    """The words ``-p name=value`` of the fault's parameters, then of ``more``."""
    assignments = [f"{name}={value}" for name, value in fault.parameters(lab).items()]
    return [word for each in (*assignments, *more) for word in ("-p", each)]


def last_run(handbook, runbook):
    """The newest run of a runbook."""
    folders = (handbook / "runs").glob(f"*-{runbook}-*")
    return load_run(max(folders, key=lambda folder: folder.stat().st_mtime_ns))


def planned(lab, handbook, outage, fault, words):
    """Plan, and show that nothing changed; returns what was printed, and the run."""
    before = fingerprint(lab)
    done = outage("run", fault.runbook, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    changed = differences(before, fingerprint(lab))
    assert not changed, f"the plan changed: {sorted(changed)}"
    return done.stdout, last_run(handbook, fault.runbook)


def applied(lab, handbook, outage, fault, words, plan):
    """Apply that very plan; returns what was printed, and the run."""
    done = outage("run", fault.runbook, *words, "--apply", "--plan", plan.id)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, last_run(handbook, fault.runbook)
