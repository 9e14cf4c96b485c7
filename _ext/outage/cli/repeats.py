"""An option that takes a value and is given twice: it combines, or the command is refused.

click keeps the last value and drops the others without a word. Options that combine are declared with
``multiple=True``; of every other one a second is refused here, for all commands, before anything is done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import click


def refuse_repeats(command: click.Command) -> click.Command:
    """Let a command, and those below it, refuse an option that is given more often than it counts."""
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            refuse_repeats(inner)
    if not hasattr(command.make_parser, "refuses_repeats"):
        setattr(command, "make_parser", _Checked(command.make_parser))  # noqa: B010 - it is a method
    return command


class _Checked:
    """Makes the parsers of a command, which look at what they have parsed."""

    refuses_repeats = True

    def __init__(self, make: Callable[[click.Context], Any]) -> None:
        self._make = make

    def __call__(self, ctx: click.Context) -> Any:
        parser = self._make(ctx)
        parse = parser.parse_args

        def checked(args: list[str]) -> Any:
            found = parse(args)
            _check(found[2], ctx)
            return found

        parser.parse_args = checked
        return parser


def _check(given: list[click.Parameter], ctx: click.Context) -> None:
    """Refuse what is given twice; ``given`` has each option as often as it was typed."""
    for parameter, times in Counter(given).items():
        if not isinstance(parameter, click.Option) or times == 1:
            continue
        if not (parameter.multiple or parameter.count or parameter.is_flag):
            shown = "/".join(parameter.opts)
            raise click.UsageError(f"{shown} is given {times} times, and only one would count.", ctx)
