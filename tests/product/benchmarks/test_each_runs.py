"""Each benchmark runs, at its smallest size, and prints its table; nothing is timed here."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROOF = ROOT / "tests" / "product" / "runbook" / "golden" / "proof.json"
SMALLEST: dict[str, list[str]] = {  # module: words that make it small
    "cli_start": ["1"],
    "run_start": ["1"],
    "runner_cost": ["1", "2", "1"],
    "site_build": ["1"],
    "lab_up": ["1", "redis"],
    "fleet": ["1", "1"],
    "proofs": ["."],
}


def test_every_benchmark_has_a_smallest_size() -> None:
    modules = {path.stem for path in (ROOT / "benchmarks").glob("*.py")} - {"__init__"}
    assert modules == set(SMALLEST)


def test_make_bench_runs_every_benchmark() -> None:
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\nbench:")[2].partition("\n\n")[0]
    assert set(re.findall(r"benchmarks\.(\w+)", recipe)) == set(SMALLEST)


@pytest.mark.timeout(330)
@pytest.mark.parametrize("name", SMALLEST)
def test_it_runs_and_prints_a_table(name: str, tmp_path: Path) -> None:
    (tmp_path / "proof").mkdir()
    shutil.copy(PROOF, tmp_path / "proof")
    words = [str(tmp_path) if word == "." else word for word in SMALLEST[name]]
    command = [sys.executable, "-m", f"benchmarks.{name}", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    head, line, *rows = [line for line in done.stdout.splitlines() if line.startswith("|")]
    assert set(line) == {"|", "-"}, head
    assert rows, "a table has rows"
