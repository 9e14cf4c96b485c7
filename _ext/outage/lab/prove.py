"""The proof of runbooks: the lab is broken for real, and the runbook has to show what it promises.

For each fault that a runbook is for: the lab is well; the fault is begun; its alert fires; the plan ends
well and changes nothing; the apply ends well, the service is well by its own signals, the alert goes; and
where the runbook has an undo, that restores what the change changed. Whatever fails is told as expected,
seen and what to do next.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path

from outage.errors import Failed
from outage.lab import control, proving
from outage.lab.case import prove_case
from outage.lab.faults import FAULTS, Fault
from outage.lab.looks import LOOKS, Look
from outage.lab.parts import resolve
from outage.lab.parts.model import PYPI, Part
from outage.lab.proving import Copy
from outage.project import Project
from outage.run.review import compute_working_digest
from outage.runbook.contract import Contract, read_contract
from outage.runbook.notebook import find_notebook, list_runbooks
from outage.runbook.proof import Proof, find

_JOBS = 3  # at a time: on two cores, for much of a proof is waiting for an alert, or for a service to be well


@dataclass(frozen=True)
class Task:
    """One runbook to be proved, with the faults that it is for, or those that it only looks at."""

    contract: Contract
    faults: tuple[tuple[Fault, Look | None], ...]


def prove(
    project: Project,
    names: Iterable[str] = (),
    *,
    faults: Mapping[str, Fault] = FAULTS,
    looks: Iterable[Look] = LOOKS,
    on_proof: Callable[[Proof], None] = lambda proof: None,
) -> list[Proof]:
    """Prove runbooks, each in a lab of its own, three at a time.

    Args:
        project: the handbook, as it is in its folder.
        names: of runbooks; none: all.
        faults: what can be broken.
        looks: which of them runbooks that fix none are shown.
        on_proof: called with each proof as it is made, in any thread.

    Returns:
        The proofs, in the order of ``names``.

    Raises:
        Refused, Problems: there is no such runbook, or it breaks its contract; nothing was started.
    """
    chosen = list(dict.fromkeys(names)) or list_runbooks(project.runbooks)
    contracts = [read_contract(find_notebook(project.runbooks, name)) for name in chosen]
    tasks = [Task(contract, tuple(_list_faults(contract.name, faults, looks))) for contract in contracts]
    with tempfile.TemporaryDirectory(prefix="prove-") as folder, ThreadPoolExecutor(_JOBS) as pool:
        copy = proving.copy_handbook(project.root, project.policy(), Path(folder))

        def one(task: Task) -> Proof:
            proof = _prove(project, copy, Path(folder) / task.contract.name, task)
            on_proof(proof)
            return proof

        slowest_first = sorted(tasks, key=lambda task: _estimate(project.root, task), reverse=True)
        waiting = {task.contract.name: pool.submit(one, task) for task in slowest_first}
        try:
            return [waiting[task.contract.name].result() for task in tasks]
        except BaseException:  # those that run take their labs down first; no other is begun
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _list_faults(
    runbook: str, faults: Mapping[str, Fault], looks: Iterable[Look]
) -> Iterator[tuple[Fault, Look | None]]:
    yield from ((fault, None) for fault in faults.values() if fault.runbook == runbook)
    yield from ((faults[look.fault], look) for look in looks if look.runbook == runbook)


def _estimate(root: Path, task: Task) -> float:
    """Return the seconds that a task took when last proved; else a guess from the parts that it breaks."""
    last = find(root, task.contract.name)
    return last.seconds if last else 15.0 * sum(len(fault.parts) for fault, _ in task.faults)


def _prove(project: Project, copy: Copy, folder: Path, task: Task) -> Proof:
    """Prove one runbook against each of its faults, in one lab; each adds the parts that it needs."""
    at, began = datetime.now(UTC), time.monotonic()
    cases = [prove_case(Copy(copy.root, copy.of), folder, task.contract, *fault) for fault in task.faults]
    control.down(folder)
    failed = any(case.failures for case in cases)
    reason = ""
    if not cases:
        reason = "no fault of the lab calls for it"
    elif failed:
        reason = "; ".join(failure.promise for case in cases for failure in case.failures)
    parts = resolve({part for case in cases for part in case.parts})
    return Proof(
        runbook=task.contract.name,
        state="failed" if failed else "proved" if cases else "validated",
        reason=reason,
        commit=_find_commit(project.root),
        clean=_is_clean(project.root),
        digest=compute_working_digest(project.root, task.contract.notebook),
        at=at,
        seconds=round(time.monotonic() - began, 3),
        versions=_list_versions(parts),
        cases=tuple(cases),
    )


def _find_commit(root: Path) -> str:
    """Return the commit that the handbook is at; empty where there is none."""
    try:
        return proving.run_git(root, "rev-parse", "HEAD").strip()
    except Failed:
        return ""


def _is_clean(root: Path) -> bool:
    """Return whether runbooks, lab and package are as in that commit."""
    try:
        return not proving.run_git(root, "status", "--porcelain", "--", "runbooks", "lab", "_ext").strip()
    except Failed:
        return False


def _list_versions(parts: Iterable[Part]) -> dict[str, str]:
    """Map each package of the parts, Python and ``outage`` to its version."""
    packages = {package for part in parts for package in part.packages.values()}
    named = {package.removeprefix(PYPI): _find_version(package) for package in sorted(packages)}
    ours = {"python": platform.python_version(), "outage": metadata.version("outage-handbook")}
    return ours | named


@cache
def _find_version(package: str) -> str:
    """Return the installed version; ``unknown`` where neither pip nor dpkg knows the package."""
    if package.startswith(PYPI):
        return metadata.version(package.removeprefix(PYPI))
    if shutil.which("dpkg-query") is None:
        return "unknown"
    asked = ["dpkg-query", "--show", "--showformat=${Version}", package]
    done = subprocess.run(asked, capture_output=True, text=True, errors="replace", check=False)
    return done.stdout.strip() or "unknown"
