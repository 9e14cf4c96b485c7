"""What the cells of a runbook import, in kernels: next to nothing itself. What runs cells is in ``run``.

Decide in a ``read`` cell, act in a ``change`` cell::

    propose([Action(target="session 4242", command="SELECT pg_terminate_backend(4242)",
                    undo="none: its open transaction rolls back", data={"pid": 4242})])   # read

    guard()                                    # change: the first statement
    for action in proposed():
        terminate(action.data["pid"])
    save("terminated", [action.data["pid"] for action in proposed()])

    require(still_blocked(saved("terminated")) == [], "sessions are still blocked")       # verify

Outside ``outage run --apply`` (JupyterLab's Run All, plain papermill, nbval) ``guard()``
raises, with the command to type. The guard stops accidents; it is no security boundary:
the author of a notebook can write a cell without it, which ``outage check`` reports.

Data reaches the runner as display data of our own media types, with text beside it, so
that the same notebook reads well in any front end.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from outage import files
from outage.errors import Refused
from outage.kit.describe import describe_actions, describe_guard, tabulate_actions
from outage.proxies import spare_loopback

ACTIONS_MIME = "application/vnd.outage.actions+json"
SAVED_MIME = "application/vnd.outage.saved+json"
SECRET_MIME = "application/vnd.outage.secret+json"
MOST_ACTIONS = 1000
MOST_PROPOSED_BYTES = 1_000_000
MOST_SAVED_BYTES = 1_000_000
_MUST_BE: Any = object()

spare_loopback(os.environ)  # for the libraries that cells connect with, in kernels that others started too


@dataclass(frozen=True)
class Action:
    """Describe one thing that a change cell will do: declared as data, shown before it is done.

    Attributes:
        target: what it is done to, exactly enough that it can't be mistaken for another.
        command: what is done, as one would type it.
        undo: how to undo it, in words; empty when that isn't possible.
        data: what the change cell needs to do it; JSON values only.

    Example:
        >>> action = Action("/srv/web3.log", "gzip /srv/web3.log", "gunzip /srv/web3.log.gz")
        >>> action.undo
        'gunzip /srv/web3.log.gz'
    """

    target: str
    command: str
    undo: str = ""
    data: dict[str, Any] = field(default_factory=dict)


class RunbookError(Exception):
    """Stop the runbook with a message instead of a traceback, and a hint at what to do.

    Example:
        >>> raise RunbookError("HAProxy has no backend web", "look at the inventory")
        Traceback (most recent call last):
        outage.kit.RunbookError: HAProxy has no backend web
          hint: look at the inventory
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  hint: {self.hint}" if self.hint else self.message

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows in place of a traceback."""
        return [f"{type(self).__name__}: {self}"]


class Guarded(RunbookError):
    """Raised when something other than ``outage run --apply`` runs a change or undo cell.

    Example:
        >>> try:
        ...     guard()
        ... except Guarded as refusal:
        ...     print(refusal)
        this cell changes something, and only 'outage run --apply' may run it. Type:
          outage run RUNBOOK --apply
    """


class CheckFailed(RunbookError):
    """Raised by :func:`require` when its condition doesn't hold.

    Example:
        >>> try:
        ...     require(False, "the replica is 40 s behind")
        ... except CheckFailed as failure:
        ...     print(failure.message)
        the replica is 40 s behind
    """


class NotSaved(RunbookError):
    """Raised by :func:`saved` for a name under which this run has saved nothing.

    Example:
        >>> try:
        ...     saved("terminated")
        ... except NotSaved as failure:
        ...     print(failure)
        this run has saved nothing as 'terminated'
          hint: the change cell saves it, and runs only with: outage run RUNBOOK --apply
    """


@dataclass
class _Session:
    """What the runner told this kernel; empty everywhere else."""

    run: str = ""
    token: str = ""
    actions: list[Action] = field(default_factory=list)
    saved: dict[str, Any] = field(default_factory=dict)
    scrubbed: set[str] = field(default_factory=set)
    spool: str = ""
    secrets: set[str] = field(default_factory=set)


_session = _Session()


def propose(actions: list[Action]) -> None:
    """Declare, in a ``read`` cell, everything that the next ``change`` will do; an empty list is "nothing".

    Raises:
        TypeError: something in the list isn't an :class:`Action`, or its data isn't JSON.
        ValueError: more than 1,000 actions, or more than 1 MB of them.
        RunbookError: they contain a secret, and they are written to the journal.

    Example:
        >>> found = ["/srv/web3.log"]
        >>> propose([Action(path, f"gzip {path}", f"gunzip {path}.gz") for path in found])
        1 action proposed:
        1. /srv/web3.log
           do:   gzip /srv/web3.log
           undo: gunzip /srv/web3.log.gz
    """
    for action in actions:
        if not isinstance(action, Action):
            raise TypeError(f"propose() takes a list of Action, not {type(action).__name__}")
    if len(actions) > MOST_ACTIONS:
        raise ValueError(f"{len(actions)} actions proposed, {MOST_ACTIONS} is the most: narrow the search")
    data = {"actions": [asdict(action) for action in actions]}
    text = _json(data, "the data of an action")
    if len(text) > MOST_PROPOSED_BYTES:
        raise ValueError(f"propose(): {len(text)} bytes of actions; {MOST_PROPOSED_BYTES} is the most")
    _no_secret(text, "propose()")
    _display(
        {
            ACTIONS_MIME: data,
            "text/plain": describe_actions(actions),
            "text/markdown": tabulate_actions(actions),
        }
    )


def proposed() -> list[Action]:
    """Return the actions that were written down before this change: do these, and nothing else.

    Raises:
        Guarded: the cell wasn't started by ``outage run --apply``, see :func:`guard`.

    Example:
        >>> for action in proposed():
        ...     print("terminating", action.data["pid"])
        terminating 4242
    """
    if not _session.token:
        raise Guarded(describe_guard(sys._getframe(1)))
    return list(_session.actions)


def guard() -> None:
    """Stop the cell unless ``outage run --apply`` runs it; begin every ``change`` and ``undo`` with it.

    It stops accidents (Run All, papermill, nbval) and isn't a security boundary: the author of a notebook can
    write a cell without it, which ``outage check`` reports.

    Raises:
        Guarded: something else runs the cell; the message is the command to type.

    Example:
        >>> guard()
        >>> for action in proposed():
        ...     print("terminating", action.data["pid"])
        terminating 4242
    """
    if not _session.token:
        raise Guarded(describe_guard(sys._getframe(1)))


def save(name: str, value: Any) -> None:
    """Keep what later cells, a resumed run or an undo need. ``value`` is JSON, at most 1 MB.

    In a change it is on the disk when this returns, even if the kernel is killed right after.

    Raises:
        TypeError: the value isn't JSON.
        ValueError: the value is longer than 1 MB.
        RunbookError: it contains a secret, and it is written to the journal.

    Example:
        >>> save("terminated", [4242, 4243])
        saved terminated (12 bytes)
    """
    text = _json(value, f"save({name!r})")
    if len(text) > MOST_SAVED_BYTES:
        raise ValueError(f"save({name!r}): {len(text)} bytes; {MOST_SAVED_BYTES} is the most")
    _no_secret(text, f"save({name!r})")
    kept = _session.saved[name] = json.loads(text)
    _session.scrubbed.discard(name)
    if _session.spool:
        _to_disk(_session.spool, json.dumps({"name": name, "value": kept}))
    _display({SAVED_MIME: {"name": name, "value": kept}, "text/plain": f"saved {name} ({_size(len(text))})"})


def saved(name: str, default: Any = _MUST_BE) -> Any:
    """Return what this run saved under ``name``, even if another kernel saved it.

    A change that is run again after it failed half way begins with ``saved(name, [])`` and adds to it: undo
    doesn't restore what it forgets.

    Raises:
        NotSaved: nothing was saved under that name, and there is no ``default``; or a secret was left
            out of it when it was written down, and another kernel saved it.

    Example:
        >>> saved("moved", [])
        []
        >>> save("moved", ["old.log"])
        saved moved (11 bytes)
        >>> saved("moved")
        ['old.log']
    """
    if name in _session.scrubbed:
        raise NotSaved(
            f"a secret was left out of what this run saved as {name!r}, so it cannot be used",
            "do this step by hand; in the runbook, save the secret's reference and read it with secret()",
        )
    if name not in _session.saved and default is not _MUST_BE:
        return default
    if name not in _session.saved:
        raise NotSaved(
            f"this run has saved nothing as {name!r}",
            "the change cell saves it, and runs only with: outage run RUNBOOK --apply",
        )
    return _session.saved[name]


def require(condition: object, what: str, hint: str = "") -> None:
    """Go on only if ``condition`` holds; otherwise stop, and say ``what`` is wrong and what to do about it.

    Raises:
        CheckFailed: it doesn't hold.

    Example:
        >>> free = 0.04
        >>> require(free > 0.10, "the disk is nearly full", "run disk-full first")
        Traceback (most recent call last):
        outage.kit.CheckFailed: the disk is nearly full
          hint: run disk-full first
    """
    if not condition:
        raise CheckFailed(what, hint)


def run_folder() -> Path:
    """Return the folder of this run, in a ``change`` cell: for a file that the run leaves as evidence.

    Raises:
        Guarded: the cell wasn't started by ``outage run --apply``, see :func:`guard`.

    Example:
        >>> report = run_folder() / "report.txt"
        >>> report.write_text("nothing left in the queue")
        25
    """
    if not _session.token or not _session.spool:
        raise Guarded(describe_guard(sys._getframe(1)))
    return Path(_session.spool).parent


def secret(reference: str) -> str:
    """Read, here in the kernel, the value that ``secret://env/NAME`` or ``secret://file/PATH`` refers to.

    The runner knows only the reference, and scrubs the value from everything that it writes and shows.

    Raises:
        RunbookError: it isn't a reference, or what it names doesn't exist.

    Example:
        >>> secret("secret://env/NO_SUCH_KEY")
        Traceback (most recent call last):
        outage.kit.RunbookError: ...NO_SUCH_KEY...
    """
    from outage.secrets import resolve

    try:
        value = resolve(reference)
    except Refused as error:
        raise RunbookError(error.message, error.hint or "") from None
    _session.secrets.add(value)
    if "IPython" in sys.modules:
        _display({SECRET_MIME: reference, "text/plain": ""})
    return value


# Called by the runner, in the kernel, around cells; see run/client.py.


def _issue(text: str) -> None:
    """Give the next cell its token, the actions on the journal and what the run has saved."""
    data = json.loads(text)
    _session.run, _session.token = data["run"], data["token"]
    _session.actions = [Action(**action) for action in data["actions"]]
    _session.saved.update(data["saved"])
    _session.spool = data.get("spool", "")


def _restore(text: str) -> None:
    """Give a fresh kernel what the run has saved, and which of it holds a mark in the place of a secret."""
    data = json.loads(text)
    _session.saved.update(data["saved"])
    _session.scrubbed.update(data["scrubbed"])


def _revoke() -> None:
    """Take the token back: the cell that had it is over."""
    _session.token, _session.actions, _session.spool = "", [], ""


def _to_disk(path: str, line: str) -> None:
    """Append a line to the runner's file; it reads it when this cell is over, however it ends."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        files.write_all(file, f"{line}\n".encode())
        os.fsync(file)
    finally:
        os.close(file)


def _json(value: Any, what: str) -> str:
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{what} must be JSON (text, numbers, lists, dicts): {error}") from None


def _no_secret(text: str, what: str) -> None:
    """Refuse to write down a secret, or a mark in its place, which undo would use."""
    if any(json.dumps(value)[1:-1] in text for value in _session.secrets):
        raise RunbookError(f"{what} holds a secret, and it is written down", "keep the secret's reference")


def _size(count: int) -> str:
    return f"{count} bytes" if count < 10_000 else f"{count // 1000} kB"


def _display(data: dict[str, Any]) -> None:
    """Publish display data in a kernel; print its text elsewhere."""
    if "IPython" in sys.modules:
        from IPython import get_ipython

        if (shell := get_ipython()) is not None:
            shell.display_pub.publish(data)
            return
    print(data["text/plain"])
