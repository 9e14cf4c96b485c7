"""Each runbook: do its checks pass from here, with these credentials? Nothing but the checks is run."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from outage.doctor.finding import Finding
from outage.errors import OutageError
from outage.runbook.contract import read_contract
from outage.secrets import resolve
from outage.text import one_line

if TYPE_CHECKING:
    from outage.project import Project
    from outage.runbook.contract import Contract

AREA = "runbooks"
SECONDS = 60.0
AT_ONCE = 3
_ASKS = re.compile(r"-p (\w+)=")  # the hint of a check that would be told something first
CHANGE_ROLE = "change_user"
"""The parameter in which a runbook names the database role that its changes log in as."""


def look(project: Project) -> list[Finding]:
    """Run each runbook's checks, as ``outage run --check`` has them, and what its changes log in with."""
    found: list[Finding] = []
    ready: list[Contract] = []
    for path in sorted(project.runbooks.glob("*.ipynb")):
        try:
            contract = read_contract(path, path.relative_to(project.root))
        except OutageError as error:
            found.append(Finding(AREA, path.stem, "fails", error.message, "outage check"))
            continue
        needed = [parameter.name for parameter in contract.parameters if parameter.required]
        if needed:
            words = f"it must be told {', '.join(needed)}, so its checks were not run"
            hint = f"outage run {contract.name} -p {needed[0]}=... --check"
            found.append(Finding(AREA, contract.name, "unknown", words, hint))
        else:
            ready.append(contract)
        found += _check_credentials(contract)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        checked = list(pool.map(lambda contract: _run_checks(project, contract), ready))
    return sorted([*checked, *found], key=lambda finding: finding.name)


def _run_checks(project: Project, contract: Contract) -> Finding:
    """Run the runbook's checks in a process of their own, for a kernel is a process' affair."""
    command = [
        sys.executable,
        "-c",
        "from outage.cli import main; main()",
        "run",
        contract.name,
        "--check",
        "--json",
    ]
    environment = os.environ | {"OUTAGE_HANDBOOK": str(project.policy_path), "OUTAGE_INCIDENT": "none"}
    try:
        done = subprocess.run(
            command,
            cwd=project.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        hint = f"outage run {contract.name} --check shows where"
        return Finding(AREA, contract.name, "fails", f"its checks took more than {SECONDS:.0f} s", hint)
    if done.returncode == 0:
        return Finding(AREA, contract.name, "works", "its checks pass from here")
    words, hint = _find_reason(done.stdout, done.stderr)
    asked = _ASKS.match(hint)
    if asked and asked[1] in {parameter.name for parameter in contract.parameters}:
        words = f"it must be told {asked[1]}, so not all of its checks were run"
        hint = f"outage run {contract.name} {asked[0]}... --check"
        return Finding(AREA, contract.name, "unknown", words, hint)
    return Finding(AREA, contract.name, "fails", words, hint)


def _find_reason(out: str, err: str) -> tuple[str, str]:
    """Return what a cell that failed said, and its hint; else what the command said."""
    for line in reversed(out.splitlines()):
        try:
            event: dict[str, Any] = json.loads(line)
        except ValueError:
            continue
        if error := event.get("error"):
            words, _, hint = str(error.get("value", "")).partition("\n")
            return one_line(words), one_line(
                hint.strip().removeprefix("hint: ") or str(error.get("hint") or "")
            )
    first, _, hint = err.strip().partition("\n")
    return one_line(first) or "its checks did not pass", one_line(hint.strip().removeprefix("hint: "))


def _check_credentials(contract: Contract) -> list[Finding]:
    """Check what its changes need beyond its checks: the secrets it names, the role it logs in as."""
    found = [
        Finding(AREA, contract.name, "fails", words, f"set what {reference} refers to")
        for reference in sorted(_find_references(contract))
        if (words := _explain_missing(reference))
    ]
    role = next((each.default for each in contract.parameters if each.name == CHANGE_ROLE), None)
    if contract.meta.target == "postgres" and isinstance(role, str) and os.environ.get("PGHOST"):
        found.append(_check_role(contract.name, role))
    return found


def _find_references(contract: Contract) -> set[str]:
    """Return the secret references written out in its cells."""
    found: set[str] = set()
    for cell, _ in contract.steps:
        if cell.cell_type == "code":
            found |= {
                node.value
                for node in ast.walk(ast.parse(cell.source))
                if isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and node.value.startswith("secret://")
            }
    return found


def _explain_missing(reference: str) -> str:
    try:
        resolve(reference)
    except OutageError as error:
        return error.message
    return ""


def _check_role(runbook: str, role: str) -> Finding:
    """Log in as the role that changes, and out again."""
    import psycopg

    name = f"{runbook}, as {role}"
    try:
        psycopg.connect(user=role, connect_timeout=5, application_name="outage doctor").close()
    except psycopg.Error as error:
        words = f"{role}, which its changes log in as, has no session: {one_line(str(error).splitlines()[0])}"
        return Finding(AREA, name, "fails", words, "PGPASSFILE needs a line for this role")
    return Finding(AREA, name, "works", f"{role} can log in")
