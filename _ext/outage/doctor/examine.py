"""All examinations, side by side: most of their time is waiting for someone else's answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from outage.doctor import chat, clock, handbook, runbooks
from outage.doctor.finding import Finding
from outage.errors import OutageError
from outage.incident.notify.deliver import load_services

if TYPE_CHECKING:
    from outage.policy import Policy
    from outage.project import Project

AREAS: dict[str, Callable[[Project, Policy], list[Finding]]] = {
    "handbook": handbook.look,
    "chat": lambda _, policy: chat.look(policy),
    "clock": lambda _, policy: clock.look(policy),
    "runbooks": lambda project, _: runbooks.look(project),
}
"""Area to its examination, in the order in which they are told."""


def examine(project: Project, policy: Policy) -> Iterator[Finding]:
    """Check everything that a responder relies on, and yield the findings area by area, in a fixed order."""
    if addresses := chat.list_addresses(policy):
        load_services(addresses)  # Apprise is loaded by one thread, and before there are others
    with ThreadPoolExecutor(len(AREAS)) as pool:
        asked = {area: pool.submit(look, project, policy) for area, look in AREAS.items()}
        for area, answer in asked.items():
            try:
                yield from answer.result()
            except OutageError as error:
                yield Finding(area, area, "fails", error.message, error.hint or "")
