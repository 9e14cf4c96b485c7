"""Runs single cells of a runbook in a kernel that is already booting: a client of nbclient.

nbclient sends the code, follows the kernel's messages and watches that it lives; this
subclass gives outputs away as they come instead of gathering them, and tells apart the ways
in which a cell can end. What is run, and when, is :mod:`outage.run.runner`'s business.
"""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass
from queue import Empty
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol, cast

from jupyter_client.asynchronous.client import AsyncKernelClient
from nbclient import NotebookClient
from nbclient.exceptions import (
    CellExecutionComplete,
    CellExecutionError,
    CellTimeoutError,
    DeadKernelError,
)
from nbformat import from_dict

from outage.errors import OutageError

if TYPE_CHECKING:
    from pathlib import Path

    from outage.run.kernel import Kernel

BOOT_SECONDS = 60
IOPUB_SECONDS = 30
GRACE_SECONDS = 3.0
SETTLE_SECONDS = 30.0
_node: Any = from_dict
_SILENT = logging.getLogger(__name__)  # what nbclient would log, the journal tells
_SILENT.disabled = True
# ipykernel closes its sockets at exit, and joins a thread that in some runs in a hundred waits for
# seconds on one that has stopped. A kernel whose sockets no one uses any more can go without that.
_LEAVE = "import atexit, ipykernel.kernelapp as _app; atexit.unregister(_app.IPKernelApp.instance().close)"
_KIT = "__import__('outage.kit', fromlist=['kit'])"
_LAUNCHER = "__import__('outage.run.launcher', fromlist=['launcher'])"


class NoKernelError(OutageError):
    """The kernel did not come up (exit 4)."""

    code = 4


class Sink(Protocol):
    """Where a cell's outputs go; see :class:`outage.run.outputs.CellOutputs`."""

    def stream(self, name: str, text: str) -> None:
        """Take text on stdout or stderr."""

    def rich(
        self, output_type: str, data: dict[str, Any], display: str | None = None, *, update: bool = False
    ) -> None:
        """Take display data or a result; an ``update`` replaces what its ``display`` showed."""

    def clear(self) -> None:
        """Clear what was shown."""

    def error(self, name: str, value: str, traceback: list[str]) -> Any:
        """Return what the cell raised."""


class _Unseen:
    """Takes outputs that no one sees."""

    def stream(self, name: str, text: str) -> None:
        """Leave it out."""

    def rich(
        self, output_type: str, data: dict[str, Any], display: str | None = None, *, update: bool = False
    ) -> None:
        """Leave it out."""

    def clear(self) -> None:
        """Do nothing: there is nothing to clear."""

    def error(self, name: str, value: str, traceback: list[str]) -> dict[str, str]:
        """Keep what matters of it."""
        return {"name": name, "value": value}


@dataclass
class Ending:
    """How a cell ended: its state, how long it took and, if it failed, what it raised."""

    state: str
    seconds: float
    error: dict[str, str] | None = None


@dataclass
class _Current:
    """The cell that is being run."""

    sink: Sink
    error: dict[str, str] | None = None
    message: str = ""


class _Channels(AsyncKernelClient):
    """The kernel's channels; it lives as long as its process does."""

    process: Kernel

    async def _async_is_alive(self) -> bool:
        return self.process.alive()

    is_alive = _async_is_alive


@dataclass
class Request:
    """Asked from outside: to stop, because of ``reason``; ``urgent`` when it is asked again."""

    reason: str = ""
    urgent: bool = False


class RunbookClient(NotebookClient):
    """Runs code in one kernel. All its methods belong to one event loop."""

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(_node({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{}]}))
        self.kernel = kernel
        self.request = Request()
        self.iopub_timeout = IOPUB_SECONDS
        self._current: _Current | None = None
        self._listening: asyncio.Task[Any] | None = None
        self.log = _SILENT
        self.allow_errors = False
        self.record_timing = False

    async def connect(self) -> None:
        """Wait until the kernel answers.

        Raises:
            NoKernelError: it ended, or did not answer for a minute.
        """
        channels = _Channels()
        channels.load_connection_info(cast("Any", self.kernel.connection))
        channels.process = self.kernel
        channels.start_channels(stdin=False, hb=False)
        channels.allow_stdin = False
        self.kc = channels
        until = monotonic() + BOOT_SECONDS
        heard = asyncio.ensure_future(self._answer(channels))
        try:
            while not heard.done() and not self.request.reason:
                await asyncio.wait([heard], timeout=0.05)
                if not self.kernel.alive() or monotonic() > until:
                    log = self.kernel.log().strip().splitlines()
                    raise NoKernelError(
                        "the kernel did not start" + (f": {log[-1]}" if log else ""),
                        hint="try: python -m ipykernel_launcher --version, in the environment of outage",
                    )
        finally:
            heard.cancel()

    async def _answer(self, channels: _Channels) -> None:
        """Wait for an answer: a kernel that has said something may still be booting."""
        listen = cast("Any", channels.iopub_channel).get_msg
        await listen(timeout=None)  # until then it may not be heard by us
        asked = channels.kernel_info()
        while (await listen(timeout=None))["parent_header"].get("msg_id") != asked:
            pass

    def stop(self, reason: str) -> None:
        """End the running cell from outside, as soon as it can be; call it from the event loop."""
        self.request = Request(reason, urgent=bool(self.request.reason))
        if self.task_poll_for_reply is not None and not self.task_poll_for_reply.done():
            self.task_poll_for_reply.cancel()

    def tell(self, code: str) -> None:
        """Have the kernel run something of ours, before whatever is run next."""
        assert self.kc is not None
        self.kc.execute(code, silent=True, store_history=False, allow_stdin=False)

    def admit(self, root: Path, files: dict[str, str], own: Path) -> None:
        """Say which files of the handbook may run, see :class:`outage.run.reviewed.Reviewed`."""
        told = json.dumps({"root": str(root), "files": files, "own": str(own)})
        self.tell(f"{_LAUNCHER}.admit({told!r})")

    async def settle(self) -> Ending:
        """Return the state of what cells left behind: ``failed`` if some of it did, or is not over yet."""
        return await self.run(f"{_LAUNCHER}.settle()", _Unseen(), SETTLE_SECONDS)

    def issue(self, session: dict[str, Any]) -> None:
        """Give the next cell its token, see :func:`outage.kit.guard`."""
        self.tell(f"{_KIT}._issue({json.dumps(session)!r})")

    def restore(self, saved: dict[str, Any], scrubbed: list[str]) -> None:
        """Give a fresh kernel what the run saved in an earlier one; ``scrubbed`` lacks a secret."""
        self.tell(f"{_KIT}._restore({json.dumps({'saved': saved, 'scrubbed': scrubbed})!r})")

    def revoke(self) -> None:
        """Take the token back."""
        self.tell(f"{_KIT}._revoke()")

    async def run(self, source: str, sink: Sink, limit: float) -> Ending:
        """Run one cell.

        Args:
            source: its code.
            sink: takes its outputs as they come.
            limit: seconds that it may take.

        Returns:
            ``passed``, ``failed``, ``timed-out``, ``interrupted`` or ``killed``. After one of the
            last three the kernel is of no more use.
        """
        self._current = _Current(sink)
        self.timeout_func = cast("Any", lambda _: max(limit, 0.001))
        cell = _node({"cell_type": "code", "metadata": {}, "source": source, "outputs": []})
        began = monotonic()
        state = "passed"
        try:
            await self.async_execute_cell(cell, 0)
            if self._current.error:  # shown, and not raised: get_ipython().run_cell() does that
                state = "failed"
        except CellExecutionError as error:
            state = "failed"
            self._current.error = self._current.error or {"name": error.ename, "value": error.evalue}
            if error.ename == "SystemExit":  # whose text is a number, or nothing
                asked = f"it asked to exit, with status {error.evalue or 0}"
                self._current.error = {**self._current.error, "value": asked}
        except CellTimeoutError:
            state = "timed-out"
            if self._listening is not None:  # nbclient leaves it listening, and it would take our messages
                self._listening.cancel()
            await self._calm()
        except DeadKernelError:
            state = "interrupted" if self.request.reason and self.kernel.alive() else "killed"
            await (self._calm() if state == "interrupted" else self._drain())
        return Ending(state, monotonic() - began, self._current.error)

    async def _calm(self) -> None:
        """Interrupt a cell that must end, and give it a moment to clean up after itself."""
        self.kernel.interrupt()
        until = monotonic() + GRACE_SECONDS
        while self.kernel.alive() and monotonic() < until and not self.request.urgent:
            if await self._next(0.1) == "idle":
                return

    async def _drain(self) -> None:
        """Take what a kernel that died had still said."""
        while await self._next(0.05) == "output":
            pass

    async def _next(self, patience: float) -> str:
        """Take one message of the cell that is being ended: ``output``, ``idle`` or ``nothing``."""
        assert self._current is not None
        assert self.kc is not None
        try:
            message = await cast("Any", self.kc.iopub_channel).get_msg(timeout=patience)
        except Empty:
            return "nothing"
        if message["parent_header"].get("msg_id") != self._current.message:
            return "output"
        try:
            self.process_message(message, _node({"metadata": {}}), 0)
        except CellExecutionComplete:
            return "idle"
        return "output"

    async def close(self) -> None:
        """Ask the kernel to go, and close the channels; its process is the caller's to end."""
        if self.kc is not None:
            if self.kernel.alive():
                self.tell(_LEAVE)
                self.kc.shutdown()
            self.kc.stop_channels()
            self.kc = None

    # What nbclient calls.

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> None:
        """Hand an output on; nothing is kept here."""
        assert self._current is not None
        self._current.message = msg["parent_header"].get("msg_id", "")
        kind, content, sink = msg["msg_type"], msg["content"], self._current.sink
        if kind == "stream":
            sink.stream(content["name"], content["text"])
        elif kind in {"display_data", "execute_result", "update_display_data"}:
            display, update = content.get("transient", {}).get("display_id"), kind.startswith("update")
            form = "display_data" if update else kind
            sink.rich(form, content["data"], None if display is None else str(display), update=update)
        elif kind == "clear_output":
            sink.clear()
        elif kind == "error":
            self._current.error = sink.error(content["ename"], content["evalue"], content["traceback"])
        elif kind == "status" and content["execution_state"] == "idle":
            raise CellExecutionComplete

    async def _async_poll_output_msg(self, *arguments: Any) -> None:
        """Listen to the kernel; the task is remembered, so that it can be ended."""
        self._listening = asyncio.current_task()
        await super()._async_poll_output_msg(*arguments)

    async def _async_poll_kernel_alive(self) -> None:
        """Look often whether the kernel lives; nbclient looks once a second."""
        while self.kernel.alive():
            await asyncio.sleep(0.1)
        if self.task_poll_for_reply is not None:
            self.task_poll_for_reply.cancel()
