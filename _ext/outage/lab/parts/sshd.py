"""Part ``sshd``: eight of Debian's OpenSSH servers on loopback, one for each web server.

They make the fleet reachable as fleets are: an inventory, keys, host keys that are checked. All keys
are made in the run folder and go with it. Who starts the lab is who logs in: an ordinary user needs
no root for that, because OpenSSH lets anybody run a server that serves its own account. So what a
runbook may do over ssh is what that account may do, and a plan's reading is not enforced.

Started by root, sshd wants the folder /run/sshd; see :mod:`outage.lab.parts.sshd_folder`.
"""

from __future__ import annotations

import json
import os
import pwd
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outage.errors import Failed
from outage.lab.parts import sshd_folder, web
from outage.lab.parts.model import PYPI, Part, Program, require_program
from outage.lab.ports import HOST
from outage.lab.shop import manifest, releases

if TYPE_CHECKING:
    from outage.lab.model import Lab

ID = "sshd"
WEB = web.SERVERS
GROUP = "web"
_SECONDS = 10

_SERVER = """\
Port {port}
ListenAddress {host}
HostKey "{place}/host-{name}"
AuthorizedKeysFile "{place}/client.pub"
AllowUsers {user}
AuthenticationMethods publickey
PermitRootLogin prohibit-password
UsePAM no
StrictModes no
UseDNS no
PrintMotd no
PidFile none
MaxStartups 64
LogLevel ERROR
"""
_CLIENT = """\
IdentityFile "{place}/client"
IdentitiesOnly yes
IdentityAgent none
BatchMode yes
StrictHostKeyChecking yes
UserKnownHostsFile "{place}/known_hosts"
GlobalKnownHostsFile none
LogLevel ERROR
"""
_ANSIBLE = """\
[defaults]
home = {home}/ansible
local_tmp = {home}/ansible/tmp
remote_tmp = {home}/ansible/remote
forks = {forks}
timeout = 5
host_key_checking = true
retry_files_enabled = false

[ssh_connection]
pipelining = true
ssh_args = -F "{place}/ssh_config" -o ControlMaster=no
"""


def prepare(lab: Lab) -> tuple[Program, ...]:
    """Make keys, configurations and the inventory; return the servers."""
    place = lab.place(ID)
    user = pwd.getpwuid(os.geteuid()).pw_name
    _make_keys(place, user)
    programs = []
    for name in WEB:
        settings = {
            "port": lab.port(f"{ID}-{name}"),
            "host": HOST,
            "place": place,
            "name": name,
            "user": user,
        }
        config = place / f"{name}.conf"
        config.write_text(_SERVER.format(**settings), encoding="utf-8")
        command = (require_program("sshd"), "-D", "-e", "-f", str(config))
        programs.append(Program(f"{ID}-{name}", command))
    (place / "known_hosts").write_text(
        "".join(_write_known_host(lab, place, name) for name in WEB), encoding="utf-8"
    )
    (place / "ssh_config").write_text(_CLIENT.format(place=place), encoding="utf-8")
    (place / "ansible.cfg").write_text(_ANSIBLE.format(place=place, home=place, forks=len(WEB)), "utf-8")
    (place / "inventory.yml").write_text(json.dumps(make_inventory(lab, user), indent=1), encoding="utf-8")
    manifest.write(lab, [releases.OLD, releases.CURRENT])
    if os.geteuid() == 0:
        sshd_folder.make()
        programs.insert(0, Program(f"{ID}-folder", (sys.executable, sshd_folder.__file__)))
    return tuple(programs)


def make_inventory(lab: Lab, user: str) -> dict[str, Any]:
    """Make Ansible's inventory of the web servers, as data; JSON is YAML too."""
    restart = [require_program("supervisorctl"), "-s", lab.supervisor.url, "restart"]
    hosts = {
        name: {
            "ansible_port": lab.port(f"{ID}-{name}"),
            "shop_folder": str(web.folder(lab, name)),
            "shop_url": web.url(lab, name, ""),
            "shop_restart": [*restart, f"{web.ID}:{name}"],
            "haproxy_server": name,
        }
        for name in WEB
    }
    every = {
        "ansible_host": HOST,
        "ansible_user": user,
        "ansible_python_interpreter": sys.executable,
        "shop_releases": str(web.store(lab)),
        "haproxy_backend": "web",
    }
    return {GROUP: {"hosts": hosts, "vars": every}}


def is_ready(lab: Lab) -> bool:
    """Return whether all of them greet."""
    return all(_is_greeting(lab.port(f"{ID}-{name}")) for name in WEB)


def log_in(lab: Lab) -> None:
    """Log in once: a locked account, or a shell that refuses commands, is better known now.

    Raises:
        Failed: sshd answers and does not let us in.
    """
    place = lab.place(ID)
    user = pwd.getpwuid(os.geteuid()).pw_name
    port = str(lab.port(f"{ID}-{WEB[0]}"))
    command = [require_program("ssh"), "-F", str(place / "ssh_config"), "-p", port, f"{user}@{HOST}", "true"]
    tried = subprocess.run(
        command, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False
    )
    if tried.returncode:
        hint = f"{user} needs a shell that runs commands, in an account that is not locked"
        raise Failed(f"sshd does not let {user} in: {tried.stderr.strip() or tried.returncode}", hint=hint)


def environment(lab: Lab) -> dict[str, str]:
    """Return Ansible's own variables, the fleet's name for the policy, and where the release manifest is."""
    place = lab.place(ID)
    return {
        "ANSIBLE_INVENTORY": str(place / "inventory.yml"),
        "ANSIBLE_CONFIG": str(place / "ansible.cfg"),
        "FLEET_HOST": HOST,
        "RELEASE_MANIFEST": str(manifest.find_path(lab)),
    }


def _make_keys(place: Path, user: str) -> None:
    """Make a key for each server and one for the client, unless they are there already."""
    making = []
    for name in ("client", *(f"host-{name}" for name in WEB)):
        if not (place / name).exists():
            words = ["-q", "-t", "ed25519", "-N", "", "-C", f"{user}@lab", "-f", str(place / name)]
            making.append(subprocess.Popen([require_program("ssh-keygen"), *words], stdin=subprocess.DEVNULL))
    endings = {made.wait(_SECONDS) for made in making}
    if endings - {0}:
        raise Failed("ssh-keygen made no keys for the lab")


def _write_known_host(lab: Lab, place: Path, name: str) -> str:
    kind, key, *_ = (place / f"host-{name}.pub").read_text(encoding="ascii").split()
    return f"[{HOST}]:{lab.port(f'{ID}-{name}')} {kind} {key}\n"


def _is_greeting(port: int) -> bool:
    with socket.create_connection((HOST, port), timeout=1) as connection:
        return connection.recv(4) == b"SSH-"


PART = Part(
    id=ID,
    summary="OpenSSH servers, one for each web server, and an inventory for Ansible",
    needs=("web",),
    packages={
        "sshd": "openssh-server",
        "ssh": "openssh-client",
        "ssh-keygen": "openssh-client",
        "ansible-playbook": f"{PYPI}ansible-core",
        "supervisorctl": f"{PYPI}supervisor",
    },
    prepare=prepare,
    ready=is_ready,
    after=log_in,
    address=lambda lab: f"{HOST}, ports {', '.join(str(lab.port(f'{ID}-{name}')) for name in WEB)}",
    environment=environment,
)
