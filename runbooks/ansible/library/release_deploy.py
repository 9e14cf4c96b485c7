#!/usr/bin/python
"""Ansible module: put a release on a web server, restart it, and wait until it answers with that release.

Options: ``folder`` (of the server), ``releases`` (a folder as the server sees it, with one for each version),
``version``, ``digest`` (that the release must have), ``restart`` (a command, as a list; none: nothing is
restarted), ``url`` (of the server itself), ``seconds`` (that it may take to answer), ``back`` (whether this
takes back what was just deployed). ``before`` in the result is what ran, or was deployed if nothing ran.
"""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.release import deployed, digest, running

VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")


def install(folder: Path, source: Path, expected: str) -> None:
    """Copy a release to the server, and let ``current`` lead to it.

    Raises:
        OSError: that failed; ``current`` leads where it led.
        ValueError: the release is not the one that was asked for.
    """
    target = folder / "releases" / source.name
    if not target.is_dir() or digest(target) != expected:
        found = digest(source)
        if found != expected:
            raise ValueError(f"{source} has the digest {found}, not {expected}: it is not what was released")
        new = target.with_name(f".{target.name}.new")
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(source, new)
        shutil.rmtree(target, ignore_errors=True)
        new.rename(target)
    link = folder / "current.new"
    link.unlink(missing_ok=True)
    link.symlink_to(Path("releases") / target.name)
    link.replace(folder / "current")


def until_it_runs(url: str, expected: str, seconds: float) -> str:
    """Wait for the server to answer with a release; why it does not, or nothing."""
    until = time.monotonic() + seconds
    while True:
        try:
            runs = running(url, 2)["digest"]
            why = f"it runs {runs}"
        except (OSError, ValueError, KeyError) as error:
            runs, why = None, str(error)
        if runs == expected:
            return ""
        if time.monotonic() > until:
            return f"after {seconds:.0f} s it does not run {expected}: {why}"
        time.sleep(0.1)


def before(folder: Path, url: str) -> dict:
    """Version and digest of what runs; of what is deployed if nothing does."""
    try:
        said = running(url, 2)
    except (OSError, ValueError):
        return deployed(folder)
    return {"version": said.get("version"), "digest": said.get("digest")}


def main() -> None:
    """Answer Ansible."""
    options = {
        "folder": {"type": "path", "required": True},
        "releases": {"type": "path", "required": True},
        "version": {"type": "str", "required": True},
        "digest": {"type": "str", "required": True},
        "restart": {"type": "list", "elements": "str", "default": []},
        "url": {"type": "str", "required": True},
        "seconds": {"type": "float", "default": 60.0},
        "back": {"type": "bool", "default": False},
    }
    module = AnsibleModule(argument_spec=options, supports_check_mode=True)
    given = module.params
    folder, version, expected = Path(given["folder"]), given["version"], given["digest"]
    if not VERSION.fullmatch(version):
        module.fail_json(msg=f"{version!r} is no version: it names a folder")
    was = before(folder, given["url"])
    said = {"before": was, "outage": {"back": version} if given["back"] else {"before": was}}
    if module.check_mode:
        module.exit_json(changed=was["digest"] != expected, **said)
    try:
        install(folder, Path(given["releases"]) / version, expected)
    except (OSError, ValueError) as error:
        module.fail_json(msg=f"{version} was not deployed: {error}", **said)
    if given["restart"]:
        code, out, err = module.run_command(given["restart"])
        if code:
            module.fail_json(
                msg=f"{version} is deployed, and was not restarted: {(err or out).strip()}", **said
            )
    if why := until_it_runs(given["url"], expected, given["seconds"]):
        module.fail_json(msg=f"{version} is deployed, and {why}", **said)
    module.exit_json(
        changed=True, outage_says=f"runs {version} ({expected}), before: {was['version']}", **said
    )


if __name__ == "__main__":
    main()
