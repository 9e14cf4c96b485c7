"""Options that several commands of a response take."""

from __future__ import annotations

import functools
import select
import sys
import termios
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from outage.incident.times import parse_typed
from outage.text import terminal

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from outage.policy import Policy
    from outage.run.gates import Question


Command = Callable[..., Any]
WORDS: dict[str, Any] = {"nargs": -1, "required": True}
"""An argument of several words, quoted or not."""


class TextCommand(click.Command):
    """A command that takes a text: what begins with a dash and is no option is part of the text."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Hand options and texts to click apart from each other; say how a text is told from an option."""
        try:
            return super().parse_args(ctx, self._told_apart(ctx, args))
        except click.NoSuchOption as error:
            hint = f"If your text begins with it, put -- before the text: {ctx.command_path} -- TEXT"
            raise click.UsageError(f"{error.format_message()} {hint}", ctx) from None
        except click.MissingParameter as error:
            hint = "A text that begins with # needs quotes: the shell takes it for a comment."
            raise click.UsageError(f"{error.format_message()} {hint}", ctx) from None

    def _told_apart(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Return options with their values, then ``--``, then the texts; as it was if a value is missing."""
        found = [option for option in self.get_params(ctx) if isinstance(option, click.Option)]
        valued = {name for option in found if not option.is_flag for name in option.opts}
        rest, given, texts = list(args), [], []
        while rest:
            word = rest.pop(0)
            if word == "--":
                texts += rest
                break
            if not _is_option(word, valued):
                texts.append(word)
                continue
            given.append(word)
            if word in valued and not rest:
                return args
            given += [rest.pop(0)] if word in valued else []
        return [*given, "--", *texts]


def _is_option(word: str, valued: set[str]) -> bool:
    """Whether a word is meant as an option: a dash, a letter, and no space before its value.

    An option in the same quotes as its value ("--at 14:05") counts as one, to be refused: as a text it
    would be recorded, and the value would be lost.
    """
    name = word.partition("=")[0]
    if not word.startswith("-") or not word.lstrip("-")[:1].isalpha():
        return False
    return not any(letter.isspace() for letter in name) or word.split()[0] in valued


def add_options(*decorators: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several decorators as one, in the order in which help lists them."""
    return lambda command: functools.reduce(
        lambda made, decorate: decorate(made), reversed(decorators), command
    )


BY = click.option(
    "--by", metavar="NAME", help="Who records it; else $OUTAGE_BY, git's user.name, your login."
)
AT = click.option(
    "--at",
    metavar="TIME",
    help="When it happened, if not now: 14:05, '13:05 UTC', '10m ago', 2026-11-20T14:05Z.",
)
INCIDENT = click.option(
    "--incident",
    metavar="ID",
    envvar="OUTAGE_INCIDENT",
    help="Which incident: its id, the last four characters, or a part.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")
SILENT = click.option("--silent", is_flag=True, help="Record it only: nothing is posted to any channel.")
WRITES = add_options(INCIDENT, AT, BY)
POSTS = add_options(WRITES, SILENT)
"""For commands that post what they record."""


def parse_at(moment: str | None, policy: Policy, now: datetime) -> datetime | None:
    """Read the moment that someone typed after ``--at``, in the company's time zone; None when nothing was.

    At a terminal the person is asked whether a time that has not come yet was yesterday's.
    """
    there = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))
    asked = _confirm if there else None
    return None if moment is None else parse_typed(moment, policy.company.timezone, now, asked)


def _confirm(question: str) -> bool:
    return click.confirm(question, default=False, err=True)


_LOOK_SECONDS = 0.3


def make_ask(as_json: bool = False) -> Callable[[Question], str | None] | None:
    """Make the function that asks the person at the terminal; None where there is none."""
    return ask_choice if sys.stdin.isatty() and sys.stdout.isatty() and not as_json else None


def ask_choice(question: Question) -> str | None:
    """Ask for a choice: the whole word, not its beginning; None once it was answered elsewhere.

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
