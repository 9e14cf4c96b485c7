"""Work on many machines: a playbook, played by ansible-runner on the company's own inventory.

How many machines at once (``forks``), in which batches (``serial``) and how many may fail before the rest
is left alone (``max_fail_percentage``) is Ansible's. This module starts it, and tells per host what came of
it. ANSIBLE_INVENTORY and ANSIBLE_CONFIG say which machines, and how they are reached.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from outage.kit import RunbookError
from outage.processes import end_marked
from outage.text import one_line

State = Literal["done", "failed", "unreachable"]
_KEY = "outage"
_MARK = "OUTAGE_PLAY"
_WORDS = 400
_NO_HOSTS = "look at ANSIBLE_INVENTORY: does it name the file, and does that name the group?"


@dataclass
class Host:
    """Say what came of one machine.

    Attributes:
        name: as the inventory names it.
        state: ``done``, ``failed`` (a task did) or ``unreachable``.
        told: what its tasks gave back, later ones over earlier ones.
        why: why it failed, or can't be reached, on one line.

    Example:
        >>> host = Host("web1", told={"release": "4.3.1"})
        >>> host.state, host.told["release"]
        ('done', '4.3.1')
    """

    name: str
    state: State = "done"
    told: dict[str, Any] = field(default_factory=dict)
    why: str = ""


@dataclass(frozen=True)
class Played:
    """Say what came of a playbook, host by host; hosts that a failed batch kept from their turn aren't in it.

    Example:
        >>> played = play("runbooks/ansible/releases.yml", variables={"fleet": "web"})
        >>> [host.name for host in played.done]
        ['web1', 'web2', 'web3', 'web4', 'web5', 'web6', 'web7', 'web8']
        >>> played.failed, played.unreachable
        ([], [])
    """

    hosts: dict[str, Host]

    def _in(self, state: State) -> list[Host]:
        return [self.hosts[name] for name in natural(self.hosts) if self.hosts[name].state == state]

    @property
    def done(self) -> list[Host]:
        """Those on which every task succeeded, in natural order (web2 before web10)."""
        return self._in("done")

    @property
    def failed(self) -> list[Host]:
        """Those on which a task failed."""
        return self._in("failed")

    @property
    def unreachable(self) -> list[Host]:
        """Those that Ansible could not reach."""
        return self._in("unreachable")


def natural(names: Sequence[str] | Mapping[str, Any]) -> list[str]:
    """Sort names in the order in which people count: web2 before web10.

    Example:
        >>> natural(["web10", "web2", "db1"])
        ['db1', 'web2', 'web10']
    """
    return sorted(names, key=lambda name: [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", name)])


def play(
    playbook: str,
    *,
    variables: Mapping[str, Any] | None = None,
    hosts: Sequence[str] | None = None,
    looking: bool = False,
    show: Callable[[str], None] | None = None,
) -> Played:
    """Play an Ansible playbook on the inventory that ANSIBLE_INVENTORY names.

    A task gives data back by a result with the key ``outage`` (a module's, or that of a ``debug``), which
    becomes ``Host.told``.

    Args:
        playbook: its path from the handbook's root; metadata ``files`` lists it, or its folder.
        variables: extra variables; JSON values, no secrets: Ansible writes them to a private file.
        hosts: only these of its hosts.
        looking: in Ansible's check mode, in which a module reports what it would change, and doesn't.
        show: called with each line of progress that a task gives back as ``outage_says``.

    Returns:
        What came of each host. A host that failed raises nothing: the caller decides what that means.

    Raises:
        RunbookError: Ansible couldn't start, read the playbook or find any host; the message says why.
        KeyboardInterrupt: it was interrupted: nothing new begins. What a machine that is reached by ssh
            does at that moment, it does to its end.

    Example:
        >>> playbook = "runbooks/ansible/releases.yml"
        >>> played = play(playbook, variables={"fleet": "web"}, hosts=["web1"], looking=True)
        >>> [(host.name, host.told["release"]) for host in played.done]
        [('web1', '4.3.1')]
    """
    import ansible_runner

    watcher = _Watcher(show)
    private = tempfile.mkdtemp(prefix="outage-ansible-")
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        runner = ansible_runner.run(
            private_data_dir=private,
            playbook=str(_root() / playbook),
            extravars=dict(variables or {}),
            limit=":".join(hosts) if hosts is not None else None,
            cmdline="--check" if looking else None,
            envvars=_environment() | {_MARK: private},
            settings={"pexpect_timeout": 1},
            quiet=True,
            event_handler=watcher.take,
        )
    finally:
        for each, handler in before.items():  # ansible-runner leaves its own behind
            signal.signal(each, handler)
        shutil.rmtree(private, ignore_errors=True)
    if runner.status == "canceled":
        end_marked(private, _MARK)  # Ansible's workers lead sessions of their own
        raise KeyboardInterrupt
    if not watcher.hosts:
        raise _not_started(runner.rc, watcher)
    return Played(watcher.hosts)


def _root() -> Path:
    """Return the handbook's root, above the folder in which the cells run."""
    here = Path.cwd()
    return next((each for each in (here, *here.parents) if (each / "handbook.yml").exists()), here)


def _environment() -> dict[str, str]:
    """Return an environment with Ansible beside our Python; host keys are checked, unlike ansible-runner's.

    Ansible refuses a locale that is not UTF-8 or not installed, so it gets the one that every system has.
    """
    beside = str(Path(sys.executable).parent)
    return {
        "PATH": os.pathsep.join([beside, os.environ.get("PATH", os.defpath)]),
        "ANSIBLE_HOST_KEY_CHECKING": os.environ.get("ANSIBLE_HOST_KEY_CHECKING", "True"),
        "ANSIBLE_NOCOLOR": "1",
        "LC_ALL": "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8",
    }


@dataclass
class _Watcher:
    """Takes ansible-runner's events as they come."""

    show: Callable[[str], None] | None
    hosts: dict[str, Host] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    nobody: bool = False

    def take(self, event: dict[str, Any]) -> bool:
        """Return one event; False, for none of them need be kept."""
        kind, data = event.get("event", ""), event.get("event_data", {})
        if kind in {"runner_on_ok", "runner_on_failed", "runner_on_unreachable"}:
            self._result(kind.removeprefix("runner_on_"), data)
        elif kind == "playbook_on_no_hosts_matched":
            self.nobody = True
        elif kind in {"verbose", "error", "deprecated", "warning"} and event.get("stdout"):
            self.words.append(str(event["stdout"]))
        return False

    def _result(self, kind: str, data: dict[str, Any]) -> None:
        result = data.get("res") or {}
        host = self.hosts.setdefault(str(data.get("host")), Host(str(data.get("host"))))
        if isinstance(result.get(_KEY), dict):
            host.told |= result[_KEY]
        if self.show is not None and result.get(f"{_KEY}_says"):
            self.show(f"{host.name}: {one_line(str(result[f'{_KEY}_says']))}")
        if kind == "ok" or data.get("ignore_errors"):
            return
        host.state = "unreachable" if kind == "unreachable" else "failed"
        host.why = _why(result)


def _why(result: Mapping[str, Any]) -> str:
    """Return what went wrong on a host, on one line."""
    said = [str(result.get(name) or "").strip() for name in ("msg", "stderr", "module_stderr")]
    told = one_line(" ".join(text for text in said if text)) or "it gave no reason"
    told = told.removeprefix("Task failed: ").removeprefix("Failed to connect to the host via ssh: ")
    told = told.partition("can be reached over ssh: ")[2] or told
    return told if len(told) <= _WORDS else f"{told[:_WORDS]}…"


def _not_started(code: int, watcher: _Watcher) -> RunbookError:
    said = one_line(" ".join(watcher.words))[-_WORDS:]
    if code == 127:
        return RunbookError("ansible-playbook is not installed", "install what requirements.txt names")
    if watcher.nobody or code == 0:
        return RunbookError("the inventory has no such hosts", _NO_HOSTS)
    reason = f"ansible-playbook ended with {code}: {said or 'it said nothing'}"
    return RunbookError(reason, "those are Ansible's own words; by hand it says more: ansible all -m ping")


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lay rows out in columns under a head; every text stays on its line.

    Example:
        >>> print(table(("SERVER", "RELEASE"), [("web1", "4.3.1"), ("web10", "4.3.0")]))
        SERVER  RELEASE
        web1    4.3.1
        web10   4.3.0
    """
    lines = [[one_line(str(each)) for each in row] for row in [head, *rows]]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
