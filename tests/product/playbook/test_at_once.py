"""Two people at one playbook: whether a step is open still is asked when nobody else can write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from outage.incident.record import append, load
from tests.product.cli.desk import Terminal


@pytest.fixture
def faster(root: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets somebody else record an event when ours was decided and is not written yet."""

    def arrange(kind: str, data: Mapping[str, Any]) -> None:
        left = [data]

        def meanwhile(folder: Path, *arguments: Any, **more: Any) -> Any:
            if left:
                append(folder, kind, left.pop(), by="Tariq")
            return append(folder, *arguments, **more)

        monkeypatch.setattr("outage.incident.respond.append", meanwhile)

    return arrange


def recorded(root: Path) -> list[tuple[str, str]]:
    incident = load(next((root / "incidents").glob("2*")))
    events = [entry.event for entry in incident.entries if entry.event.kind == "playbook"]
    return [(event.by, str(event.data["state"])) for event in events]


def test_a_playbook_is_started_once(outage: Terminal, root: Path, faster: Callable[..., None]) -> None:
    outage.said("declare", "Checkout is down", "--severity", "highest")
    faster("playbook", {"playbook": "customer-outage", "state": "started"})
    outage.said("playbook", "start", "customer-outage", ends=2)
    assert recorded(root) == [("Tariq", "started")]


def test_a_step_is_done_once(outage: Terminal, root: Path, faster: Callable[..., None]) -> None:
    outage.said("declare", "Checkout is down", "--severity", "highest")
    outage.said("playbook", "start", "customer-outage")
    faster("playbook", {"playbook": "customer-outage", "step": "declare", "state": "done"})
    outage.said("playbook", "done", "declare", ends=2)
    assert recorded(root) == [("Ines Okafor", "started"), ("Tariq", "done")]


def test_a_role_is_not_given_to_the_same_person_twice(
    outage: Terminal, root: Path, faster: Callable[..., None]
) -> None:
    outage.said("declare", "Checkout is down", "--severity", "highest")
    faster("role", {"role": "operations-lead", "person": "Bo"})
    outage.said("role", "operations-lead", "Bo", ends=2)
    incident = load(next((root / "incidents").glob("2*")))
    assert [entry.event.by for entry in incident.entries if entry.event.kind == "role"] == ["Tariq"]
