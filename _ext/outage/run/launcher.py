"""Starts the kernel of a run: ipykernel's own, in which a cell passes only if nothing of it failed.

What it adds: no start-up file and no configuration of a user or a machine is read; a cell that asks to exit
fails, at once; what fails beside the cell, in a thread or a task, fails the cell; and what is printed at
once leaves in pieces (one message holds what one ``print`` wrote, and the runner has it as bytes, as text and
as JSON at the same time: a text of 100 MB would cost it three times that).
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from ipykernel import compiler
from ipykernel.iostream import OutStream
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQInteractiveShell
from traitlets import Type

from outage import kit
from outage.kit import RunbookError
from outage.run.background import Background
from outage.run.reviewed import Reviewed

PIECE = 500_000  # characters
_compiler: Any = compiler
_CELLS = f"{_compiler.get_tmp_directory()}/"
background = Background(lambda filename: filename.startswith(_CELLS))


class AskedToExit(RunbookError):
    """A cell called ``exit()`` or the like."""


def admit(text: str) -> None:
    """Say which files of the handbook may run here; called by the runner, before the first cell."""
    told = json.loads(text)
    Reviewed(Path(told["root"]), told["files"], Path(told["own"]), background.add).install()


def settle() -> None:
    """Raise what failed since the last cell, or is not over yet; called by the runner.

    Raises:
        RunbookError: there is something.
    """
    if failure := background.failure() or background.unfinished():
        raise failure


class Shell(ZMQInteractiveShell):
    """The shell in which cells run."""

    def ask_exit(self) -> None:
        """Refuse: a front end ends the kernel some time, and until then the rest of the cell would run.

        Raises:
            AskedToExit: always.
        """
        hint = "to stop a run in words: require(condition, 'what is wrong', 'what to do about it')"
        error = AskedToExit("this cell asked to exit", hint)
        background.add(error)  # a cell that catches it has asked all the same
        raise error


class Kernel(IPythonKernel):
    """The kernel: what it replies says whether the cell really passed."""

    shell_class = Type(Shell)

    async def do_execute(self, code: str, silent: bool, *args: Any, **kwargs: Any) -> Any:
        """Run a cell, and look at what it left behind."""
        execute: Any = super().do_execute
        if silent:
            return await execute(code, silent, *args, **kwargs)
        background.follow(asyncio.get_running_loop())
        reply = await execute(code, silent, *args, **kwargs)
        if reply["status"] != "ok":
            return reply
        await asyncio.sleep(0)  # a task that has only just begun may fail at once
        shell: Any = self.shell
        result = getattr(shell.last_execution_result, "result", None)
        failure = background.failure(result) or (background.unfinished() if kit._session.token else None)
        return self._failed(reply, failure) if failure else reply

    def _failed(self, reply: dict[str, Any], failure: RunbookError) -> dict[str, Any]:
        """Turn a reply into that of a cell that raised this."""
        shell: Any = self.shell
        shell.showtraceback((type(failure), failure, None))
        lines = failure._render_traceback_()
        told = {"ename": type(failure).__name__, "evalue": str(failure), "traceback": lines}
        return {**reply, "status": "error", **told, "user_expressions": {}}


class App(IPKernelApp):
    """ipykernel's application, with nothing of its user's or its machine's in it."""

    kernel_class = Type(Kernel)

    def load_config_file(self, *args: Any, **kwargs: Any) -> None:
        """Read no configuration: it can name code to run, in the profile and in folders of the machine."""

    def init_path(self) -> None:
        """Do not import from the working folder."""

    def init_code(self) -> None:
        """Run no start-up files."""
        shell: Any = self.shell
        shell._sys_modules_keys = set(sys.modules)


def send_in_pieces(stream: Any) -> None:
    """Have the streams of this class send a long text piece by piece.

    The class is changed, and before there is a kernel: while a cell runs, IPython puts a ``write`` of its
    own on each stream, and what it puts back afterwards is the one that it found first.
    """
    whole = stream.write

    def write(self: Any, text: Any) -> int:
        """Write ``text``; each piece of a long one is sent before the next one is written."""
        if not isinstance(text, str) or len(text) <= PIECE:
            return int(whole(self, text))  # which says what it thinks of something that is no text
        for start in range(0, len(text), PIECE):
            whole(self, text[start : start + PIECE])
            self.flush()
        return len(text)

    stream.write = write


def launch() -> None:
    """Start it."""
    send_in_pieces(OutStream)
    background.install()
    App.launch_instance()
