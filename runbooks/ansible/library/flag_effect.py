#!/usr/bin/python
"""Ansible module: what a feature flag's new value does on a web server. It changes nothing.

Options: ``url`` (of the server itself), ``flag``, ``value`` (``on`` or ``off``), ``seconds`` (until the
server must have read it), ``watch`` (seconds to count orders and checkouts after that). The result's
``outage`` holds ``{"flag", "after": seconds, "checkouts", "orders"}``; a flag it never heard of is ``off``.
"""

from __future__ import annotations

import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.release import counted, running


def main() -> None:
    """Answer Ansible."""
    options = {
        "url": {"type": "str", "required": True},
        "flag": {"type": "str", "required": True},
        "value": {"type": "str", "choices": ["on", "off"], "required": True},
        "seconds": {"type": "float", "required": True},
        "watch": {"type": "float", "required": True},
    }
    module = AnsibleModule(argument_spec=options, supports_check_mode=True)
    given = module.params
    began = time.monotonic()
    try:
        while (reads := running(given["url"], 5)["flags"].get(given["flag"], "off")) != given["value"]:
            if time.monotonic() - began > given["seconds"]:
                break
            time.sleep(0.2)
        after = round(time.monotonic() - began, 1)
        time.sleep(0.5)  # a request that began with the old value may still be under way
        first = counted(given["url"], 5)
        time.sleep(given["watch"])
        last = counted(given["url"], 5)
    except (OSError, ValueError, KeyError) as error:
        module.fail_json(msg=f"the server does not answer: {error}")
    seen = {name: last[name] - first[name] for name in ("checkouts", "orders")}
    module.exit_json(changed=False, outage={"flag": reads, "after": after, **seen})


if __name__ == "__main__":
    main()
