"""Processes that a command starts and leaves: what is over is not called running."""

from __future__ import annotations

import subprocess
import sys

from tests.sites import ROOT

SCRIPT = """
import sys, time
from pathlib import Path
from outage.lab import processes

folder = Path(sys.argv[1])
processes.start(folder / "pid", ["/bin/true"], log=folder / "log", env={}, cwd=folder)
while processes.find_running(folder / "pid"):
    time.sleep(0.01)
"""


def test_a_starter_that_ends_does_not_call_what_is_over_still_running(tmp_path):
    command = [sys.executable, "-W", "error::ResourceWarning", "-c", SCRIPT, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
