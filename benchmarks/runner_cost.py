"""What the runner costs: a cell's journal, 500 cells beside nbclient, and secrets in 100 MB of output.

Run it with ``python -m benchmarks.runner_cost [rounds [cells [megabytes]]]``. Both run the same cells,
each of which prints a line, in a kernel of their own; the kernels' starts are not counted. nbclient keeps
the outputs in memory and writes the notebook at the end; ours keeps a journal.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import nbformat
from nbclient import NotebookClient

from outage.project import find_project
from outage.run.execute import execute
from outage.run.journal import Journal, read_journal
from outage.run.lines import CellLine, OutputLine
from outage.run.request import RunRequest

CELLS = 500
SECRETS = 50
HERE = Path(__file__).parent
NOTEBOOK: Any = nbformat


def notebook(sources: list[str]) -> dict[str, Any]:
    """Return a notebook of cells with these sources."""
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "metadata": {"tags": ["read" if number else "parameters"]},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for number, source in enumerate(["# none", *sources])
    ]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": spec}, "cells": cells}


def disk(folder: Path) -> float:
    """Median milliseconds that this disk takes for one small write to be safe."""
    file = os.open(folder / "probe", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    taken = []
    for _ in range(100):
        os.write(file, b"x" * 200)
        start = time.perf_counter()
        os.fdatasync(file)
        taken.append(time.perf_counter() - start)
    os.close(file)
    return 1000 * statistics.median(taken)


def journal_cost(folder: Path, step: Any, *, wait: bool) -> float:
    """Median milliseconds of a cell's three lines: running, one output, passed."""
    folder.mkdir()
    journal = Journal(folder)
    taken = []
    output = {"output_type": "stream", "name": "stdout", "text": "cell 1\n"}
    for _ in range(300):
        start = time.perf_counter()
        journal.append(CellLine(cell=1, step=step, state="running"), wait=wait)
        journal.append(OutputLine(cell=1, output=output), wait=False)
        journal.append(CellLine(cell=1, step=step, state="passed", seconds=0.01), wait=wait)
        taken.append(time.perf_counter() - start)
        time.sleep(0.002)  # what a short cell takes
    journal.close()
    return 1000 * statistics.median(taken)


def few_words(count: int) -> dict[str, Any]:
    """Return a notebook of so many cells that print a line."""
    return notebook([f"print('cell', {number})" for number in range(1, count)])


def many_words(megabytes: int) -> dict[str, Any]:
    """Return a notebook with a cell that prints so much, in lines of 130 characters."""
    line = "'what a server says when it is asked for too much at once, again ' * 2"
    return notebook([f"for _ in range({megabytes * 1_000_000 // 131}): print({line})"])


def ours(folder: Path, name: str = "many") -> float:
    """Seconds from the first cell's start to the run's end, as the journal has them."""
    with contextlib.chdir(folder):
        done = execute(find_project(), RunRequest(name, incident="none"))
    assert done.state == "succeeded", done.reason
    lines = read_journal(done.folder).lines
    first = next(line for line in lines if line.kind == "cell")
    return (lines[-1].at - first.at).total_seconds()


def theirs(folder: Path, count: int) -> float:
    """Seconds that nbclient takes for so many of the same cells."""
    nodes = NOTEBOOK.from_dict(few_words(count))
    client = NotebookClient(nodes, timeout=600)
    with client.setup_kernel():
        start = time.perf_counter()
        for index, cell in enumerate(nodes.cells):
            client.execute_cell(cell, index)
        NOTEBOOK.write(nodes, folder / "out.ipynb")
        return time.perf_counter() - start


def with_secrets(folder: Path, count: int) -> float:
    """Seconds that the runbook of many words takes beside so many secrets in the environment."""
    secret = {f"SERVICE_{number}_PASSWORD": token_urlsafe(24) for number in range(count)}
    os.environ.update(secret)
    try:
        return ours(folder, "loud")
    finally:
        for name in secret:
            del os.environ[name]


def main(rounds: int = 5, count: int = CELLS, megabytes: int = 100) -> None:
    """Run the pairs in turn, with so many cells and so much output, and print medians."""
    with tempfile.TemporaryDirectory(dir=HERE) as temporary:
        folder = Path(temporary)
        shutil.copy(HERE.parent / "handbook.yml", folder)
        (folder / "runbooks").mkdir()
        (folder / "runbooks" / "many.ipynb").write_text(json.dumps(few_words(count)))
        (folder / "runbooks" / "loud.ipynb").write_text(json.dumps(many_words(megabytes)))
        print(f"A small write is safe on this disk after {disk(folder):.2f} ms\n")
        print("| journal of one cell | ms, median |\n|---|---|")
        print(f"| that looks | {journal_cost(folder / 'look', 'read', wait=False):.2f} |")
        print(
            f"| that changes, which waits for the disk twice | "
            f"{journal_cost(folder / 'change', 'change', wait=True):.2f} |"
        )
        taken = [(ours(folder), theirs(folder, count)) for _ in range(rounds)]
        loud = [(with_secrets(folder, SECRETS), with_secrets(folder, 0)) for _ in range(rounds)]
    print(f"\n| {count} cells, medians of {rounds} | seconds |\n|---|---|")
    print(f"| `outage run` | {statistics.median(a for a, _ in taken):.2f} |")
    print(f"| nbclient | {statistics.median(b for _, b in taken):.2f} |")
    print(f"| ratio, median of the pairs | {statistics.median(a / b for a, b in taken):.2f} |")
    print(f"\n| {megabytes} MB of output, medians of {rounds} | seconds |\n|---|---|")
    print(f"| with {SECRETS} secrets to leave out | {statistics.median(a for a, _ in loud):.2f} |")
    print(f"| with none | {statistics.median(b for _, b in loud):.2f} |")
    print(f"| ratio, median of the pairs | {statistics.median(a / b for a, b in loud):.2f} |")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
