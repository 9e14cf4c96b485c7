"""Terminals that are not UTF-8, and locales that are not installed: every command can be read there."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.product.cli.desk import Terminal

COMMANDS = ("status", "timeline", "runbooks", "playbook", "audit", "declare")
SCRIPT = """
import sys
from outage.cli import main
for command in sys.argv[1:]:
    words = [command, "Orders wait \u2014 \u65e5\u672c"] if command == "declare" else [command]
    try:
        main(words)
    except SystemExit as over:
        print("ended with", over.code)
"""


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        *(("PYTHONIOENCODING", encoding) for encoding in ("latin-1", "cp1252", "euc_jp", "ascii")),
        *(("LC_ALL", locale) for locale in ("C", "xx_XX.UTF-8")),
    ],
)
def test_every_command_is_readable(outage: Terminal, variable: str, value: str) -> None:
    outage.ok("declare", "Orders wait \u2026")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *COMMANDS],
        env={**os.environ, variable: value},
        cwd=outage.root,
        capture_output=True,
        check=False,
        timeout=100,
    )
    words = (done.stdout + done.stderr).decode("latin-1")
    assert "fault in the tool" not in words
    assert "Traceback" not in words
    assert words.count("ended with") == len(COMMANDS)
    assert "Orders wait" in words
