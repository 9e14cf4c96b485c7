"""The errors a user may see: what happened, where, and what to do next.

Every refusal in this project is an :class:`OutageError`. The command line and the
site build print it in the same form, without a traceback, and exit with its code.
"""

from __future__ import annotations

from pathlib import Path


class OutageError(Exception):
    """A refusal or failure told in words.

    Attributes:
        message: what happened and why, one or more sentences.
        file: the file it is about, if any.
        line: 1-based line in that file, if known.
        hint: what to do next, if there is something.
        code: the process exit code (see ARCHITECTURE.md).
    """

    code = 2

    def __init__(
        self,
        message: str,
        *,
        file: Path | str | None = None,
        line: int | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = None if file is None else Path(file)
        self.line = line
        self.hint = hint

    @property
    def where(self) -> str:
        """``file:line``, ``file`` or the empty string."""
        if self.file is None:
            return ""
        return str(self.file) if self.line is None else f"{self.file}:{self.line}"

    def __str__(self) -> str:
        head = f"{self.where}: {self.message}" if self.where else self.message
        return f"{head}\n  hint: {self.hint}" if self.hint else head


class Refused(OutageError):
    """Bad input: nothing was started and nothing was changed (exit 2)."""

    code = 2


class Failed(OutageError):
    """Something ran and failed (exit 1)."""

    code = 1


class Problems(OutageError):
    """Several refusals at once, in the order of their files' lines."""

    def __init__(self, problems: list[OutageError]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
        self.code = max(problem.code for problem in problems)
