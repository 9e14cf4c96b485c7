"""How long the lab takes to come up and to go: everything, and each part with what it needs.

Run it with ``make bench``, or ``python -m benchmarks.lab_up [rounds] [part]...``. It prints a Markdown table.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

from outage.lab import control, processes, state
from outage.lab.parts import PARTS, resolve

EVERYTHING = "everything"


def seconds(parts: tuple[str, ...]) -> tuple[float, float, float]:
    """Seconds until the parts are ready, of processor until then, and until nothing is left of them."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "lab"
        began = time.perf_counter()
        try:
            used = processor()
            control.up(folder, parts)
            up = time.perf_counter() - began
            used = processor() - used + servers(folder)
        finally:
            began = time.perf_counter()
            control.down(folder)
        return up, used, time.perf_counter() - began


def processor() -> float:
    """Seconds of processor that we and the programs that we waited for have used so far."""
    return sum(os.times()[:4])


def servers(folder: Path) -> float:
    """Seconds of processor that the processes of the lab in ``folder`` have used so far."""
    records = [
        home / "data" / "postmaster.pid" for home in map(Path, state.read(folder).get("homes", {}).values())
    ]
    pids = [int(record.read_text(encoding="utf-8").split()[0]) for record in records]
    supervisor = processes.find_running(folder / "supervisor.pid")
    roots = [psutil.Process(pid) for pid in pids] + ([supervisor] if supervisor else [])
    everything = [one for root in roots for one in [root, *root.children(recursive=True)]]
    used = 0.0
    for one in everything:
        with suppress(psutil.NoSuchProcess):
            used += sum(one.cpu_times()[:4])
    return used


def main(rounds: int = 3, *names: str) -> None:
    """Bring them up in turn, so that a busy moment hits all of them, and print medians."""
    chosen: dict[str, tuple[str, ...]] = {name: (name,) for name in names or PARTS}
    if not names:
        chosen = {EVERYTHING: tuple(PARTS), **chosen}
    times: dict[str, list[tuple[float, float, float]]] = {name: [] for name in chosen}
    for _ in range(rounds):
        for name, parts in chosen.items():
            times[name].append(seconds(parts))
    print(f"Seconds, medians of {rounds} rounds in turn\n")
    print("| part | with | up | slowest | of processor | down |\n|---|---|---|---|---|---|")
    for name, taken in times.items():
        needed = [part.id for part in resolve(chosen[name]) if part.id != name]
        ups, used, downs = zip(*taken, strict=True)
        figures = (statistics.median(ups), max(ups), statistics.median(used), statistics.median(downs))
        beside = f"all {len(needed)} parts" if name == EVERYTHING else ", ".join(needed)
        print(f"| {name} | {beside} | " + " | ".join(f"{figure:.1f}" for figure in figures) + " |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 3, *sys.argv[2:])
