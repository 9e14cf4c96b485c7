#!/usr/bin/python
"""Ansible module: what a web server has on its disk, and what it runs. It changes nothing.

Options: ``folder`` (holds ``current``, a link to the deployed release, and ``config.json``), ``url`` (of the
server itself), ``seconds`` (that its answer may take), ``haproxy`` (backend and server, given back as they
are). The result's ``outage`` holds::

    {"disk": {"version", "digest"},          # of the deployed release; None: there is none
     "config": {setting: digest},            # not the values: they may be secret
     "runs": {"version", "digest"} or None,  # what the server says that it runs; None: it does not answer
     "why": str,                             # why it does not
     "flags": {name: "on" or "off"},         # as it last read them
     "counted": {name: count},               # its own counts since it started
     "haproxy": [backend, server]}
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.release import counted, deployed, running


def settings(file: Path) -> dict[str, str]:
    """A digest of each setting."""
    found = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return {
        name: hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]
        for name, value in found.items()
    }


def looked(folder: Path, url: str, seconds: float) -> dict:
    """All of it.

    Raises:
        OSError, ValueError: the folder cannot be read.
    """
    found = {"disk": deployed(folder), "config": settings(folder / "config.json")}
    try:
        said, counts = running(url, seconds), counted(url, seconds)
    except (OSError, ValueError) as error:
        return {**found, "runs": None, "why": str(error), "flags": {}, "counted": {}}
    runs = {name: said.get(name) for name in ("version", "digest")}
    return {**found, "runs": runs, "why": "", "flags": said.get("flags", {}), "counted": counts}


def main() -> None:
    """Answer Ansible."""
    options = {
        "folder": {"type": "path", "required": True},
        "url": {"type": "str", "required": True},
        "seconds": {"type": "float", "default": 5.0},
        "haproxy": {"type": "list", "elements": "str", "default": []},
    }
    module = AnsibleModule(argument_spec=options, supports_check_mode=True)
    given = module.params
    try:
        found = looked(Path(given["folder"]), given["url"], given["seconds"])
    except (OSError, ValueError) as error:
        module.fail_json(msg=f"cannot read {given['folder']}: {error}")
    module.exit_json(changed=False, outage={**found, "haproxy": given["haproxy"]})


if __name__ == "__main__":
    main()
