"""How long ``outage --help`` takes, beside an interpreter that only imports click.

Run it with ``make bench``, or ``python -m benchmarks.cli_start [rounds]``. It prints a Markdown table.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(sys.executable).parent
COMMANDS = {
    '`python -c "pass"`': [sys.executable, "-c", "pass"],
    '`python -c "import click"`': [sys.executable, "-c", "import click"],
    "`outage --help`": [str(HERE / "outage"), "--help"],
}


def seconds(command: list[str]) -> float:
    """Wall-clock seconds of one run, which must succeed."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def main(rounds: int = 31) -> None:
    """Run the commands in turn, so that a busy moment hits all of them, and print medians."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for command in COMMANDS.values():  # the first run reads the files and compiles them
        seconds(command)
    for _ in range(rounds):
        for name, command in COMMANDS.items():
            times[name].append(seconds(command))
    print(f"Milliseconds, {rounds} runs of each in turn\n")
    print("| command | median | fastest | slowest |\n|---|---|---|---|")
    for name, taken in times.items():
        figures = (statistics.median(taken), min(taken), max(taken))
        print(f"| {name} | " + " | ".join(f"{1000 * figure:.0f}" for figure in figures) + " |")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
