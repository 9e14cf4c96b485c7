"""Questions to the person at the terminal, which somebody else may answer from another one."""

from __future__ import annotations

import select
import sys
import termios
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from outage.text import terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from outage.run.gates import Question

_LOOK_SECONDS = 0.3


def terminal_ask(as_json: bool = False) -> Callable[[Question], str | None] | None:
    """What puts a question to the person here; None where there is none to ask."""
    return ask if sys.stdin.isatty() and sys.stdout.isatty() and not as_json else None


def ask(question: Question) -> str | None:
    """The person's choice: the word itself, nothing shorter; None once it was answered elsewhere.

    What was typed before the question was put answers nothing. At a gate whatever is not yes is no.
    Other questions are put again until a choice is typed.

    Raises:
        EOFError: the terminal went away.
    """
    if question.text:
        click.echo(terminal(question.text))
    with suppress(termios.error, OSError, ValueError):  # not a terminal: there is nothing to forget
        termios.tcflush(sys.stdin, termios.TCIFLUSH)
    while True:
        click.echo(terminal(question.prompt), nl=not question.choices)
        while not select.select([sys.stdin], [], [], _LOOK_SECONDS)[0]:
            if question.answered():
                click.echo()
                return None
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        typed = line.strip().lower()
        if typed in question.choices:
            return typed
        if "no" in question.choices:
            return "no"
