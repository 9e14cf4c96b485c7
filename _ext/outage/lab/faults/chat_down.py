"""Fault ``chat-down``: the chat server hangs. It runs, its port is open, and it answers no one."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import psutil

from outage.errors import Failed
from outage.lab.faults.model import Fault, Symptom
from outage.lab.parts import chat

if TYPE_CHECKING:
    from outage.lab.model import Lab

ID = "chat-down"
PROGRAM = "chat"
_PATIENCE = 30.0  # seconds until it answers again


def begin(lab: Lab) -> None:
    """Halt the process, like one that waits for a dead disk."""
    os.kill(lab.supervisor.state(PROGRAM).pid, signal.SIGSTOP)


def fix(lab: Lab) -> bool:
    """Let it go on, or start it if it has ended; False if it was well."""
    if not lab.has("chat") or not measure(lab).sick:
        return False
    state = lab.supervisor.state(PROGRAM)
    if state.pid and psutil.Process(state.pid).status() == psutil.STATUS_STOPPED:
        os.kill(state.pid, signal.SIGCONT)
    else:
        lab.supervisor.restart(PROGRAM)
    until = time.monotonic() + _PATIENCE
    while measure(lab).sick:
        if time.monotonic() > until:
            raise Failed("the chat server does not answer again", hint=f"look at {lab.log(PROGRAM)}")
        time.sleep(0.2)
    return True


def measure(lab: Lab) -> Symptom:
    """Return whether it answers a client within two seconds."""
    began = time.monotonic()
    try:
        well = chat.is_ready(lab)
    except (OSError, ValueError):
        well = False
    seconds = round(time.monotonic() - began, 3)
    words = f"the chat server answers in {seconds:.2f} s" if well else "the chat server does not answer"
    return Symptom(not well, {"answer_seconds": seconds}, words)


FAULT = Fault(
    id=ID,
    summary="The chat server hangs: it runs, and answers nobody.",
    runbook="dead-process",
    begin=begin,
    fix=fix,
    symptom=measure,
    alert="ChatDown",
    parts=("chat",),
    parameters=lambda lab: {"program": PROGRAM},
)
