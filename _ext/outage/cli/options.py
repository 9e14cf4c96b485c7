"""Options that several commands of a response take."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from datetime import datetime

    from outage.policy import Policy

Command = Callable[..., Any]
WORDS: dict[str, Any] = {"nargs": -1, "required": True}
"""An argument of several words, quoted or not."""


def options(*decorators: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several decorators as one, in the order in which help lists them."""
    return lambda command: functools.reduce(
        lambda made, decorate: decorate(made), reversed(decorators), command
    )


BY = click.option(
    "--by", metavar="NAME", help="Who records it; else $OUTAGE_BY, git's user.name, your login."
)
AT = click.option(
    "--at", metavar="TIME", help="When it happened, if not now: 14:05, 10m ago, 2026-11-20T14:05Z."
)
INCIDENT = click.option("--incident", metavar="ID", envvar="OUTAGE_INCIDENT", help="Which incident.")
JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")
SILENT = click.option("--silent", is_flag=True, help="Record it only: nothing is posted to any channel.")
WRITES = options(INCIDENT, AT, BY)
POSTS = options(WRITES, SILENT)
"""For commands that post what they record."""


def typed(moment: str | None, policy: Policy, now: datetime) -> datetime | None:
    """The moment that somebody typed after ``--at``, in the company's time zone; None when nothing was."""
    from outage.clock.moments import typed

    return None if moment is None else typed(moment, policy.company.timezone, now)
