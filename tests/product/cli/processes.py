"""``outage`` as a process of its own: its output, or what a person at a terminal sees."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time

OUTAGE = [sys.executable, "-c", "from outage.cli import main; main()"]


def outage(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*OUTAGE, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environ},
    )


def on_terminal(
    *arguments: str, answer: str = "", prompt: str = "Type yes to go on: ", early: str = ""
) -> tuple[int, str]:
    """The exit code and what a person would see.

    ``answer`` is typed when the gate asks, ``early`` as soon as something is seen.
    """
    main, side = pty.openpty()
    process = subprocess.Popen([*OUTAGE, *arguments], stdin=side, stdout=side, stderr=side, close_fds=True)
    os.close(side)
    seen, until = b"", time.monotonic() + 60
    while time.monotonic() < until:
        try:
            piece = os.read(main, 4096)
        except OSError:
            break
        if not piece:
            break
        seen += piece
        if early:
            os.write(main, f"{early}\n".encode())
            early = ""
        if answer and prompt.encode() in seen:
            os.write(main, f"{answer}\n".encode())
            answer = ""
    os.close(main)
    return process.wait(timeout=20), seen.decode()
