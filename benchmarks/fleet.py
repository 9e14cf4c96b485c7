"""What a look at a fleet costs: Ansible's own start, eight servers over ssh, and the growth to 200 hosts.

Run it with ``make bench``, or ``python -m benchmarks.fleet [rounds [hosts]...]``. The eight are the lab's,
each with an sshd of its own; the many are reached by Ansible's local connection, so that
they cost what Ansible and the module cost, and no network. All of them look at the same web server. Seconds
of processor are given too, for a busy machine hardly changes them; what sshd and the modules behind it use is
not in them.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from outage.kit.fleet import play
from outage.lab import control
from outage.lab.model import Lab
from outage.lab.parts import web

LOOK = "runbooks/ansible/look.yml"
MANY = (8, 50, 200)
FORKS = 20


def local_inventory(lab: Lab, hosts: int, file: Path) -> None:
    """An inventory of hosts that are all this machine."""
    every = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "shop_folder": str(web.folder(lab, "web1")),
        "shop_url": web.url(lab, "web1", ""),
        "haproxy_backend": "web",
        "haproxy_server": "web1",
    }
    names: dict[str, object] = {f"web{number}": {} for number in range(1, hosts + 1)}
    file.write_text(json.dumps({"web": {"hosts": names, "vars": every}}), encoding="utf-8")


def look(hosts: int) -> None:
    """Look at the inventory of ANSIBLE_INVENTORY."""
    played = play(LOOK, variables={"fleet": "web"}, looking=True)
    assert len(played.done) == hosts, [host.why for host in played.failed + played.unreachable]


def version_alone() -> None:
    """``ansible-playbook --version``: what every play pays before it begins."""
    program = str(Path(sys.executable).parent / "ansible-playbook")
    subprocess.run([program, "--version"], check=True, capture_output=True)


def timed(what: Callable[[], None], rounds: int) -> tuple[float, float]:
    """Seconds, and seconds of processor, that something takes; medians."""
    taken = []
    for _ in range(rounds):
        began, before = time.perf_counter(), _processor()
        what()
        taken.append((time.perf_counter() - began, _processor() - before))
    seconds, processor = (statistics.median(column) for column in zip(*taken, strict=True))
    return seconds, processor


def _processor() -> float:
    """Seconds of processor of this process and of all children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main(rounds: int = 3, *hosts: int) -> None:
    """Measure with so many hosts, :data:`MANY` where none are named, and print medians."""
    rows: list[tuple[str, float, float]] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        lab, _ = control.up(folder / "lab", ["sshd"])
        try:
            os.environ.update(control.build_environment(lab))
            rows.append(("`ansible-playbook --version`", *timed(version_alone, rounds)))
            rows.append(("8 servers by ssh, 8 forks", *timed(partial(look, 8), rounds)))
            os.environ["ANSIBLE_INVENTORY"] = str(folder / "many.json")
            os.environ["ANSIBLE_FORKS"] = str(FORKS)
            for many in hosts or MANY:
                local_inventory(lab, many, folder / "many.json")
                rows.append((f"{many} hosts, local, {FORKS} forks", *timed(partial(look, many), rounds)))
        finally:
            control.down(folder / "lab")
    print(f"Seconds, medians of {rounds} rounds\n")
    print("| look at | seconds | of processor |\n|---|---|---|")
    for name, seconds, processor in rows:
        print(f"| {name} | {seconds:.1f} | {processor:.1f} |")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
