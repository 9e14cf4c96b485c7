"""Keeps, in the kernel, failures that no cell raises: of threads and tasks, and refusals that were caught.

A thread that raises prints a traceback and is gone; a task that no one awaits says nothing at all; and
``except Exception`` catches what was meant to stop a run. Whatever is recorded here fails the cell.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
import threading
import warnings
from collections.abc import Callable
from types import CodeType
from typing import Any

from outage.kit import RunbookError

_WAIT = "wait for it before the cell ends: thread.join(), or await task"


class BackgroundFailed(RunbookError):
    """Something that a cell began, and did not wait for, failed or goes on."""


class Background:
    """What cells began beside themselves, in one kernel.

    Attributes:
        written: whether code was written in a cell of the runbook, by the file name it was compiled under.
    """

    def __init__(self, written: Callable[[str], bool]) -> None:
        self.written = written
        self._failures: list[RunbookError] = []
        self._tasks: list[asyncio.Task[Any]] = []

    def install(self) -> None:
        """Watch for threads that raise, and for coroutines that are thrown away."""
        previous, unraisable = threading.excepthook, sys.unraisablehook

        def thread_failed(args: threading.ExceptHookArgs) -> None:
            if args.exc_value is not None and not _is_calm_exit(args.exc_value):
                self._add_failure(f"the thread {args.thread.name if args.thread else ''}", args.exc_value)
            previous(args)

        def cannot_raise(args: sys.UnraisableHookArgs) -> None:
            code = getattr(args.object, "cr_code", None)
            if isinstance(code, CodeType) and self.written(code.co_filename):
                self._add_unawaited(code.co_name)
            else:
                unraisable(args)

        threading.excepthook, sys.unraisablehook = thread_failed, cannot_raise
        warnings.filterwarnings("error", "coroutine .* was never awaited", RuntimeWarning)

    def follow(self, loop: asyncio.AbstractEventLoop) -> None:
        """Watch every task that begins in this loop, and callbacks in it that raise."""
        if loop.get_task_factory() is self._begin:
            return
        loop.set_task_factory(self._begin)
        loop.set_exception_handler(self._callback_failed)

    def add(self, failure: RunbookError) -> None:
        """Keep what was raised in a cell that may catch it."""
        self._failures.append(failure)

    def failure(self, result: Any = None) -> RunbookError | None:
        """Return the first thing that failed and was not raised, or None.

        Args:
            result: of the cell's last expression, which may be a coroutine that no one awaited.
        """
        for task in [task for task in self._tasks if task.done()]:
            self._tasks.remove(task)
            if not task.cancelled() and getattr(task, "_log_traceback", True):  # no one asked it how it ended
                error = task.exception()
                if error is not None:
                    self._add_failure(f"the task {_name_of(task.get_coro())}", error)
        if inspect.iscoroutine(result) and inspect.getcoroutinestate(result) == inspect.CORO_CREATED:
            self._add_unawaited(result.__name__)
        return self._failures[0] if self._failures else None

    def unfinished(self) -> RunbookError | None:
        """Return the first thing that a cell began itself and hasn't waited for; daemons may go on."""
        for task in self._tasks:
            code = getattr(task.get_coro(), "cr_code", None)
            if not task.done() and isinstance(code, CodeType) and self.written(code.co_filename):
                return BackgroundFailed(f"the task {code.co_name} has not ended", _WAIT)
        for thread in threading.enumerate():
            code = getattr(getattr(thread, "_target", None), "__code__", None)
            if not thread.daemon and isinstance(code, CodeType) and self.written(code.co_filename):
                return BackgroundFailed(f"the thread {thread.name} has not ended", _WAIT)
        return None

    def _begin(self, loop: asyncio.AbstractEventLoop, coro: Any, **more: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=loop, **more)
        if len(self._tasks) > 1000:  # what ended well is of no more interest
            self._tasks = [each for each in self._tasks if not _has_ended_well(each)]
        self._tasks.append(task)
        return task

    def _callback_failed(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, Exception) and self._touches_cell(error):
            self._add_failure("a callback", error)
        loop.default_exception_handler(context)

    def _touches_cell(self, error: Exception) -> bool:
        step = error.__traceback__
        while step is not None:
            if self.written(step.tb_frame.f_code.co_filename):
                return True
            step = step.tb_next
        return False

    def _add_failure(self, what: str, error: BaseException) -> None:
        said = f"{type(error).__name__}: {error}".rstrip(": ")
        self.add(BackgroundFailed(f"{what} failed: {said}", _WAIT))

    def _add_unawaited(self, name: str) -> None:
        hint = f"write: await {name}(...)"
        self.add(BackgroundFailed(f"{name}() was called and never awaited: nothing of it ran", hint))


def _is_calm_exit(error: BaseException) -> bool:
    return isinstance(error, SystemExit) and not error.code


def _has_ended_well(task: asyncio.Task[Any]) -> bool:
    return task.done() and (task.cancelled() or not getattr(task, "_log_traceback", True))


def _name_of(coro: Any) -> str:
    return str(getattr(coro, "__name__", coro))
