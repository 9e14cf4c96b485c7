"""What the kit tells people: proposed actions as text and as a table, and how to run a guarded cell."""

from __future__ import annotations

import linecache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

    from outage.kit import Action


def describe_actions(actions: list[Action]) -> str:
    """Return the actions in words, for a terminal and for front ends without our media type."""
    from outage.text import one_line

    if not actions:
        return "Nothing to change."
    lines = [f"{len(actions)} {'action' if len(actions) == 1 else 'actions'} proposed:"]
    for number, action in enumerate(actions, 1):
        lines += [
            f"{number}. {one_line(action.target)}",
            f"   do:   {one_line(action.command)}",
            f"   undo: {one_line(action.undo) or 'not possible'}",
        ]
    return "\n".join(lines)


def tabulate_actions(actions: list[Action]) -> str:
    """Return the actions as a Markdown table that shows every text literally."""
    from outage.text import plain

    if not actions:
        return "Nothing to change."
    rows = [
        f"| {plain(action.target)} | {plain(action.command)} | {plain(action.undo) or 'not possible'} |"
        for action in actions
    ]
    return "\n".join(["| Target | What is done | Undo |", "|---|---|---|", *rows])


def describe_guard(frame: FrameType) -> str:
    """Return the message of a guard, with the command to type for this very cell and these parameters."""
    source = "".join(linecache.getlines(frame.f_code.co_filename))
    try:
        from outage.runbook.command import format_command_for_cell

        command = format_command_for_cell(source, frame.f_globals)
    except Exception:  # noqa: BLE001 - whatever is wrong with the notebook, say at least the main thing
        command = "outage run RUNBOOK --apply"
    return f"this cell changes something, and only 'outage run --apply' may run it. Type:\n  {command}"
