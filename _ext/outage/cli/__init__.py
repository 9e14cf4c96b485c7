"""The command line: arguments to core calls to exit codes, and no logic.

``outage --help`` imports click and nothing else: every command is a row of a table,
and its module is imported when the command is called.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

    from outage.errors import OutageError

COMMANDS: dict[str, tuple[str, str]] = {
    # name: (module:attribute, one line of help), in the order in which help lists them
    "declare": ("incident:declare", "Open an incident. A title is enough."),
    "status": ("incident:status", "Where an incident stands, and what is due next."),
    "note": ("incident:note", "Write down what you see or do."),
    "decision": ("incident:decision", "Record a decision and its reason."),
    "hypothesis": ("incident:hypothesis", "Record what you think is the cause."),
    "impact": ("incident:impact", "Record who is affected, and how."),
    "contact": ("incident:contact", "Record whom you called or told."),
    "role": ("incident:role", "Give a role to a person."),
    "handoff": ("incident:handoff", "Hand a role over to another person."),
    "severity": ("incident:severity", "Set the severity again."),
    "scope": ("incident:scope", "Set the scope again: area, division or company."),
    "stage": ("incident:stage", "Say how far it is: investigating ... closed."),
    "update": ("incident:update", "Tell an audience: responders, executives, customers."),
    "action": ("incident:action", "Record what is to be done afterwards, by whom, by when."),
    "correct": ("incident:correct", "Correct an earlier entry; the old one stays readable."),
    "redact": ("incident:redact", "Hide an earlier entry's words; the file keeps them."),
    "timeline": ("incident:timeline", "What happened, in order."),
    "playbook": ("playbook:playbook", "Follow a checklist: who does what, and by when."),
    "audit": ("incident:audit", "Which of the policy's promises were kept."),
    "sync": ("incident:sync", "Send waiting messages; commit, pull and push the incident."),
    "classify": ("policy:classify", "Answer a few questions; get severity, scope and channels."),
    "runbooks": ("runbook:runbooks", "List the runbooks."),
    "show": ("runbook:show", "What a runbook does, asks for and needs."),
    "run": ("runbook:run", "Plan a runbook; with --apply, carry it out."),
    "runs": ("runs:runs", "List the runs and how they ended; or all of one RUN."),
    "approve": ("run_control:approve", "Answer the gate at which a run waits."),
    "stop": ("run_control:stop", "End a run."),
    "undo": ("run_control:undo", "Show what undoing a run would do; with --apply, do it."),
    "new": ("new:new", "Begin a runbook from a skeleton that is right already."),
    "lab": ("lab:lab", "A place to practise: start it, break it, fix it."),
    "doctor": ("doctor:doctor", "What would not work from here, found before it is needed."),
    "prove": ("prove:prove", "Break the lab for real: do the runbooks fix it?"),
    "check": ("policy:check", "Is this handbook right: policy, pages, playbooks and runbooks?"),
}

_LOOKS = frozenset({"status", "timeline", "audit", "classify", "runbooks", "show", "runs", "doctor", "check"})
"""Commands that show something, and do nothing else."""
_DISK = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG, errno.EIO}
)


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the table's order, which is the order of use in an outage."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command itself, imported now, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(importlib.import_module(f"outage.cli.{module}"), attribute)
        from outage.cli.repeats import refuse_repeats

        return refuse_repeats(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table without importing a command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or refuse and name the nearest one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else " 'outage --help' lists the commands."
            ctx.fail(f"No such command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="outage-handbook", prog_name="outage")
def cli() -> None:
    """Run the outage handbook: declare, note, plan a runbook, see what is due."""


def main(arguments: list[str] | None = None) -> None:
    """Entry point of ``outage``: run a command, and exit with a code that ARCHITECTURE.md lists."""
    from outage.cli.streams import Streams
    from outage.proxies import spare_loopback
    from outage.text import fit

    streams = Streams()
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        fit(stream)
    spare_loopback(os.environ)  # before anything connects, for us and for all that we start
    code = _run_command(arguments)
    words = sys.argv[1:] if arguments is None else arguments
    command = next((word for word in words if word in COMMANDS), None)
    sys.exit(streams.settle(code, looks=command is None or command in _LOOKS))


def _run_command(arguments: list[str] | None) -> int:
    """Run a command; returns its exit code, what went wrong having been said."""
    from outage.errors import OutageError

    try:
        code = cli.main(args=arguments, prog_name="outage", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 2
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("outage: interrupted", err=True)
        return 130
    except OutageError as error:
        click.echo("\n".join(_format_error(error)), err=True)
        return error.code
    except SystemExit as left:  # a command that says how it ended
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    except Exception as error:  # noqa: BLE001 - no traceback reaches a user; it goes to a file
        click.echo(_describe_system_error(error) or _report_unexpected(error), err=True)
        return 1
    return code if isinstance(code, int) else 0


def _format_error(error: OutageError) -> Iterable[str]:
    """Format an error's lines, safe for a terminal."""
    from outage.text import terminal

    return terminal(str(error)).splitlines()


def _describe_system_error(error: Exception) -> str | None:
    """Words for a disk that is full or a file that may not be written; None for anything else."""
    if not isinstance(error, OSError):
        return None
    reason = error.strerror or ""
    if error.errno not in _DISK and not reason.startswith("No usable temporary directory"):
        return None
    where = f"{_first_line(error.filename)}: " if error.filename else ""
    return (
        f"outage: {where}{_first_line(reason)}\n"
        "  What you asked for may be half done: look with 'outage status' or 'outage runs'.\n"
        "  hint: make room or fix the rights ('df -h' shows what is full; TMPDIR names another folder)"
    )


def _report_unexpected(error: Exception) -> str:
    """Words for a fault of ours; the traceback goes to a file, not to the responder."""
    return (
        f"outage: a fault in the tool itself: {type(error).__name__}: {_first_line(error)}\n"
        f"  What you asked for may be half done: look with 'outage status' or 'outage runs'.\n"
        f"  {_save_details(error)}; please report that."
    )


def _save_details(error: Exception) -> str:
    """Where the traceback is, or its last line if there is no room for a file."""
    import tempfile
    import traceback

    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="backslashreplace", prefix="outage-", suffix=".log", delete=False
        ) as log:
            traceback.print_exception(error, file=log)
    except OSError as full:
        last = traceback.extract_tb(error.__traceback__)[-1:]
        place = "".join(f" at {frame.filename}:{frame.lineno}, in {frame.name}" for frame in last)
        return f"It happened{place or ' somewhere'}; no file could be written ({_first_line(full.strerror)})"
    return f"The details are in {log.name}"


def _first_line(error: Any) -> str:
    from outage.text import one_line

    return one_line(str(error))[:200]
