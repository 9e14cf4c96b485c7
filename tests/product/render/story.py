"""An incident told in a test, minute by minute: no file, no clock, always the same ids."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from outage.incident.record.event import Event
from outage.incident.record.fold import fold
from outage.policy import Policy, load_policy
from outage.render.incident.snapshot import Snapshot, SnapshotRun

START = datetime(2026, 6, 17, 9, 40, tzinfo=UTC)  # summer: London is an hour ahead of UTC
POLICY = Path(__file__).parents[2] / "companies" / "larkfield.yml"


def at(minute: float) -> datetime:
    """A moment, in minutes after the declaration."""
    return START + timedelta(minutes=minute)


def event(minute: float, kind: str, *, by: str = "Ines Okafor", late: float = 0, **data: Any) -> Event:
    """An event ``minute`` minutes after the declaration, written down ``late`` minutes afterwards."""
    name = uuid.uuid5(uuid.NAMESPACE_OID, f"{minute} {kind} {sorted(data.items())}")
    return Event(1, str(name), at(minute), at(minute + late), by, "outage", kind, data)


def policy() -> Policy:
    """The policy of the sample company."""
    return load_policy(POLICY, Path("policy.yml"))


def case(
    events: list[Event], *, minute: float = 60, runs: tuple[SnapshotRun, ...] = (), trouble: str = ""
) -> Snapshot:
    """The case that these events make, looked at ``minute`` minutes after the declaration."""
    return Snapshot(fold(events, name="2026-06-17-orders"), policy(), at(minute), runs, trouble)


def told() -> list[Event]:
    """An incident of fifty minutes: one promise kept late, a role handed over, a run planned and applied."""
    run: dict[str, Any] = {"runbook": "blocked-queries", "target": "PostgreSQL shop at db1"}
    wrong = event(9, "note", text="Oldest lock is held by pid 4211", by="Tariq Aziz")
    return [
        event(
            0,
            "declared",
            title="Orders wait behind a lock",
            severity="sev2",
            scope="division",
            division="shop",
        ),
        event(1, "role", role="incident-commander", person="Ines Okafor"),
        event(2, "role", role="operations-lead", person="Tariq Aziz"),
        event(3, "impact", text="About a third of orders wait; none is lost"),
        event(4, "update", audience="responders", text="Looking at the database; more in half an hour"),
        event(6, "role", role="communications-lead", person="Mei Lin"),
        event(8, "update", audience="customers", text="Some orders take longer than usual", by="Mei Lin"),
        wrong,
        event(10, "correction", event=wrong.id, text="Oldest lock is held by pid 4311", by="Tariq Aziz"),
        event(12, "hypothesis", text="A report left a transaction open", by="Tariq Aziz"),
        event(14, "severity", severity="sev1", why="all orders wait now"),
        event(15, "stage", stage="identified"),
        event(17, "run", run="r1", mode="plan", state="running", by="Tariq Aziz", **run),
        event(17.2, "run", run="r1", mode="plan", state="succeeded", by="Tariq Aziz", **run),
        event(19, "decision", text="Terminate the reporting session", late=6),
        event(20, "run", run="r2", mode="apply", state="running", by="Tariq Aziz", **run),
        event(20.3, "run", run="r2", mode="apply", state="succeeded", by="Tariq Aziz", **run),
        event(22, "update", audience="responders", text="Orders move again"),
        event(23, "stage", stage="monitoring"),
        event(24, "update", audience="executives", text="Orders waited for twenty minutes", by="Mei Lin"),
        event(26, "handoff", role="operations-lead", person="Ruth Abara"),
        event(36, "update", audience="responders", text="Holding", by="Ruth Abara"),
        event(48, "update", audience="customers", text="Orders go through again", by="Mei Lin"),
        event(50, "stage", stage="resolved"),
        event(51, "action", text="A time limit for reports", owner="Tariq Aziz", due="2026-07-01"),
    ]
