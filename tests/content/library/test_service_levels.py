"""The notebooks on service levels: what they have stored is true, and equal to figures computed apart.

The figures to compare with are those of the project's sheet of checked numbers, rounded as they stand there.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from outage.runbook.parameters import read_parameters

ABOUT = ("library/service-levels",)
ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "library/service-levels"
NOTEBOOKS = ["nines", "burn-rate"]
UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}

# target: a year, a quarter, thirty days, an average month, a week, a day
DOWNTIME = {
    "90": ("36 d 12 h", "9 d 3 h", "72 h", "73.05 h", "16 h 48 m", "2 h 24 m"),
    "95": ("18 d 6 h", "4 d 13 h 30 m", "36 h", "36.5 h", "8 h 24 m", "1 h 12 m"),
    "98": ("7 d 7 h 12 m", "43 h 48 m", "14 h 24 m", "14.6 h", "3 h 21 m 36 s", "28 m 48 s"),
    "99": ("3 d 15 h 36 m", "21 h 54 m", "7 h 12 m", "7 h 18 m", "1 h 40 m 48 s", "14 m 24 s"),
    "99.5": ("1 d 19 h 48 m", "10 h 57 m", "3 h 36 m", "3 h 39 m", "50 m 24 s", "7 m 12 s"),
    "99.9": ("8 h 45 m 36 s", "2 h 11 m 24 s", "43 m 12 s", "43 m 50 s", "10 m 4.8 s", "1 m 26.4 s"),
    "99.95": ("4 h 22 m 48 s", "1 h 5 m 42 s", "21 m 36 s", "21 m 55 s", "5 m 2.4 s", "43.2 s"),
    "99.99": ("52 m 33.6 s", "13 m 8.4 s", "4 m 19.2 s", "4 m 23 s", "1 m 0.5 s", "8.64 s"),
    "99.995": ("26 m 16.8 s", "6 m 34 s", "2 m 9.6 s", "2 m 11.5 s", "30.2 s", "4.32 s"),
    "99.999": ("5 m 15.36 s", "1 m 18.8 s", "25.9 s", "26.3 s", "6.05 s", "0.86 s"),
    "99.9999": ("31.5 s", "7.9 s", "2.59 s", "2.63 s", "0.60 s", "0.086 s"),
    "99.99999": ("3.15 s", "0.79 s", "0.26 s", "0.26 s", "0.06 s", "0.009 s"),
}
LOST = {"90": 36.5e6, "99": 3.65e6, "99.9": 365e3, "99.99": 36.5e3, "99.999": 3.65e3, "99.9999": 365}
ALERTS = [  # who, share of budget, hours, short window in minutes, burn rate, errors, hours until gone
    ("page", 2, 1, 5, 14.4, 1.44, 50),
    ("page", 5, 6, 30, 6, 0.60, 120),
    ("ticket", 10, 24, 120, 3, 0.30, 240),
    ("ticket", 10, 72, 360, 1, 0.10, 720),
]


def seconds(text: str) -> tuple[float, float]:
    """A length such as ``4 m 19.2 s`` in seconds, and how far its rounding lets it be off."""
    parts = re.findall(r"([\d.]+) ([dhms])", text)
    assert parts, text
    last, unit = parts[-1]
    off = UNITS[unit] * 10.0 ** -len(last.partition(".")[2]) / 2
    return sum(float(number) * UNITS[unit] for number, unit in parts), off


def stored(name: str) -> str:
    """Everything that a notebook's cells have printed, as it is stored."""
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    outputs = [out for cell in notebook.cells if cell.cell_type == "code" for out in cell.outputs]
    assert {out.output_type for out in outputs} == {"stream"}
    return "".join(out.text for out in outputs)


def test_the_stored_outputs_are_those_of_a_run(tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    books = [str(FOLDER / f"{name}.ipynb") for name in NOTEBOOKS]
    nbval = [sys.executable, "-m", "pytest", *books, "-c", str(tmp_path / "pytest.ini"), "--nbval"]
    nbval += ["--nbval-current-env", "--nbval-cell-timeout", "60", "-p", "no:cacheprovider", "-q"]
    done = subprocess.run(nbval, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 0, done.stdout
    cells = [cell for book in books for cell in nbformat.read(book, as_version=4).cells]
    runs = sum(cell.cell_type == "code" for cell in cells)
    assert re.search(rf"^{runs} passed", done.stdout, re.MULTILINE), done.stdout


@pytest.mark.parametrize("target", DOWNTIME)
def test_the_table_of_nines_says_what_was_computed_apart(target):
    rows = re.findall(rf"^ *{re.escape(target)} % (.*)$", stored("nines"), re.MULTILINE)
    cells = [cell for row in rows[:2] for cell in re.split(r" {2,}", row.strip())]
    assert len(cells) == 6
    for cell, expected in zip(cells, DOWNTIME[target], strict=True):
        (found, near), (wanted, off) = seconds(cell), seconds(expected)
        assert found == pytest.approx(wanted, abs=near + off), f"{target}: {cell}, not {expected}"


@pytest.mark.parametrize("target", LOST)
def test_what_a_million_a_day_loses_in_a_year(target):
    _, _, row = re.findall(rf"^ *{re.escape(target)} % (.*)$", stored("nines"), re.MULTILINE)
    assert float(row.split()[0].replace(",", "")) == LOST[target]


def test_the_alerts_of_the_workbook():
    rows = re.findall(
        r"^(page|ticket) +(\d+)% +(\d+) h +(\d+) min +([\d.]+) +([\d.]+)% +([\d.]+) h$",
        stored("burn-rate"),
        re.MULTILINE,
    )
    assert [(row[0], *map(float, row[1:])) for row in rows] == ALERTS


def test_the_limits_of_the_workbook():
    printed = stored("burn-rate")
    assert re.search(r"90 %: burn rate at most +10, .*: never pages", printed)
    assert re.search(r"99\.9 %: burn rate at most +1,000, all gone in +43\.2 minutes: pages", printed)
    assert re.search(r"99\.999 %: .* all gone in +0\.432 minutes", printed)  # 26 seconds
    assert "burn rate 100, and 13.9% of the budget" in printed
    assert "60 minutes alone: from minute 18 to 82" in printed
    assert "60 and 5 minutes: from minute 18 to 43" in printed


def test_the_drawing_shows_what_the_notebook_computes():
    found = re.search(
        r"60 minutes alone: from minute (\d+) to (\d+); .* at minute (\d+)", stored("burn-rate")
    )
    both = re.search(r"60 and 5 minutes: from minute (\d+) to (\d+)", stored("burn-rate"))
    assert found
    assert both
    drawn = (FOLDER / "burn-rate.svg").read_text(encoding="utf-8")
    assert f"from minute 0 to minute {found[3]}" in drawn
    assert f"60 minutes alone fires from minute {found[1]} to minute {found[2]}" in drawn
    assert f"5 minutes fires from minute {both[1]} to minute {both[2]}" in drawn


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        (
            "nines",
            {"percent": 99.99, "needs": 2, "revenue": 500},
            [
                r"quarter .* = 13 m 8 s",
                r"2 services at 99.99 %: 0.9999 \^ 2 = 99.9800 %",
                r"90 % +18,250\n",
                "The arithmetic holds.",
            ],
        ),
        (
            "burn-rate",
            {"percent": 99.9, "days": 28, "minutes": 5, "error_percent": 1.0},
            [
                r"If all fails: 40.32 minutes in 28 days",
                r"60 minutes alone: does not fire",
                "The arithmetic holds.",
            ],
        ),
    ],
    ids=NOTEBOOKS,
)
def test_papermill_runs_it_with_other_numbers(name, given, says, tmp_path):
    out = tmp_path / "out.ipynb"
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", "-k", "python3"]
    command += [str(FOLDER / f"{name}.ipynb"), str(out)]
    for key, value in given.items():
        command += ["-p", key, str(value)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    notebook = nbformat.read(out, as_version=4)
    printed = "".join(one.text for cell in notebook.cells for one in cell.get("outputs", []))
    for line in says:
        assert re.search(line, printed), printed


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_what_can_be_set_is_typed_with_limits_and_explained(name):
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    (cell,) = (cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    parameters, faults = read_parameters(cell.source)
    assert faults == []
    assert len(parameters) >= 3
    assert all(one.help for one in parameters)
    assert all("Annotated[" in line for line in cell.source.splitlines() if re.match(r"\w+:", line))
