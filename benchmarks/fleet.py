"""What a look at a fleet costs: Ansible's own start, eight servers over ssh, and the growth to 200 hosts.

Run it with ``make bench``, or ``python -m benchmarks.fleet [rounds]``. The eight are the lab's, each with an
sshd of its own; the many are reached by Ansible's local connection, so that they cost what Ansible and the
module cost, and no network. All of them look at the same web server.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lab import control
from lab.model import Lab
from lab.parts import web
from outage.runbook.fleet import play

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


def timed(hosts: int) -> float:
    """Seconds that a look at the inventory of ANSIBLE_INVENTORY takes."""
    began = time.perf_counter()
    played = play(LOOK, variables={"fleet": "web"}, looking=True)
    took = time.perf_counter() - began
    assert len(played.done) == hosts, [host.why for host in played.failed + played.unreachable]
    return took


def version_alone() -> float:
    """Seconds that ``ansible-playbook --version`` takes: what every play pays before it begins."""
    began = time.perf_counter()
    program = str(Path(sys.executable).parent / "ansible-playbook")
    subprocess.run([program, "--version"], check=True, capture_output=True)
    return time.perf_counter() - began


def main(rounds: int = 3) -> None:
    """Measure, and print medians."""
    rows: list[tuple[str, list[float]]] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        lab, _ = control.up(folder / "lab", ["sshd"])
        try:
            os.environ.update(lab.environment())
            rows.append(("`ansible-playbook --version`", [version_alone() for _ in range(rounds)]))
            rows.append(("8 servers by ssh, 8 forks", [timed(8) for _ in range(rounds)]))
            os.environ["ANSIBLE_INVENTORY"] = str(folder / "many.json")
            os.environ["ANSIBLE_FORKS"] = str(FORKS)
            for many in MANY:
                local_inventory(lab, many, folder / "many.json")
                rows.append((f"{many} hosts, local, {FORKS} forks", [timed(many) for _ in range(rounds)]))
        finally:
            control.down(folder / "lab")
    print(f"Seconds, medians of {rounds} rounds\n")
    print("| look at | seconds | a host |\n|---|---|---|")
    for name, taken in rows:
        hosts = int(name.split()[0]) if name[0].isdigit() else 0
        median = statistics.median(taken)
        print(f"| {name} | {median:.1f} | {f'{median / hosts:.2f}' if hosts else ''} |")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
