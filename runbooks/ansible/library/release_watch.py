#!/usr/bin/python
"""Ansible module: watch a web server by its own counters while customers use it; errors are a bad signal.

Options: ``url`` (of the server itself), ``seconds`` (to watch), ``least`` (requests that make a judgement; it
watches up to three times as long to see them), ``most_errors`` (per cent of the answers that may be errors).
The result's ``outage`` holds ``{"requests", "errors"}`` while it was watched.
"""

from __future__ import annotations

import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.release import counted


def main() -> None:
    """Answer Ansible."""
    options = {
        "url": {"type": "str", "required": True},
        "seconds": {"type": "float", "required": True},
        "least": {"type": "int", "required": True},
        "most_errors": {"type": "float", "required": True},
    }
    module = AnsibleModule(argument_spec=options, supports_check_mode=True)
    given = module.params
    seconds, least = given["seconds"], given["least"]
    began = time.monotonic()
    requests = errors = 0
    try:
        first = counted(given["url"], 5)
        while (passed := time.monotonic() - began) < seconds or (requests < least and passed < 3 * seconds):
            time.sleep(min(0.5, seconds / 4))
            now = counted(given["url"], 5)
            requests, errors = (now[name] - first[name] for name in ("answers", "errors"))
            if requests >= max(least, 1) and errors / requests * 100 > given["most_errors"]:
                break
    except (OSError, ValueError) as error:
        module.fail_json(msg=f"it stopped answering while it was watched: {error}")
    seen = {"requests": requests, "errors": errors}
    words = f"{errors} of {requests} answers were errors in {time.monotonic() - began:.0f} s"
    if requests and errors / requests * 100 > given["most_errors"]:
        module.fail_json(msg=f"{words}; {given['most_errors']:g} % may be", outage=seen)
    if requests < least:
        module.fail_json(msg=f"{words}: too few to judge, {least} would do", outage=seen)
    module.exit_json(changed=False, outage=seen, outage_says=words)


if __name__ == "__main__":
    main()
