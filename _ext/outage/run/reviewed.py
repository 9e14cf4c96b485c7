"""Refuses, in the kernel, every file of the handbook that would run and is not in the digest of the run.

The digest is made from what can be read in the notebook: its ``import`` statements and the files that its
metadata names. What is found only while cells run (``importlib``, ``exec(open(...))``, a script given to
``subprocess``, a module that lies about in the working folder) is compared with it here.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import site
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib.machinery import FileFinder, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

from outage.kit import RunbookError

_OURS = Path(__file__).resolve().parents[1]
_SCRIPTS = (".py", ".pyc", ".pyz", ".sh", ".bash", ".zsh", ".pl", ".rb", ".js", ".sql", ".ps1")
_MOST_READ = 50
_MOST_BYTES = 1_000_000


class Unreviewed(RunbookError):
    """Code of the handbook that is not in the digest of the run was about to run."""


class Reviewed:
    """The files of the handbook that may run in this kernel.

    Attributes:
        root: the handbook's folder.
        files: their paths from there, each with the SHA-256 of its content.
        own: the run's folder: what the run itself writes there it may also use.
    """

    def __init__(
        self, root: Path, files: dict[str, str], own: Path, tell: Callable[[Unreviewed], None]
    ) -> None:
        """``tell`` is called with each refusal, in case the cell catches it."""
        self.root, self.files, self.own, self._tell = root.resolve(), files, own.resolve(), tell
        self._within = f"{self.root}{os.sep}"
        others = [*_find_environment(self.root), _OURS, self.own]
        self._others = tuple(f"{folder}{os.sep}" for folder in others)
        self._read: dict[str, list[CodeType] | None] = {}
        self._here = threading.local()

    def install(self) -> None:
        """Let cells import from the handbook, after all else, and look at whatever is about to run."""
        for module in [*sys.modules.values()]:
            if (file := getattr(module, "__file__", None)) and self.strange(file):
                with suppress(Unreviewed):
                    self.refuse(file)
        sys.path_hooks.insert(0, self._finder)
        sys.path_importer_cache.clear()
        sys.path.append(str(self.root))  # last: nothing there replaces a module of Python or a package
        sys.addaudithook(self._audit)

    def strange(self, name: str) -> str | None:
        """Return the path from the root, if that is a file of the handbook which is not in the digest."""
        path = os.path.abspath(name)  # noqa: PTH100 - resolve() follows links, and both ends count
        if path.startswith(self._others):
            return None
        real = os.path.realpath(path)
        inside = [each.removeprefix(self._within) for each in (path, real) if each.startswith(self._within)]
        if not inside or real.startswith(self._others) or any(each in self.files for each in inside):
            return None
        return inside[0] if Path(path).is_file() else None

    def refuse(self, name: str, reason: str = "is not part of what was reviewed with this runbook") -> None:
        """Stop, and say which file it is.

        Raises:
            Unreviewed: always.
        """
        shown = self.strange(name) or os.path.realpath(name).removeprefix(self._within)
        hint = "import it with an import statement, or list it in metadata runbook.files"
        error = Unreviewed(f"{shown} {reason}, and was about to run", hint)
        self._tell(error)
        raise error

    def require(self, name: str, content: bytes) -> None:
        """Refuse a module that is not in the digest, or is no longer what it was.

        Raises:
            Unreviewed: it is.
        """
        known = self.files.get(os.path.realpath(name).removeprefix(self._within))
        if known is None:
            self.refuse(name)
        elif known != hashlib.sha256(content).hexdigest():
            self.refuse(name, "was changed while this run went on")

    def _finder(self, folder: str) -> FileFinder:
        """Return the importer of a folder of the handbook: from sources, never from compiled files."""
        path = f"{os.path.realpath(folder)}{os.sep}"
        if not path.startswith(self._within) or path.startswith(self._others):
            raise ImportError(folder)
        if self.strange(folder):  # an archive, perhaps
            self.refuse(folder)
        if not Path(folder).is_dir():
            raise ImportError(folder)
        reviewed = self

        class Loader(SourceFileLoader):
            """Loads a module of the handbook if it is in the digest."""

            def get_code(self, fullname: str) -> CodeType:
                file = self.get_filename(fullname)
                content = self.get_data(file)
                reviewed.require(file, content)
                return self.source_to_code(content, file)

        return FileFinder(folder, (Loader, [".py"]))

    def _audit(self, event: str, args: tuple[Any, ...]) -> None:
        """Check what Python is about to do; raising here stops it."""
        if event not in _EVENTS or getattr(self._here, "busy", False):
            return
        self._here.busy = True
        try:
            if event == "open":
                self._note_read(*args[:2])
            elif event == "exec":
                self._check_code(args[0])
            elif event in _COMMANDS:
                for name in _COMMANDS[event](args):
                    if self._is_script(name) and self.strange(name):
                        self.refuse(name)
            elif isinstance(name := args[_FILES[event]], str) and os.sep in name and self.strange(name):
                self.refuse(name)
        finally:
            self._here.busy = False

    def _note_read(self, path: Any, mode: Any) -> None:
        """Remember a file that was opened: its text may be given to ``exec``."""
        if not isinstance(path, (str, bytes)) or (isinstance(mode, str) and "r" not in mode):
            return
        name = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - as above, and this is called often
        if name.startswith(self._within) and len(self._read) < _MOST_READ and self.strange(name):
            self._read.setdefault(name, None)

    def _check_code(self, code: Any) -> None:
        if not isinstance(code, CodeType):
            return
        if self.strange(code.co_filename):
            self.refuse(code.co_filename)
        for path, compiled in self._read.items():
            if compiled is None:
                compiled = self._read[path] = _compile(path)
            if code in compiled:
                self.refuse(path)

    def _is_script(self, name: str) -> bool:
        return name.endswith(_SCRIPTS) or (os.sep in name and os.access(name, os.X_OK))


def _find_environment(root: Path) -> list[Path]:
    """Return folders of Python and its packages, of which some may lie within the handbook (``.venv``)."""
    paths = [sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    paths += [*site.getsitepackages(), site.getusersitepackages()]
    prefix = Path(sys.prefix).resolve()
    inside = [prefix] if prefix != root and prefix.is_relative_to(root) else []
    return [*inside, *(Path(path).resolve() for path in paths)]


def _compile(path: str) -> list[CodeType]:
    """Return a file's text as ``exec`` and as ``eval`` would have it; nothing if it is no Python."""
    found: list[CodeType] = []
    with suppress(OSError):
        if Path(path).stat().st_size <= _MOST_BYTES:
            content = Path(path).read_bytes()
            for mode in ("exec", "eval"):
                with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
                    found.append(compile(content, path, mode, dont_inherit=True))
    return found


def _split_command(command: Any) -> Iterator[str]:
    """Yield the words of a command, however it was given."""
    if isinstance(command, (str, bytes)):
        text = os.fsdecode(command)
        try:
            yield from shlex.split(text)
        except ValueError:
            yield from text.split()
    elif isinstance(command, (os.PathLike, Sequence)):
        parts = [command] if isinstance(command, os.PathLike) else command
        yield from (os.fsdecode(part) for part in parts if isinstance(part, (str, bytes, os.PathLike)))


def _find_started(args: tuple[Any, ...]) -> Iterator[str]:
    """Yield words of what ``subprocess`` starts, as paths from the folder that it is started in."""
    executable, command, folder = args[:3]
    for word in [*_split_command(executable), *_split_command(command)]:
        for part in (word, *(_split_command(word) if " " in word else ())):
            yield str(Path(os.fsdecode(folder), part)) if folder else part


_COMMANDS: dict[str, Callable[[tuple[Any, ...]], Iterator[str]]] = {
    "subprocess.Popen": _find_started,
    "os.system": lambda args: _split_command(args[0]),
    "os.exec": lambda args: _split_command(args[1]),
    "os.posix_spawn": lambda args: _split_command(args[1]),
    "os.spawn": lambda args: _split_command(args[2]),
}
_FILES = {"import": 1, "ctypes.dlopen": 0}
_EVENTS = frozenset({"open", "exec", *_COMMANDS, *_FILES})
