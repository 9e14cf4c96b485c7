"""How long ``outage run`` takes to its first output and to its end, beside the ``papermill`` command.

Run it with ``make bench``, or ``python -m benchmarks.run_start [rounds]``. Both run count.ipynb, which only
looks, with the same parameter. Our run checks the parameters, keeps a journal and writes the notebook;
papermill writes the notebook.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
PROGRAMS = Path(sys.executable).parent
COMMANDS = {
    "`outage run`": [str(PROGRAMS / "outage"), "run", "count", "-p", "count=5"],
    "`papermill`": [
        *(str(PROGRAMS / "papermill"), "--log-output", "--no-progress-bar"),
        *("-p", "count", "5", "runbooks/count.ipynb", "out.ipynb"),
    ],
}


def project(folder: Path) -> None:
    """A handbook that has this one runbook."""
    shutil.copy(HERE.parent / "handbook.yml", folder)
    (folder / "runbooks").mkdir()
    shutil.copy(HERE / "count.ipynb", folder / "runbooks")


def seconds(command: list[str], folder: Path) -> tuple[float, float]:
    """Seconds to the line that holds the first cell's output, and to the end of the command."""
    first = None
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is compiled once need not be compiled again
    start = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if first is None and "first output" in line and "print" not in line:
                first = time.perf_counter() - start
    end = time.perf_counter() - start
    assert first is not None, f"{command[0]} showed no output"
    assert running.returncode == 0, f"{command[0]} ended with {running.returncode}"
    return first, end


def main(rounds: int = 15) -> None:
    """Run the two in turn, so that a busy moment hits both, and print medians."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        project(folder)
        for command in COMMANDS.values():  # the first run reads the files and compiles them
            seconds(command, folder)
        for _ in range(rounds):
            for name, command in COMMANDS.items():
                times[name].append(seconds(command, folder))
    print(f"Seconds, medians of {rounds} runs of each in turn\n")
    print("| command | to the first output | to the end | slowest end |\n|---|---|---|---|")
    for name, taken in times.items():
        firsts, ends = zip(*taken, strict=True)
        figures = (statistics.median(firsts), statistics.median(ends), max(ends))
        print(f"| {name} | " + " | ".join(f"{figure:.2f}" for figure in figures) + " |")
    ours, theirs = times.values()
    ratios = [
        statistics.median(a[which] / b[which] for a, b in zip(ours, theirs, strict=True)) for which in (0, 1)
    ]
    print(f"| ratio, median of the pairs | {ratios[0]:.2f} | {ratios[1]:.2f} | |")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
