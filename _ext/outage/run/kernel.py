"""The kernel's process: started before anything else is imported, gone when the run is over.

Only the standard library is imported here, so that the kernel boots beside our imports.
It talks over sockets in a private folder (no ports, no races), reads no start-up files of its
user or machine, has no stdin, and leads its own process group, which is ended as a whole. What left that
group is found by a mark, see :mod:`outage.processes`.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from outage.errors import Refused
from outage.processes import MARK, PREFIX, end_marked, hold_runner_lock, sweep
from outage.proxies import spare_loopback

_LAUNCH = "from outage.run.launcher import launch; launch()"
_NOT_PASSED_ON = (  # they run code at the start, or have Python leave out what is asserted
    *("PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONOPTIMIZE"),
)
_OURS = Path(__file__).resolve().parents[2]
_SOCKET_PATH = 80
_PORTS = ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")


@dataclass
class Kernel:
    """A started kernel.

    Attributes:
        folder: private to it; holds connection file, sockets, log and IPython's own folder.
        connection: how to talk to it, as in a Jupyter connection file.
        lock: descriptor of the lock that says that we, its runner, live; -1 when it has ended.
    """

    process: subprocess.Popen[bytes]
    folder: Path
    connection: dict[str, Any]
    lock: int

    def alive(self) -> bool:
        """Return whether the process runs."""
        return self.process.poll() is None

    def interrupt(self) -> None:
        """Interrupt the running cell, as Ctrl-C in a notebook does."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGINT)

    def log(self) -> str:
        """Return the end of what it wrote before it could talk to us."""
        with contextlib.suppress(OSError):
            return (self.folder / "log").read_bytes()[-2000:].decode("utf-8", "replace")
        return ""

    def end(self, patience: float = 0.0) -> None:
        """End it, and every process that its cells started; then clear its folder; once.

        Args:
            patience: seconds that it may take to go by itself.
        """
        if self.lock < 0:
            return
        if patience and self.alive():
            self._await_end(patience)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        end_marked(self.folder.name)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self.lock)
        self.lock = -1

    def _await_end(self, patience: float) -> None:
        """Give it so many seconds to go; the system says when it has gone, so that nothing is polled."""
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            if not hasattr(os, "pidfd_open"):  # macOS
                self.process.wait(patience)
                return
            handle = os.pidfd_open(self.process.pid)
            try:
                waiting = select.poll()
                waiting.register(handle, select.POLLIN)
                waiting.poll(patience * 1000)
            finally:
                os.close(handle)


def start_kernel(root: Path) -> Kernel:
    """Start this interpreter's ipykernel.

    Args:
        root: the handbook's folder, in which its cells run. They import from it only what
            :class:`outage.run.reviewed.Reviewed` admits.

    Raises:
        Refused: ipykernel is not installed beside outage.
    """
    if find_spec("ipykernel") is None:
        hint = "install it into the environment of outage: pip install -r requirements.txt"
        raise Refused(f"there is no ipykernel for {sys.executable}", hint=hint)
    folder = _make_private_folder()
    lock = hold_runner_lock(folder)
    connection = {
        "transport": "ipc",
        "ip": str(folder / "s"),
        **{port: number for number, port in enumerate(_PORTS, 1)},
        "key": os.urandom(32).hex(),
        "signature_scheme": "hmac-sha256",
        "kernel_name": "python3",
    }
    file = folder / "connection.json"
    file.write_text(json.dumps(connection))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-P"),  # the working folder's modules are no one's but the handbook's
                *("-c", _LAUNCH),
                *("-f", str(file)),
                "--HistoryManager.enabled=False",
            ],
            cwd=root,
            env=_build_environment(folder, root.resolve()),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return Kernel(process, folder, connection, lock)


def sweep_leftovers() -> int:
    """End what killed runners left behind; returns how many kernels that were."""
    return sweep(_find_parent())


def _build_environment(folder: Path, root: Path) -> dict[str, str]:
    """Return our own, with our process id (it goes when we go) and a home for IPython; no start-up files."""
    environment = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON}
    spare_loopback(environment)
    return {
        **environment,
        "PYTHONPATH": os.pathsep.join(_build_python_path(root)),
        "JPY_PARENT_PID": str(os.getpid()),
        "IPYTHONDIR": str(folder / "ipython"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",  # files mean the same wherever a runbook is run, whatever the locale
        MARK: folder.name,
    }


def _build_python_path(root: Path) -> list[str]:
    """Return our own, without the handbook's folders: no one reviewed what Python imports at its start."""
    given = [Path(path).resolve() for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    return [str(path) for path in given if path == _OURS or not path.is_relative_to(root)]


def _find_parent() -> Path:
    parent = os.environ.get("TMPDIR") or "/tmp"
    return Path(parent if len(parent) < _SOCKET_PATH else "/tmp")


def _make_private_folder() -> Path:
    """Make a folder of mode 0700 whose path is short enough for sockets in it.

    Made by hand: ``tempfile`` loads OpenSSL, and the kernel would start that much later.
    """
    folder = _find_parent() / f"{PREFIX}{os.urandom(6).hex()}"
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        reason = f"no temporary folder can be made: {error.strerror}"
        raise Refused(reason, file=folder, hint="set TMPDIR to a folder that you can write to") from None
    return folder
